"""``elyra-neurodesk cluster remove``."""

from __future__ import annotations

import sys

import click

from elyra_neurodesk.cli.cluster.options import cluster_options
from elyra_neurodesk.errors import NeurodeskError


class RemovalNotConfirmed(NeurodeskError):
    """Objects of a cluster are removed only after a question, which needs a terminal, or with --yes."""

    code = "ND-CLUSTER-029"
    hint = "Nothing was removed. Add --yes to remove without a question, --dry-run to see what would go."


@click.command(short_help="Remove from the cluster what apply has made, and nothing else.")
@cluster_options
@click.option("--yes", is_flag=True, help="Remove without asking.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def remove(namespace: str, kfp_namespace: str, kube_context: str, yes: bool, dry_run: bool) -> int:
    """Remove what `cluster apply` has made: objects with its label and field manager, and fields that it set.

    Runs, their outputs and runtime configurations stay.
    """
    from elyra_neurodesk.cluster import changes
    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.connection import connect

    api = Api(connect(kube_context))
    found = changes.removals(api, namespace, kfp_namespace)
    for one in found:
        what = f"stays: {one.kept}" if one.kept else "" if one.whole else "only the fields that we set"
        click.echo(f"{'=' if one.kept else '-'} {one.which}{f' ({what})' if what else ''}")
    going = [one for one in found if not one.kept]
    if not going:
        click.echo("Nothing to remove.")
        return 0
    if dry_run:
        return 0
    if not yes:
        if not sys.stdin.isatty():
            raise RemovalNotConfirmed(f"{len(going)} objects would be removed, and there is no terminal.")
        if not click.confirm(f"Remove {len(going)} objects from {api.client.configuration.host}?", err=True):
            click.echo("Nothing was removed.", err=True)
            return 1
    for one in changes.remove(api, going):
        click.echo(f"removed {one.which}")
    return 0
