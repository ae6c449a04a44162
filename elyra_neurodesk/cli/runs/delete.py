"""``elyra-neurodesk runs delete``."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.options import json_option, runtime_config_option
from elyra_neurodesk.cli.runs.confirm import delete_confirmed, deletion_options


@click.command(short_help="Delete runs that have ended.")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@deletion_options
@runtime_config_option
@json_option
def delete(
    runs: tuple[str, ...], outputs: bool, yes: bool, dry_run: bool, runtime_config: str | None, as_json: bool
) -> int:
    """Delete runs that have ended; on this machine their work directories and logs go, too.

    What they left in the object store stays, unless --outputs is given.
    """
    from elyra_neurodesk.elyra_adapter.connection import connect
    from elyra_neurodesk.kfp_api.runs import find_run
    from elyra_neurodesk.runs.deletion import plan_deletion

    connection = connect(runtime_config)
    # all are found before the first is deleted: a mistyped id deletes nothing
    found = {run.run_id: run for run in [find_run(connection, wanted) for wanted in runs]}
    deletions = [plan_deletion(connection, run, outputs) for run in found.values()]
    return delete_confirmed(connection, deletions, outputs, yes, dry_run, as_json)
