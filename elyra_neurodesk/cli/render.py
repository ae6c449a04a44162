"""Tables and progress for people."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from elyra_neurodesk.formatting import format_duration, format_succeeded, format_time

if TYPE_CHECKING:  # they bring the KFP client, which takes seconds
    from elyra_neurodesk.runs.results import RunOutput
    from elyra_neurodesk.runs.summary import RunSummary

UNWRAPPED = 10_000
"""Characters: more than any row of ours has."""

_COLOURS = {
    "SUCCEEDED": "green",
    "RUNNING": "cyan",
    "FAILED": "bold red",
    "ERROR": "bold red",
    "CANCELED": "yellow",
    "CANCELING": "yellow",
    "SKIPPED": "dim",
    "PENDING": "dim",
}


def console(stderr: bool = False) -> Console:
    """Return a console that wraps at the terminal's width, and not at all where there is no terminal.

    There `grep` must find a message in one line.
    """
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(stderr=stderr, highlight=False)
    return Console(stderr=stderr, highlight=False, width=UNWRAPPED)


def busy(what: str) -> AbstractContextManager[object]:
    """Return a context that shows what is being done, where somebody looks at a terminal."""
    return console(stderr=True).status(f"{what} …") if sys.stderr.isatty() else nullcontext()


def plain(text: str) -> Text:
    """Return text that came from elsewhere as it is: no markup, and no control characters."""
    return Text("".join(letter if letter.isprintable() else " " for letter in text))


def runs_table(runs: Iterable[RunSummary]) -> Table:
    """Return a table with one row per run."""
    table = Table("id", "name", "state", "created", "duration", box=None, header_style="bold")
    for run in runs:
        table.add_row(
            run.run_id,
            plain(run.name),
            state(run.state),
            format_time(run.created),
            format_duration(run.seconds),
        )
    return table


def run_table(run: RunSummary) -> Group:
    """Return the run's own state in one line, and below it a table with one row per task."""
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
        table.add_row(plain(task.display_name), state(task.state), took, plain(task.message))
    # a backend repeats the failed task's message as the run's own
    own = run.message if not any(task.message and task.message in run.message for task in run.tasks) else ""
    return Group(title, table, plain(own)) if own else Group(title, table)


def outputs_table(outputs: Iterable[RunOutput]) -> Table:
    """Return a table with one row per object."""
    table = Table("task", "path", "bytes", "sha256", box=None, header_style="bold")
    table.columns[2].justify = "right"
    for output in outputs:
        table.add_row(plain(output.task), plain(output.path), f"{output.size:,}", output.sha256[:12])
    return table


def download_progress() -> Progress:
    """Return a progress bar in bytes on standard error; nothing where that is no terminal."""
    target = console(stderr=True)
    return Progress(
        TextColumn("downloading"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=target,
        disable=not target.is_terminal,
        transient=True,
    )


def state(name: str) -> Text:
    """Return a state in its colour."""
    return Text(name, style=_COLOURS.get(name, ""))
