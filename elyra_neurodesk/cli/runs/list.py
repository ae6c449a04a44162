"""``elyra-neurodesk runs list``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import json_option, note, print_json, runtime_config_option

if TYPE_CHECKING:
    from rich.table import Table

    from elyra_neurodesk.runs.summary import RunSummary


@click.command("list")
@click.option(
    "-n",
    "--number",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="How many, newest first.",
)
@runtime_config_option
@json_option
def list_(number: int, runtime_config: str | None, as_json: bool) -> int:
    """List the newest runs."""
    from elyra_neurodesk.elyra_adapter.connection import connect
    from elyra_neurodesk.kfp_api.runs import list_runs
    from elyra_neurodesk.runs.summary import summarize

    connection = connect(runtime_config)
    found = [
        summarize(run, url=connection.config.run_url(run.run_id)) for run in list_runs(connection, number)
    ]
    if as_json:
        print_json([run.to_json(tasks=False) for run in found])
    elif not found:
        note(f"no runs at {connection.endpoint} yet")
    else:
        from elyra_neurodesk.cli.render import console

        console().print(runs_table(found))
    return 0


def runs_table(runs: Iterable[RunSummary]) -> Table:
    """Return a table with one row per run."""
    from rich.table import Table

    from elyra_neurodesk.cli.render import plain, state
    from elyra_neurodesk.formatting import format_duration, format_time

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
