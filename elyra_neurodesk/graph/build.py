"""From a pipeline as its author drew it to a graph of tasks, not yet patched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from keyword import iskeyword

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.component_task import component_task
from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import PipelineInput, Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import notebook_task
from elyra_neurodesk.graph.order import topological_order
from elyra_neurodesk.graph.pipeline import Node, NotebookNode, Parameter, Pipeline
from elyra_neurodesk.graph.unsupported import unsupported
from elyra_neurodesk.graph.values import parse_value
from elyra_neurodesk.names import task_name


class InvalidParameter(NeurodeskError):
    """A pipeline parameter has no usable name, or needs a value and has none."""

    code = "ND-PARAMETER-001"
    hint = "Correct it under 'Pipeline Parameters' in the pipeline's properties."


def build_graph(pipeline: Pipeline, context: SubmissionContext, archives: Mapping[str, str]) -> TaskGraph:
    """Return the pipeline as a graph of tasks in topological order.

    A pure function: the files that the pipeline names were read before.

    Args:
        pipeline: what `elyra_adapter.operations` read.
        context: what the submission's tasks share.
        archives: id of each notebook or script node to the SHA-256 of its archive.

    Raises:
        NeurodeskError: of the kinds that the modules of this package define.
    """
    nodes = {node.id: node for node in pipeline.nodes}
    order = topological_order(
        {node.id: node.parents for node in pipeline.nodes}, {node.id: node.label for node in pipeline.nodes}
    )
    names = _task_names(order, nodes)
    parameters = {parameter.name: _parsed(parameter) for parameter in pipeline.parameters}
    given = {name: parameter for name, parameter in parameters.items() if not _is_left_out(parameter)}
    upstream = _nearest_notebooks(order, nodes)

    def task(node: Node) -> Task:
        parents = tuple(names[parent] for parent in node.parents)
        if isinstance(node, NotebookNode):
            return notebook_task(
                node,
                names[node.id],
                parents,
                tuple(names[key] for key in upstream[node.id]),
                [given[name] for name in dict.fromkeys(node.parameters) if name in given],
                archives[node.id],
                context,
            )
        return component_task(node, parents, names, frozenset(given))

    tasks = tuple(task(nodes[key]) for key in order)
    used = {
        source.name for task in tasks for source in task.inputs.values() if isinstance(source, PipelineInput)
    }
    return TaskGraph(
        name=pipeline.name,
        description=pipeline.description,
        tasks=tasks,
        parameters=tuple(
            _with_value(parameters[name]) for name in (p.name for p in pipeline.parameters) if name in used
        ),
        warnings=unsupported(pipeline),
    )


def _task_names(order: tuple[str, ...], nodes: Mapping[str, Node]) -> dict[str, str]:
    names: dict[str, str] = {}
    taken: set[str] = set()
    for key in order:
        names[key] = task_name(nodes[key].label, taken)
        taken.add(names[key])
    return names


def _nearest_notebooks(order: tuple[str, ...], nodes: Mapping[str, Node]) -> dict[str, tuple[str, ...]]:
    """Map each node to the notebook nodes from which a path leads to it through catalog nodes only."""
    nearest: dict[str, tuple[str, ...]] = {}
    for key in order:
        found: dict[str, None] = {}
        for parent in nodes[key].parents:
            found |= dict.fromkeys([parent] if isinstance(nodes[parent], NotebookNode) else nearest[parent])
        nearest[key] = tuple(found)
    return nearest


def _parsed(parameter: Parameter) -> Parameter:
    name = parameter.name
    if not name or not name.isidentifier() or iskeyword(name):
        raise InvalidParameter(
            f"Pipeline parameter '{name}' has no valid name: letters, digits and underscores, "
            "not a Python keyword."
        )
    if parameter.value is None:
        return parameter
    value = parse_value(parameter.value, parameter.kfp_type, f"Pipeline parameter '{name}'")
    return replace(parameter, value=value)


def _is_left_out(parameter: Parameter) -> bool:
    """Return whether tasks do without the parameter: a number or flag that needs no value and has none."""
    return parameter.value is None and not parameter.required and not parameter.type.endswith("String")


def _with_value(parameter: Parameter) -> Parameter:
    if parameter.required and parameter.value in (None, ""):
        raise InvalidParameter(f"Pipeline parameter '{parameter.name}' is required and has no value.")
    if parameter.value is None:
        # what KFP would otherwise ask for at every run; Elyra passes an empty text
        return replace(parameter, value="")
    return parameter
