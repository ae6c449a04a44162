"""Bytes of a run of notebooks in Argo's workflow, on the form that a real cluster stored.

The recorded run of 25 notebooks (KFP 2.17, Argo 4.0.8) with what is compiled today in the place of what was
compiled then; `tests/support/argo_workflow.py` says how. No cluster is needed, and no time is measured.

    python benchmarks/argo_size.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from elyra_neurodesk.compile.argo_size import MAX_WORKFLOW, workflow_size
from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.settings import SidecarDelivery
from tests.support.argo_workflow import (
    compact,
    compressed,
    driver_inputs,
    drivers,
    in_todays_form,
    nodes_of,
    notebooks,
    of_tasks,
    parameters,
    recorded_workflow,
)
from tests.support.kfp_driver import Launch, bare_patch, pod_spec_patch

MANY = 200


def main() -> None:
    """Print a table: one column for the recorded run, one for each delivery of the sidecar today."""
    workflow = recorded_workflow()
    recorded = nodes_of(workflow)
    launch = Launch("wide25", "e3f219bd-4bf0-478c-ad33-3dc0782156b1", "n7")
    bare = len(bare_patch(launch))
    old = len(parameters(drivers(recorded)["n7"], "outputs")["pod-spec-patch"])
    columns = [("recorded", old, recorded, 0)]
    for delivery in ("platform-spec", "admission"):
        graph = notebooks(("n7",), delivery)
        patch = len(pod_spec_patch(launch, *driver_inputs(graph, "n7")))
        columns.append((delivery, patch, in_todays_form(workflow, delivery), largest(delivery)))

    def row(name: str, values: Callable[[int], int]) -> None:
        print(f"{name:<52}" + "".join(f"{values(at) or '-':>15}" for at in range(len(columns))))

    print(f"{'bytes':<52}" + "".join(f"{name:>15}" for name, *_ in columns))
    row("pod-spec patch of a notebook", lambda at: columns[at][1])
    row("  KFP's own: the launcher without inputs", lambda at: bare)
    row("  what KFP writes because of the task", lambda at: columns[at][1] - bare)
    row("states of a task, not compressed", lambda at: len(compact(columns[at][2])) // 25)
    row("states of a task of 25, compressed", lambda at: len(compressed(columns[at][2])) // 25)
    row(
        f"states of a task of {MANY}, compressed",
        lambda at: len(compressed(of_tasks(columns[at][2], MANY))) // MANY,
    )
    row("tasks that are not refused (extrapolated)", lambda at: columns[at][3])


def largest(delivery: SidecarDelivery) -> int:
    """Return the largest number of notebooks that is not refused."""
    fits, too_many = 1, 1000
    while too_many - fits > 1:
        count = (fits + too_many) // 2
        names = tuple(f"n{number}" for number in range(count))
        if workflow_size(compile_graph(notebooks(names, delivery))) <= MAX_WORKFLOW:
            fits = count
        else:
            too_many = count
    return fits


if __name__ == "__main__":
    main()
