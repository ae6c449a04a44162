"""Whether a task graph arrives on a cluster exactly as it was typed.

`check_graph` is a pure function of the graph. It refuses what Kubeflow Pipelines (KFP), Argo, Kubernetes or
the object store would refuse later or, worse, change on the way. What it accepts is carried exactly.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from elyra_neurodesk.graph.model import PipelineInput, Task, TaskGraph
from elyra_neurodesk.validate.errors import InvalidParameterName
from elyra_neurodesk.validate.placeholders import check_braces
from elyra_neurodesk.validate.sizes import check_sizes
from elyra_neurodesk.validate.tasks import check_task, environment_names
from elyra_neurodesk.validate.text import check_text, quoted
from elyra_neurodesk.validate.values import check_value

MAX_PARAMETER_NAME = 63


def check_graph(graph: TaskGraph) -> None:
    """Refuse a graph with a value that would not reach its task as the user typed it.

    Args:
        graph: the patched graph; `patches.move_env` has moved what can be passed on in another way.

    Raises:
        NeurodeskError: ND-FIELD-001 to ND-FIELD-013, naming node, field, value and limit.
    """
    name = f"The pipeline's name {quoted(graph.name)}"
    check_text(graph.name, name)
    check_braces(graph.name, name)
    check_text(graph.description, "The pipeline's description")
    _check_parameter_names(graph)
    _check_parameter_values(graph)
    for task in graph.tasks:
        check_task(task)
    check_sizes(graph)


def _check_parameter_names(graph: TaskGraph) -> None:
    for name, count in Counter(parameter.name for parameter in graph.parameters).items():
        check_text(name, "A pipeline parameter's name")
        if count > 1:
            raise InvalidParameterName(f"Two pipeline parameters are called {quoted(name)}.")
        valid = name.isascii() and name.isidentifier() and not name.startswith("_")
        if not valid or len(name) > MAX_PARAMETER_NAME:
            raise InvalidParameterName(
                f"Pipeline parameter {quoted(name)} does not have a valid name for Kubeflow Pipelines, which "
                f"allows {MAX_PARAMETER_NAME} characters."
            )


def _check_parameter_values(graph: TaskGraph) -> None:
    tasks = _tasks_by_parameter(graph)
    for parameter in graph.parameters:
        where = f"Pipeline parameter {quoted(parameter.name)}"
        check_text(parameter.description, f"{where}: its description")
        if parameter.value is not None:
            variables = {name for task in tasks[parameter.name] for name in environment_names(task)}
            check_value(parameter.value, parameter.kfp_type, variables, where)


def _tasks_by_parameter(graph: TaskGraph) -> dict[str, list[Task]]:
    """Map each pipeline parameter to the tasks that take it."""
    found: dict[str, list[Task]] = defaultdict(list)
    for task in graph.tasks:
        for source in task.inputs.values():
            if isinstance(source, PipelineInput):
                found[source.name].append(task)
    return found
