"""``elyra-neurodesk config``: the runtime configurations that pipelines are submitted with."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.config.create import create
from elyra_neurodesk.cli.config.list import list_


@click.group(short_help="Create and list runtime configurations.")
def config() -> None:
    """Create and list runtime configurations, as JupyterLab's Runtimes tab does."""


for command in (create, list_):
    config.add_command(command)
