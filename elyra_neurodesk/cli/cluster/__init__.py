"""``elyra-neurodesk cluster``: what a Kubernetes cluster needs for Neurodesk's tasks."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.cluster.apply import apply
from elyra_neurodesk.cli.cluster.connect import connect
from elyra_neurodesk.cli.cluster.doctor import doctor
from elyra_neurodesk.cli.cluster.plan import plan
from elyra_neurodesk.cli.cluster.remove import remove
from elyra_neurodesk.cli.cluster.render import render


@click.group(short_help="Set up a Kubernetes cluster for Neurodesk's tasks.")
def cluster() -> None:
    """Set up a Kubernetes cluster for Neurodesk's tasks, connect to it, say what keeps tasks from running."""


for command in (plan, apply, doctor, remove, render, connect):
    cluster.add_command(command)
