"""Showing a run while it goes on: for ``runs watch`` and ``submit --watch``."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.live import Live

from elyra_neurodesk.cli.options import note
from elyra_neurodesk.cli.render import console, plain, run_table
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.runs.results import RunResults
from elyra_neurodesk.runs.summary import RunSummary
from elyra_neurodesk.runs.watching import changes, follow


def show_until_end(
    results: RunResults, timeout: float | None = None, quiet_stdout: bool = False
) -> RunSummary:
    """Show a run until it has ended: a live table on a terminal, else one line per change; then a table.

    Args:
        results: the run.
        timeout: seconds after which to give up; None for never.
        quiet_stdout: whether standard output belongs to someone else; all goes to standard error then.

    Returns:
        The run as it ended, with what the tasks' records say.

    Raises:
        StillRunning: the time is over.
        NeurodeskError: the API or its answers fail for good.
    """
    target = console(stderr=quiet_stdout)
    looks = follow(results.summary, timeout, away=_away)
    try:
        if target.is_terminal:
            with Live(console=target, auto_refresh=False, transient=True) as live:
                for look in looks:
                    live.update(run_table(look), refresh=True)
        else:
            _lines(looks, target)
    except KeyboardInterrupt:
        note(f"run {results.run_id} goes on; `elyra-neurodesk runs cancel {results.run_id}` ends it")
        raise
    final = results.full_summary()
    target.print(run_table(final))
    return final


def _lines(looks: Iterable[RunSummary], target: Console) -> None:
    before: RunSummary | None = None
    for look in looks:
        for line in changes(before, look):
            target.print(plain(line), soft_wrap=True)
        before = look


def _away(problem: NeurodeskError) -> None:
    note(f"{problem.code}: {problem.message} Waiting for it to come back.")
