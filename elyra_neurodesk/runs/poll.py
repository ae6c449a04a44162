"""Polling a run until it ends, across short outages of the API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.formatting import format_duration
from elyra_neurodesk.kfp_api.errors import ConnectionBroken, NoAnswerInTime, NothingListens, ServerFailure
from elyra_neurodesk.runs.summary import RunSummary

INTERVAL = 2.0
"""Seconds between two requests."""

MAX_UNREACHABLE = 120.0
"""Seconds that the API may be unreachable: a restart of the server, or of a port-forward."""

_TRANSIENT = (NothingListens, ConnectionBroken, NoAnswerInTime, ServerFailure)


class StillRunning(NeurodeskError):
    """The run did not end in the time that the user gave it."""

    code = "ND-RUNS-006"
    hint = "The run continues; `elyra-neurodesk runs watch` follows it again, `runs cancel` cancels it."
    exit_status = 5


def poll(
    fetch: Callable[[], RunSummary],
    timeout: float | None = None,
    interval: float = INTERVAL,
    max_unreachable: float = MAX_UNREACHABLE,
    on_unreachable: Callable[[NeurodeskError], object] = lambda problem: None,
) -> Iterator[RunSummary]:
    """Yield snapshots of a run until it has ended, its final one last.

    Args:
        fetch: reads the run's summary from the API.
        timeout: seconds after which to give up; None for never.
        interval: seconds between two requests.
        max_unreachable: seconds that the API may be unreachable in one go.
        on_unreachable: called with the first failure of each such outage.

    Raises:
        StillRunning: the timeout is over.
        ApiError: the API was unreachable for longer than ``max_unreachable``, or reported a permanent error.
    """
    begin = time.monotonic()
    unreachable_since: float | None = None
    while True:
        try:
            snapshot = fetch()
        except _TRANSIENT as problem:
            now = time.monotonic()
            if unreachable_since is None:
                unreachable_since = now
                on_unreachable(problem)
            if now - unreachable_since > max_unreachable:
                raise
        else:
            unreachable_since = None
            yield snapshot
            if snapshot.ended:
                return
        if timeout is not None and time.monotonic() - begin + interval > timeout:
            raise StillRunning(f"the run has not ended within {timeout:g} s.")
        time.sleep(interval)


def changes(before: RunSummary | None, after: RunSummary) -> list[str]:
    """Return one line for every state that changed between two snapshots of a run."""
    known = {task.name: task.state for task in before.tasks} if before else {}
    lines = [
        f"{task.display_name}: {task.state}"
        + ("" if task.seconds is None else f" ({format_duration(task.seconds)})")
        for task in after.tasks
        if task.state != known.get(task.name, "PENDING")
    ]
    if before is None or before.state != after.state:
        lines.append(f"run {after.run_id}: {after.state}")
    return lines
