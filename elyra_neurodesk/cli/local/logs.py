"""``elyra-neurodesk local logs``."""

from __future__ import annotations

from pathlib import Path

import click

from elyra_neurodesk.cli.local.options import home_option
from elyra_neurodesk.cli.options import tail_option
from elyra_neurodesk.cli.terminal import write_text


@click.command("logs")
@click.argument("run")
@click.argument("task", required=False, default="")
@home_option
@click.option("--follow", "-f", is_flag=True, help="Go on until the run has ended.")
@tail_option
def logs(run: str, task: str, home: Path | None, follow: bool, tail: int | None) -> None:
    """Print the logs of RUN (an id or its beginning), of all tasks or of TASK.

    On a terminal, escape sequences other than colours are shown, not obeyed.
    """
    from elyra_neurodesk.backend.db.catalog import NotFound
    from elyra_neurodesk.backend.db.database import Database
    from elyra_neurodesk.backend.db.state import RunStore
    from elyra_neurodesk.backend.home import find_home
    from elyra_neurodesk.backend.tasklogs import LogReader, print_logs

    found = find_home(home)
    if not found.database.exists():
        raise NotFound(f"there are no runs in {found.path}.")
    runs = RunStore(Database(found.database))
    print_logs(LogReader(runs, runs.find(run), task, tail), follow, write_text)
