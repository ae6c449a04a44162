"""How large a pipeline becomes in a cluster: Argo Workflows keeps a run, its state included, in one object.

Argo refuses to store a workflow of more than 1 MiB with its nodes' states compressed (``packer.go``): the run
stays without a state for ever. What a task adds was measured on KFP 2.17 with Argo 4.0.8, in a run of 25
tasks; 100 tasks ran, 320 were never started. Between those the limit is extrapolated, with figures rounded
up.
"""

from __future__ import annotations

import json

from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import TaskGraph

MAX_WORKFLOW = 1024 * 1024
"""Bytes of a workflow that Argo stores."""

FIXED = 20_000
"""Bytes of a workflow without tasks: KFP's templates."""

TEMPLATE = 2_000
"""Bytes that a task adds to the templates, besides what the compiled pipeline says of it."""

STATE = 3_000
"""Bytes that a task adds to the compressed states: 2.5 kB in a run of 25."""

_ESCAPES = 1.15
"""The compiled pipeline stands in the workflow as JSON in JSON, whose quotes are escaped."""


class TooManyTasks(NeurodeskError):
    """A run would be larger than what Argo Workflows stores: a cluster would never start it."""

    code = "ND-COMPILE-002"
    hint = (
        "Split the pipeline into several, or give a node more work: a loop over subjects in one notebook in "
        "place of a node for each. The embedded backend has no such limit."
    )


def workflow_size(graph: TaskGraph) -> int:
    """Return how many bytes Argo will have to store when all tasks have run; rounded up rather than down."""
    compiled = sum(
        len(json.dumps(document, ensure_ascii=False).encode()) for document in compile_graph(graph)
    )
    return FIXED + round(compiled * _ESCAPES) + len(graph.tasks) * (TEMPLATE + STATE)


def check_workflow_size(graph: TaskGraph) -> None:
    """Refuse what a cluster would accept and never start.

    Raises:
        TooManyTasks: the graph's workflow exceeds `MAX_WORKFLOW`.
    """
    size, count = workflow_size(graph), len(graph.tasks)
    if size > MAX_WORKFLOW:
        possible = count * MAX_WORKFLOW // size * 95 // 100  # fewer tasks share less
        raise TooManyTasks(
            f"Pipeline '{graph.name}' has {count} tasks, which take about {size:,} bytes in the cluster's "
            f"workflow; Argo stores {MAX_WORKFLOW:,}, about {possible} tasks like these."
        )
