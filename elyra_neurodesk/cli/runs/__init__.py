"""``elyra-neurodesk runs``: the runs at any KFP API, a command a file."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.runs.cancel import cancel
from elyra_neurodesk.cli.runs.compare import compare
from elyra_neurodesk.cli.runs.delete import delete
from elyra_neurodesk.cli.runs.list import list_
from elyra_neurodesk.cli.runs.logs import logs
from elyra_neurodesk.cli.runs.outputs import outputs
from elyra_neurodesk.cli.runs.prune import prune
from elyra_neurodesk.cli.runs.record import record
from elyra_neurodesk.cli.runs.retry import retry
from elyra_neurodesk.cli.runs.show import show
from elyra_neurodesk.cli.runs.watch import watch


@click.group(short_help="List, watch, cancel, retry and delete runs; get their logs and outputs.")
def runs() -> None:
    """List, watch, cancel, retry and delete runs; get their logs and outputs.

    RUN is a run's id, the beginning of one, or "latest".
    """


for command in (list_, show, watch, logs, outputs, cancel, retry, delete, prune, record, compare):
    runs.add_command(command)
