"""Reads the logs of a run's tasks while they grow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.runs.summary import PENDING, RunSummary, TaskSummary


class NoLogYet(NeurodeskError):
    """The task has no log that can be read."""

    code = "ND-RUNS-007"
    hint = "Logs are uploaded when a task ends: --follow waits for it. Or see the task on the run's page."


def tail(
    snapshots: Iterable[RunSummary],
    select: Callable[[RunSummary], Iterable[TaskSummary]],
    read: Callable[[TaskSummary], bytes | None],
) -> Iterator[tuple[TaskSummary, bytes]]:
    """Yield what is new in the tasks' logs at each snapshot of the run.

    A log is followed while its task runs and read once more after its end. When that final log is not the
    continuation of what was read before (the pod's log and the uploaded one may differ in their first lines),
    it comes again as a whole.

    Args:
        snapshots: of the run, the final one last (see `poll.poll`).
        select: which tasks to follow.
        read: reads a task's log as far as it is known.
    """
    seen: dict[str, bytes] = {}
    final: set[str] = set()
    for summary in snapshots:
        for task in select(summary):
            if task.name in final or task.state == PENDING:
                continue
            log = read(task)
            if task.ended:
                final.add(task.name)
            if log is None:
                continue
            before = seen.get(task.name, b"")
            new = log[len(before) :] if log.startswith(before) else log
            seen[task.name] = log
            if new:
                yield task, new
