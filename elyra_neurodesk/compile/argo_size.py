"""How large a pipeline becomes in a cluster: Argo Workflows keeps a run, its state included, in one object.

Argo refuses to store a workflow of more than 1 MiB with its nodes' states compressed (``packer.go``): the run
stays without a state for ever. The figures are those of a run of 25 notebooks on KFP 2.17 with Argo 4.0.8,
with what is compiled today in the place of what was compiled then; `test_argo_size.py` computes them. On that
cluster 100 tasks ran, and 320 were never started. Between those the limit is extrapolated.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from elyra_neurodesk.compile.ir import Json
from elyra_neurodesk.errors import NeurodeskError

MAX_WORKFLOW = 1024 * 1024
"""Bytes of a workflow that Argo stores."""

FIXED = 14_000
"""Bytes of a workflow without tasks: KFP's templates, and what Argo notes of the run."""

TEMPLATE = 1_700
"""Bytes that a task adds to the templates, besides what the compiled pipeline says of it."""

STATE = 1_900
"""Bytes that a task adds to the compressed states; nearly 3 kB with a start script of 0.7 kB more."""

_ESCAPES = 1.15
"""The compiled pipeline stands in the workflow as JSON in JSON, whose quotes are escaped."""

_DEPENDENCY = " && .Succeeded"
"""What Argo's ``depends`` has beside the name of each task that a task depends on."""


class TooManyTasks(NeurodeskError):
    """A run would be larger than what Argo Workflows stores: a cluster would never start it."""

    code = "ND-COMPILE-002"
    hint = (
        "Split the pipeline into several, or give a node more work: a loop over subjects in one notebook in "
        "place of a node for each. The embedded backend has no such limit."
    )


def workflow_size(documents: Sequence[Json]) -> int:
    """Return how many bytes Argo will have to store when all tasks have run; rounded up rather than down.

    Args:
        documents: the compiled pipeline, as `compile_graph` returns it.
    """
    tasks: Json = documents[0]["root"]["dag"]["tasks"]
    # a task stands in its DAG's component, and in the template of the DAG
    compiled = _bytes(documents) + _bytes(tasks)
    dependencies = sum(
        len(_DEPENDENCY) + len(parent) for task in tasks.values() for parent in task.get("dependentTasks", ())
    )
    return FIXED + round(compiled * _ESCAPES) + dependencies + len(tasks) * (TEMPLATE + STATE)


def _bytes(content: Any) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode())


def check_workflow_size(name: str, documents: Sequence[Json]) -> None:
    """Refuse what a cluster would accept and never start.

    Args:
        name: the pipeline's, for messages.
        documents: the compiled pipeline, as `compile_graph` returns it.

    Raises:
        TooManyTasks: the workflow exceeds `MAX_WORKFLOW`.
    """
    size, count = workflow_size(documents), len(documents[0]["root"]["dag"]["tasks"])
    if size > MAX_WORKFLOW:
        possible = count * MAX_WORKFLOW // size * 95 // 100  # fewer tasks share less
        raise TooManyTasks(
            f"Pipeline '{name}' has {count} tasks, which take about {size:,} bytes in the cluster's "
            f"workflow; Argo stores {MAX_WORKFLOW:,}, about {possible} tasks like these."
        )
