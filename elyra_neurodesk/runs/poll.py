"""Polling a run until it ends, across short outages of the API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.formatting import format_duration
from elyra_neurodesk.kfp_api.errors import ConnectionBroken, NoAnswerInTime, NothingListens, ServerFailure
from elyra_neurodesk.runs.summary import PENDING, RunSummary, TaskSummary

INTERVAL = 2.0
"""Seconds between two requests."""

MAX_UNREACHABLE = 120.0
"""Seconds that the API may be unreachable: a restart of the server, or of a port-forward."""

NEWS = 60.0
"""Seconds after which a watched run says what it waits for."""

MAX_NAMED = 5
"""Tasks that are named in such a line."""

_TRANSIENT = (NothingListens, ConnectionBroken, NoAnswerInTime, ServerFailure)


class StillRunning(NeurodeskError):
    """The run did not end in the time that the user gave it."""

    code = "ND-RUNS-006"
    hint = "The run goes on: `elyra-neurodesk runs watch RUN` follows it again, `runs cancel RUN` cancels it."
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
        on_unreachable: called with the first failure of each such outage, and again every `NEWS` s.

    Raises:
        StillRunning: the timeout is over.
        ApiError: the API was unreachable for longer than ``max_unreachable``, or reported a permanent error.
    """
    begin = time.monotonic()
    unreachable_since: float | None = None
    reported = 0.0
    run = "the run"
    while True:
        try:
            snapshot = fetch()
        except _TRANSIENT as problem:
            now = time.monotonic()
            if unreachable_since is None or now - reported >= NEWS:
                unreachable_since = unreachable_since or now
                reported = now
                on_unreachable(problem)
            if now - unreachable_since > max_unreachable:
                raise
        else:
            unreachable_since = None
            run = f"run {snapshot.run_id}"
            yield snapshot
            if snapshot.ended:
                return
        if timeout is not None and time.monotonic() - begin + interval > timeout:
            raise StillRunning(f"{run} has not ended within {timeout:g} s.")
        time.sleep(interval)


def changes(before: RunSummary | None, after: RunSummary) -> list[str]:
    """Return a line for every state that changed between two snapshots of a run, and for what tasks wait for.

    A message that differs in nothing but numbers, such as seconds, is no news.
    """
    known = {task.name: task for task in before.tasks} if before else {}
    lines = [
        _line(task)
        for task in after.tasks
        if task.state != (known[task.name].state if task.name in known else PENDING)
        or (
            not task.ended
            and task.message
            and _without_numbers(task) != _without_numbers(known.get(task.name))
        )
    ]
    lines += [note for note in after.notes if before is None or note not in before.notes]
    if before is None or before.state != after.state:
        lines.append(f"run {after.run_id}: {after.state}")
    return lines


def waiting_for(run: RunSummary) -> str:
    """Return what a run that has not ended waits for, in one line."""
    going_on = [task for task in run.tasks if not task.ended]
    running = [task for task in going_on if task.state == "RUNNING"]
    named = [f"{task.display_name}{_how_far(task)}" for task in running[:MAX_NAMED]]
    named += ["…"] if len(running) > MAX_NAMED else []
    parts = [f"{len(running)} running: {', '.join(named)}"] if running else []
    if pending := len(going_on) - len(running):
        parts.append(f"{pending} pending")
    what = "; ".join(parts) or "the backend to end the run"
    return f"waiting after {format_duration(run.seconds) or 'some time'} for {what}"


def _how_far(task: TaskSummary) -> str:
    known = [part for part in (format_duration(task.seconds), task.progress) if part]
    return f" ({', '.join(known)})" if known else ""


def _line(task: TaskSummary) -> str:
    took = "" if task.seconds is None else f" ({format_duration(task.seconds)})"
    return f"{task.display_name}: {task.state}{took}" + (f": {task.message}" if task.message else "")


def _without_numbers(task: TaskSummary | None) -> str:
    return re.sub(r"[0-9]+", "", task.message) if task else ""
