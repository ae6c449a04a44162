"""Following a run until it ends, across short outages of the API."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api.errors import ConnectionBroken, NoAnswerInTime, NothingListens, ServerFailure
from elyra_neurodesk.runs.summary import RunSummary

INTERVAL = 2.0
"""Seconds between two questions."""

PATIENCE = 120.0
"""Seconds that the API may be away: a restart of the server, or of a port-forward."""

_PASSING = (NothingListens, ConnectionBroken, NoAnswerInTime, ServerFailure)


class StillRunning(NeurodeskError):
    """The run did not end in the time that the user gave it."""

    code = "ND-RUNS-006"
    hint = "It goes on; `elyra-neurodesk runs watch` picks it up again, `runs cancel` ends it."
    exit_status = 5


def follow(
    ask: Callable[[], RunSummary],
    timeout: float | None = None,
    interval: float = INTERVAL,
    patience: float = PATIENCE,
    away: Callable[[NeurodeskError], object] = lambda problem: None,
) -> Iterator[RunSummary]:
    """Yield the run's summary again and again, its final one last.

    Args:
        ask: asks the API.
        timeout: seconds after which to give up watching; None for never.
        interval: seconds between two questions.
        patience: seconds that the API may be unreachable in one go.
        away: told the first failure of each such stretch.

    Raises:
        StillRunning: the time is over.
        ApiError: the API stayed away for longer than ``patience``, or said something final.
    """
    begin = time.monotonic()
    gone_since: float | None = None
    while True:
        try:
            summary = ask()
        except _PASSING as problem:
            now = time.monotonic()
            if gone_since is None:
                gone_since = now
                away(problem)
            if now - gone_since > patience:
                raise
        else:
            gone_since = None
            yield summary
            if summary.ended:
                return
        if timeout is not None and time.monotonic() - begin + interval > timeout:
            raise StillRunning(f"the run has not ended within {timeout:g} s.")
        time.sleep(interval)


def changes(before: RunSummary | None, after: RunSummary) -> list[str]:
    """Return one line for every state that changed between two looks at a run."""
    known = {task.name: task.state for task in before.tasks} if before else {}
    lines = [
        f"{task.display_name}: {task.state}" + ("" if task.seconds is None else f" ({task.seconds:.0f} s)")
        for task in after.tasks
        if task.state != known.get(task.name, "PENDING")
    ]
    if before is None or before.state != after.state:
        lines.append(f"run {after.run_id}: {after.state}")
    return lines
