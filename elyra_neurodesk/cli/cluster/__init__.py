"""``elyra-neurodesk cluster``: what a Kubernetes cluster needs for Neurodesk's tasks."""

from __future__ import annotations

import click

from elyra_neurodesk.cli.cluster.apply import apply
from elyra_neurodesk.cli.cluster.plan import plan
from elyra_neurodesk.cli.cluster.remove import remove
from elyra_neurodesk.cli.cluster.render import render


@click.group(short_help="Set up a Kubernetes cluster for Neurodesk's tasks.")
def cluster() -> None:
    """Set up a Kubernetes cluster for Neurodesk's tasks: plan, apply, remove, or write manifests."""


for command in (plan, apply, remove, render):
    cluster.add_command(command)
