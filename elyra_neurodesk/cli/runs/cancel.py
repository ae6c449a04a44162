"""``elyra-neurodesk runs cancel``."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.options import runtime_config_option


@click.command()
@click.argument("run")
@runtime_config_option
def cancel(run: str, runtime_config: str | None) -> int:
    """Cancel a run that has not ended."""
    from elyra_neurodesk.elyra_adapter.connection import connect
    from elyra_neurodesk.kfp_api.runs import cancel_run, find_run

    connection = connect(runtime_config)
    found = find_run(connection, run)
    cancel_run(connection, found)
    click.echo(f"run {found.run_id} is being cancelled")
    return 0
