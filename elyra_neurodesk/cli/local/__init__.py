"""``elyra-neurodesk local``: the embedded backend on this machine, a command a file."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.local.down import down
from elyra_neurodesk.cli.local.logs import logs
from elyra_neurodesk.cli.local.status import status
from elyra_neurodesk.cli.local.up import up


@click.group()
def local() -> None:
    """Run pipelines on this machine: the embedded backend."""


for command in (up, down, status, logs):
    local.add_command(command)
