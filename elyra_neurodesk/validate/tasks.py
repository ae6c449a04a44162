"""What a task has of its own: label, image, environment, files and modules, component inputs."""

from __future__ import annotations

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.graph.components import compile_component
from elyra_neurodesk.graph.model import Constant, Task
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.validate import rules
from elyra_neurodesk.validate.errors import (
    InvalidFileName,
    InvalidImage,
    InvalidLabel,
    InvalidModule,
    InvalidOutput,
    InvalidVariable,
    PlaceholderInValue,
)
from elyra_neurodesk.validate.placeholders import check_braces, find_placeholder
from elyra_neurodesk.validate.pods import check_pod, secret_variables
from elyra_neurodesk.validate.text import check_text, quoted
from elyra_neurodesk.validate.values import check_value

FILE_ENDINGS = (".ipynb", ".py", ".r")
RECORD = "task-record.json"


def check_task(task: Task) -> None:
    """Refuse a task with a value that would not arrive as the user typed it.

    Raises:
        NeurodeskError: ND-FIELD-001 to ND-FIELD-013, naming node, field, value and limit.
    """
    node = f"Node {quoted(task.display_name)}"
    check_text(task.display_name, f"{node}: its label")
    check_braces(task.display_name, f"{node}: its label")
    if task.container is not None:
        rules.check(rules.image, task.container.image, f"{node}: runtime image", InvalidImage)
    _check_environment(task, node)
    check_pod(task.platform, node)
    if accelerator := task.resources.accelerator_type:
        rules.check(rules.label_key, accelerator, f"{node}: accelerator", InvalidLabel)
    if task.spec is not None:
        _check_spec(task.spec, node)
    if task.component is not None:
        _check_component_inputs(task, task.component, node)


def environment_names(task: Task) -> set[str]:
    """Return the names of the environment variables that the task's main container is known to have."""
    names = {*task.env, *secret_variables(task.platform)}
    if task.component is not None:
        container = compile_component(task.component).executor.get("container", {})
        names |= {entry["name"] for entry in container.get("env", ())}
    return names


def _check_environment(task: Task, node: str) -> None:
    for name, value in {**task.env, **(task.spec.env if task.spec else {})}.items():
        check_text(name, f"{node}: an environment variable's name")
        rules.check(rules.variable_name, name, f"{node}: environment variable", InvalidVariable)
        check_text(value, f"{node}: environment variable {quoted(name)}")
    names = environment_names(task)
    for name, value in task.env.items():
        if ENVIRONMENT.get(name) == value:
            continue
        if what := find_placeholder(value, names):
            raise PlaceholderInValue(
                f"{node}: environment variable {quoted(name)} is {quoted(value)}, which has {what}.",
                "The variable is read before the node's own program starts: give it a value without that.",
            )


def _check_spec(spec: TaskSpec, node: str) -> None:
    """Check what the bootstrapper of a notebook or script gets."""
    check_text(spec.file, f"{node}: its file")
    problem = rules.relative_path(spec.file)
    if not problem and ("/" in spec.file or not spec.file.lower().endswith(FILE_ENDINGS)):
        problem = f"is not one of {', '.join('*' + ending for ending in FILE_ENDINGS)}"
    if problem:
        raise InvalidFileName(f"{node}: file {quoted(spec.file)} {problem}.")
    for output in spec.outputs:
        check_text(output, f"{node}: an output")
        rules.check(rules.relative_path, output, f"{node}: output", InvalidOutput)
        if output.strip("./") == RECORD:
            raise InvalidOutput(f"{node}: output {quoted(output)} has the name of the task's record.")
    for module in spec.modules:
        rules.check(rules.module, module, f"{node}: module", InvalidModule)


def _check_component_inputs(task: Task, component: str, node: str) -> None:
    types = compile_component(component).parameter_types()
    names = environment_names(task)
    for name, source in task.inputs.items():
        if isinstance(source, Constant):
            check_value(source.value, types.get(name, "STRING"), names, f"{node}: input {quoted(name)}")
