"""``elyra-neurodesk modules``: which Neurodesk modules there are, and what a name resolves to."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.modules.list import list_
from elyra_neurodesk.cli.modules.search import search
from elyra_neurodesk.cli.modules.show import show


@click.group(short_help="List and search Neurodesk modules; show what a name resolves to.")
def modules() -> None:
    """List and search Neurodesk modules; show what a name resolves to.

    Reads the repository of the runtime configuration that `submit` would take, which for this machine is
    what `local up --claim` named; else the mounted one; without any, neurocommand's list of tools.
    """


for command in (list_, search, show):
    modules.add_command(command)
