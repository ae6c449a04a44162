"""A run for people, once and while it runs: for ``runs show``, ``runs watch`` and ``submit --watch``."""

from __future__ import annotations

import time
from collections.abc import Iterable

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from elyra_neurodesk.cli.options import note
from elyra_neurodesk.cli.render import console, plain, state
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.formatting import format_duration, format_succeeded
from elyra_neurodesk.runs.observer import Observer
from elyra_neurodesk.runs.poll import NEWS, changes, poll, waiting_for
from elyra_neurodesk.runs.summary import RunSummary


def run_table(run: RunSummary) -> Group:
    """Return the run's own state in one line, a row per task, and lines about undeclared files."""
    done = format_succeeded(task.state for task in run.tasks)
    title = Text.assemble(
        plain(run.name),
        "  ",
        state(run.state),
        f"  {done} tasks succeeded  {format_duration(run.seconds)}",
    )
    table = Table("task", "state", "duration", "message", box=None, header_style="bold")
    table.columns[2].justify = "right"
    for task in run.tasks:
        took = format_duration(task.seconds)
        message = task.message or (task.progress if not task.ended else "")
        table.add_row(plain(task.display_name), state(task.state), took, plain(message))
    # a backend repeats the failed task's message as the run's own
    own = run.message if not any(task.message and task.message in run.message for task in run.tasks) else ""
    notes = [plain(f"{task.display_name}: {sentence}") for task in run.tasks for sentence in task.undeclared]
    notes += [plain(sentence) for sentence in run.notes]
    return Group(title, table, *([plain(own)] if own else ()), *notes)


def show_until_end(
    observer: Observer, timeout: float | None = None, quiet_stdout: bool = False
) -> RunSummary:
    """Show a run until it has ended: a live table on a terminal, else one line per change; then a table.

    Args:
        observer: of the run.
        timeout: seconds after which to give up; None for never.
        quiet_stdout: whether standard output is kept for JSON; all goes to standard error then.

    Returns:
        The run as it ended, completed from the tasks' records.

    Raises:
        StillRunning: the timeout is over.
        NeurodeskError: the API or its answers fail for good.
    """
    run_id = observer.results.run_id
    target = console(stderr=quiet_stdout)
    snapshots = poll(observer.snapshot, timeout, on_unreachable=_note_outage)
    try:
        if target.is_terminal:
            with Live(console=target, auto_refresh=False, transient=True) as live:
                for snapshot in snapshots:
                    live.update(run_table(snapshot), refresh=True)
        else:
            _lines(snapshots, target)
    except KeyboardInterrupt:
        note(f"run {run_id} continues; `elyra-neurodesk runs cancel {run_id}` cancels it")
        raise
    final = observer.final()
    target.print(run_table(final))
    return final


def _lines(snapshots: Iterable[RunSummary], target: Console) -> None:
    before: RunSummary | None = None
    reported = time.monotonic()
    for snapshot in snapshots:
        lines = changes(before, snapshot)
        if not lines and not snapshot.ended and time.monotonic() - reported >= NEWS:
            lines = [waiting_for(snapshot)]
        if lines:
            reported = time.monotonic()
        for line in lines:
            target.print(plain(line), soft_wrap=True)
        before = snapshot


def _note_outage(problem: NeurodeskError) -> None:
    note(f"{problem.code}: {problem.message} Waiting until it is reachable again.")
