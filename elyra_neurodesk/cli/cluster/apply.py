"""``elyra-neurodesk cluster apply``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.cluster.options import describe, print_changes, set_up_options, with_given_keys
from elyra_neurodesk.cli.options import note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.changes import Change
    from elyra_neurodesk.cluster.facts import ClusterFacts
    from elyra_neurodesk.cluster.setup import SetUp


@click.command(short_help="Create and change what the tasks need in the cluster.")
@set_up_options
@click.option("--force-conflicts", is_flag=True, help="Take over fields that someone else has set.")
@click.option(
    "--runtime-config/--no-runtime-config",
    default=True,
    help="Write Elyra's runtime configuration of the cluster, unless there is one (the default), or do not.",
)
def apply(set_up: SetUp, kube_context: str, force_conflicts: bool, runtime_config: bool) -> int:
    """Create and change what the tasks need in the cluster (server-side apply), and wait for it.

    Applied twice, the second time changes nothing. What the doctor finds then is printed; it does not change
    the exit status, which is 0 when all is applied. The keys of an object store that is not KFP's are taken
    from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else asked for at a terminal.
    """
    from elyra_neurodesk.cli.cluster.doctor import print_diagnosis, reached_from_here
    from elyra_neurodesk.cli.cluster.runtime_configuration import make_bucket, write_runtime_configuration
    from elyra_neurodesk.cluster import changes
    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.connection import connect, current_context
    from elyra_neurodesk.cluster.facts import gather
    from elyra_neurodesk.cluster.setup import advice, planned_objects

    api = Api(connect(kube_context))
    facts = gather(api, set_up.namespace, kube_context, set_up.kfp_namespace)
    describe(facts, set_up)
    set_up = with_given_keys(api, set_up)
    planned = planned_objects(set_up, facts)
    done = list(changes.apply(api, changes.plan(api, planned), force_conflicts))
    print_changes(done, advice(set_up, facts), diffs=False)
    if not done:
        click.echo("Nothing to do.")
    _wait(api, facts, set_up, done)
    context = kube_context or current_context()
    configuration = None
    if runtime_config and facts.kfp:
        configuration = write_runtime_configuration(api, facts, set_up, context)
    with reached_from_here(configuration, context):
        if configuration is not None:
            make_bucket(configuration)
        print_diagnosis(api, set_up, context, configuration)
    return 0


def _wait(api: Api, facts: ClusterFacts, set_up: SetUp, done: Sequence[Change]) -> None:
    """Wait for the claim, and for the rollouts that the changes have caused."""
    from elyra_neurodesk.cluster import changes
    from elyra_neurodesk.cluster.api import Reference
    from elyra_neurodesk.cluster.facts import CVMFS_DRIVER

    available = {one.name for one in (facts.argo, facts.kfp) if one and one.ready >= one.wanted}
    for change in done:
        if change.which.kind != "Deployment":
            continue
        if change.which.name in available:
            changes.wait_for_rollout(api, change.which, note)
        else:  # what was not ready before does not become so by our change
            note(f"{change.which} was not ready before: its pods are not waited for.")
    if CVMFS_DRIVER in (facts.csi_drivers or ()):
        which = Reference("v1", "PersistentVolumeClaim", set_up.claim, set_up.namespace)
        changes.wait_for_claim(api, which, note)
