"""The order of a pipeline's nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from elyra_neurodesk.errors import NeurodeskError


class PipelineHasCycle(NeurodeskError):
    """A node depends on itself, directly or through others."""

    code = "ND-GRAPH-001"
    hint = "Remove one of the connections between these nodes in the pipeline editor."


class UnknownParent(NeurodeskError):
    """A connection begins at a node that the pipeline does not have."""

    code = "ND-GRAPH-002"
    hint = "Open the pipeline in the editor, delete the broken connection and save."


class PipelineHasNoNodes(NeurodeskError):
    """There is nothing to run."""

    code = "ND-GRAPH-003"
    hint = "Add a notebook or a script to the pipeline and save it."


def topological_order(parents: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return the node ids so that every node comes after its parents; stable for equal input.

    Args:
        parents: node id to the ids of the nodes it waits for.
        labels: node id to the label people know, for messages.

    Raises:
        PipelineHasNoNodes: ``parents`` is empty.
        UnknownParent: a parent is not among the nodes.
        PipelineHasCycle: there is no such order.
    """
    if not parents:
        raise PipelineHasNoNodes("The pipeline has no nodes.")
    for node, above in parents.items():
        for parent in above:
            if parent not in parents:
                raise UnknownParent(
                    f"Node '{labels[node]}' waits for node '{parent}', which the pipeline does not have."
                )
    try:
        return tuple(
            TopologicalSorter({node: dict.fromkeys(above) for node, above in parents.items()}).static_order()
        )
    except CycleError as problem:
        chain = " -> ".join(f"'{labels[node]}'" for node in reversed(problem.args[1][-6:]))
        raise PipelineHasCycle(f"The pipeline has a cycle: {chain}.") from None
