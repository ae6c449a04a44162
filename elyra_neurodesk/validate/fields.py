"""Whether a task graph arrives on a cluster exactly as it was typed.

`check_graph` is a pure function of the graph. It refuses what Kubeflow Pipelines (KFP), Argo, Kubernetes or
the object store would refuse later or, worse, change on the way. What it lets through is carried exactly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import Constant, PipelineInput, Task, TaskGraph
from elyra_neurodesk.graph.pipeline import Parameter
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.validate import rules
from elyra_neurodesk.validate.errors import (
    InvalidFileName,
    InvalidImage,
    InvalidLabel,
    InvalidModule,
    InvalidOutput,
    InvalidParameterName,
    InvalidVariable,
    PlaceholderInValue,
)
from elyra_neurodesk.validate.pods import check_pod, secret_variables
from elyra_neurodesk.validate.sizes import check_sizes
from elyra_neurodesk.validate.strings import check_text, shown
from elyra_neurodesk.validate.values import KINDS, check_value

FILES = (".ipynb", ".py", ".r")
RECORD = "task-record.json"


def check_graph(graph: TaskGraph) -> None:
    """Refuse a graph with a value that would not reach its task as the user typed it.

    Args:
        graph: after `shield.shield`, which carries what can be carried another way.

    Raises:
        NeurodeskError: ND-FIELD-001 to ND-FIELD-013, naming node, field, value and limit.
    """
    name = f"The pipeline's name {shown(graph.name)}"
    check_text(graph.name, name)
    refuse_braces(graph.name, name)
    check_text(graph.description, "The pipeline's description")
    _check_parameters(graph)
    for task in graph.tasks:
        _check_task(task)
    check_sizes(graph)


def refuse_braces(text: str, where: str) -> None:
    """Refuse ``{{`` in a text that no container sees: Argo would still take it for a placeholder."""
    if "{{" in text:
        raise PlaceholderInValue(
            f"{where} has '{{{{', where Argo and Kubeflow Pipelines expect a placeholder.",
            "Write '{ {', or leave it out.",
        )


def _check_parameters(graph: TaskGraph) -> None:
    for name, count in Counter(parameter.name for parameter in graph.parameters).items():
        check_text(name, "A pipeline parameter's name")
        if count > 1:
            raise InvalidParameterName(f"Two pipeline parameters are called {shown(name)}.")
        if not (name.isascii() and name.isidentifier() and name[0] != "_" and len(name) <= 63):
            raise InvalidParameterName(
                f"Pipeline parameter {shown(name)} has no name that Kubeflow Pipelines takes (63 characters)."
            )
    takers = _takers(graph)
    for parameter in graph.parameters:
        where = f"Pipeline parameter {shown(parameter.name)}"
        check_text(parameter.description, f"{where}: its description")
        if parameter.value is not None:
            variables = {name for task in takers.get(parameter.name, ()) for name in variables_of(task)}
            check_value(parameter.value, _kind(parameter), variables, where)


def _kind(parameter: Parameter) -> str:
    return KINDS.get(parameter.type, "STRING")


def _takers(graph: TaskGraph) -> dict[str, list[Task]]:
    found: dict[str, list[Task]] = {}
    for task in graph.tasks:
        for source in task.inputs.values():
            if isinstance(source, PipelineInput):
                found.setdefault(source.name, []).append(task)
    return found


def variables_of(task: Task) -> set[str]:
    """Return the names of the variables that the task's main container is known to have."""
    own = {*task.env, *secret_variables(task.platform)}
    if task.component is not None:
        from elyra_neurodesk.graph.components import compile_component

        container = compile_component(task.component).executor.get("container", {})
        own |= {entry["name"] for entry in container.get("env", ())}
    return own


def _check_task(task: Task) -> None:
    node = f"Node {shown(task.display_name)}"
    check_text(task.display_name, f"{node}: its label")
    refuse_braces(task.display_name, f"{node}: its label")
    if task.container is not None:
        _refuse(rules.image, task.container.image, f"{node}: runtime image", InvalidImage)
    _check_environment(task, node)
    check_pod(task.platform, node)
    if kind := task.resources.accelerator_type:
        _refuse(rules.label_key, kind, f"{node}: accelerator", InvalidLabel)
    if task.spec is not None:
        _check_generic(task, node)
    if task.component is not None:
        _check_inputs(task, node)


def _check_environment(task: Task, node: str) -> None:
    given = {**task.env, **(task.spec.env if task.spec else {})}
    for name, value in given.items():
        where = f"{node}: environment variable {shown(name)}"
        check_text(name, f"{node}: an environment variable's name")
        _refuse(rules.variable_name, name, f"{node}: environment variable", InvalidVariable)
        check_text(value, where)
    variables = variables_of(task)
    for name, value in task.env.items():
        if ENVIRONMENT.get(name) == value:
            continue
        if what := rules.replaced(value, variables):
            raise PlaceholderInValue(
                f"{node}: environment variable {shown(name)} is {shown(value)}, which has {what}.",
                "The variable is read before the node's own program starts: give it a value without that.",
            )


def _check_generic(task: Task, node: str) -> None:
    assert task.spec is not None  # noqa: S101  for the type checker
    file = task.spec.file
    check_text(file, f"{node}: its file")
    if not file.lower().endswith(FILES) or rules.relative_path(file) or "/" in file:
        problem = rules.relative_path(file) or f"is none of {', '.join('*' + end for end in FILES)}"
        raise InvalidFileName(f"{node}: file {shown(file)} {problem}.")
    for output in task.spec.outputs:
        check_text(output, f"{node}: an output")
        _refuse(rules.relative_path, output, f"{node}: output", InvalidOutput)
        if output.strip("./") == RECORD:
            raise InvalidOutput(f"{node}: output {shown(output)} has the name of the task's record.")
    for module in task.spec.modules:
        _refuse(rules.module, module, f"{node}: module", InvalidModule)


def _check_inputs(task: Task, node: str) -> None:
    from elyra_neurodesk.graph.components import compile_component

    kinds: Mapping[str, str] = compile_component(task.component or "").parameter_types()
    variables = variables_of(task)
    for name, source in task.inputs.items():
        if isinstance(source, Constant):
            check_value(source.value, kinds.get(name, "STRING"), variables, f"{node}: input {shown(name)}")


def _refuse(check: Callable[[str], str], text: str, where: str, error: type[NeurodeskError]) -> None:
    if problem := check(text):
        raise error(f"{where} {shown(text)} {problem}.")
