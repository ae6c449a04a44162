"""``elyra-neurodesk modules``: which Neurodesk modules there are, and what a name resolves to."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.modules.list import list_
from elyra_neurodesk.cli.modules.search import search
from elyra_neurodesk.cli.modules.show import show


@click.group(short_help="List and search Neurodesk modules; show what a name resolves to.")
def modules() -> None:
    """List and search Neurodesk modules; show what a name resolves to.

    The mounted repository is read; without one, neurocommand's list of tools.
    """


for command in (list_, search, show):
    modules.add_command(command)
