"""``elyra-neurodesk local down``."""

from __future__ import annotations

from pathlib import Path

import click

from elyra_neurodesk.cli.local.options import home_option


@click.command("down")
@home_option
@click.option("--unregister", "remove", is_flag=True, help="Remove the runtime configuration, too.")
def down(home: Path | None, remove: bool) -> None:
    """Stop the backend; running tasks are stopped, and run again after the next `up`."""
    from elyra_neurodesk.backend import lifecycle
    from elyra_neurodesk.backend.home import find_home
    from elyra_neurodesk.elyra_adapter.registration import unregister

    lifecycle.down(find_home(home), click.echo, unregister if remove else None)
