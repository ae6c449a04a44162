"""``elyra-neurodesk runs retry``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import (
    RUN_FAILED,
    json_option,
    note,
    print_json,
    runtime_config_option,
    timeout_option,
)
from elyra_neurodesk.cli.runs.open import open_run

if TYPE_CHECKING:
    from elyra_neurodesk.runs.summary import RunSummary

_MAX_NAMED = 5


@click.command(short_help="Run again what did not succeed in a run.")
@click.argument("run")
@runtime_config_option
@click.option("--watch", is_flag=True, help="Watch the run until it ends; exit 4 if it did not succeed.")
@json_option
@timeout_option
def retry(run: str, runtime_config: str | None, watch: bool, as_json: bool, timeout: float | None) -> int:
    """Run again what failed, was skipped or was cancelled in a run that has ended.

    Tasks that have succeeded keep their outputs and do not run again. The run keeps its id.
    """
    if timeout is not None and not watch:
        raise click.UsageError("--timeout needs --watch.")
    from elyra_neurodesk.kfp_api.runs import get_run, retry_run

    results = open_run(run, runtime_config)
    before = results.summary()
    retry_run(results.connection, get_run(results.connection, results.run_id))
    if not as_json:
        click.echo(_announcement(before))
        click.echo(f"run page: {before.url}")
    if not watch:
        if as_json:
            print_json(results.summary().to_json())
        return 0
    from elyra_neurodesk.cli.run_view import show_until_end
    from elyra_neurodesk.runs.observer import Observer

    final = show_until_end(Observer(results), timeout, quiet_stdout=as_json)
    if as_json:
        print_json(final.to_json())
    if not final.succeeded:
        note(f"run {final.run_id} ended {final.state}; `elyra-neurodesk runs logs {final.run_id}` shows why")
    return 0 if final.succeeded else RUN_FAILED


def _announcement(before: RunSummary) -> str:
    """Return which tasks run again and how many do not, in one line."""
    again = [task.display_name for task in before.tasks if task.state != "SUCCEEDED"]
    named = ", ".join(again[:_MAX_NAMED]) + (", …" if len(again) > _MAX_NAMED else "")
    kept = len(before.tasks) - len(again)
    return (
        f"run {before.run_id} runs again: {len(again)} of {len(before.tasks)} tasks ({named});"
        f" {kept} that succeeded keep their outputs"
    )
