"""``elyra-neurodesk cluster apply``."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.cluster.options import describe, print_changes, set_up_options
from elyra_neurodesk.cli.options import note

if TYPE_CHECKING:
    from elyra_neurodesk.cluster.api import Api
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

    Applied twice, the second time changes nothing.
    """
    from elyra_neurodesk.cluster import changes
    from elyra_neurodesk.cluster.api import Api, Reference
    from elyra_neurodesk.cluster.connection import connect
    from elyra_neurodesk.cluster.facts import CVMFS_DRIVER, gather
    from elyra_neurodesk.cluster.setup import advice, planned_objects

    api = Api(connect(kube_context))
    facts = gather(api, set_up.namespace, kube_context, set_up.kfp_namespace)
    describe(facts, set_up)
    planned = planned_objects(set_up, facts)
    done = list(changes.apply(api, changes.plan(api, planned), force_conflicts))
    print_changes(done, advice(set_up, facts), diffs=False)
    if not done:
        click.echo("Nothing to do.")
    if CVMFS_DRIVER in (facts.csi_drivers or ()):
        which = Reference("v1", "PersistentVolumeClaim", set_up.claim, set_up.namespace)
        changes.wait_for_claim(api, which, note)
    if runtime_config and facts.kfp:
        _write_runtime_configuration(api, facts, set_up, kube_context)
    return 0


def _write_runtime_configuration(api: Api, facts: ClusterFacts, set_up: SetUp, kube_context: str) -> None:
    from elyra_neurodesk.cluster.api import Reference
    from elyra_neurodesk.cluster.connection import ClusterError, current_context
    from elyra_neurodesk.cluster.setup import mount_path
    from elyra_neurodesk.elyra_adapter.cluster_presets import (
        KFP_BUCKET,
        PRESETS,
        ClusterValues,
        Preset,
        RuntimeConfigurationExists,
        create,
    )
    from elyra_neurodesk.elyra_adapter.schema_files import KFP_SECRET
    from elyra_neurodesk.paths import CVMFS_AUTOMOUNT

    context = kube_context or current_context()
    name = "neurodesk_" + re.sub("[^a-z0-9]+", "_", context.lower()).strip("_")[:50]
    try:
        secret = api.read(Reference("v1", "Secret", KFP_SECRET, set_up.namespace)) or {}
    except ClusterError:
        secret = {}
    data = secret.get("data", {})
    if not {"accesskey", "secretkey"} <= data.keys() or not facts.object_store:
        note(
            f"No runtime configuration was written: this account does not see both the secret {KFP_SECRET} "
            "and KFP's object store; `elyra-neurodesk config create kubernetes` asks for what is needed."
        )
        return
    preset = Preset(f"Neurodesk ({context})", "Written by `elyra-neurodesk cluster apply`.", scratch_size="")
    forwarded = PRESETS["minikube"]
    values = ClusterValues(
        forwarded.api_endpoint,
        f"http://{facts.object_store}.{set_up.kfp_namespace}:9000",
        forwarded.public_object_store,
        KFP_BUCKET,
        KFP_SECRET,
        base64.b64decode(data["accesskey"]).decode(),
        base64.b64decode(data["secretkey"]).decode(),
        set_up.claim,
        "" if set_up.namespace == set_up.kfp_namespace else set_up.namespace,
        "automount" if mount_path(set_up, facts) == CVMFS_AUTOMOUNT else "",
        context,
    )
    try:
        create(name, preset, values)
    except RuntimeConfigurationExists:
        return
    click.echo(f"Created the runtime configuration {name}. It expects these port-forwards:")
    kubectl = f"  kubectl --context {context} -n {set_up.kfp_namespace} port-forward"
    click.echo(f"{kubectl} svc/ml-pipeline-ui 8080:80")
    click.echo(f"{kubectl} svc/{facts.object_store} 9000:9000")
