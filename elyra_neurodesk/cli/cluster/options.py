"""Options of the set-up, and what the commands of the group say in the same way."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import click

from elyra_neurodesk.cluster.deliveries import DELIVERIES
from elyra_neurodesk.errors import NeurodeskError

if TYPE_CHECKING:
    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.changes import Change
    from elyra_neurodesk.cluster.facts import ClusterFacts
    from elyra_neurodesk.cluster.setup import SetUp

USERS = 100
"""Neurodesktop's group of users, jovyan's."""

CHANGES = 2
"""Exit status of `plan` when there is something to do."""

_SIGNS = {"create": "+", "update": "~", "conflict": "!", "unchanged": "="}


class RunAsRoot(NeurodeskError):
    """Tasks that call apptainer are asked to run as root."""

    code = "ND-CLUSTER-028"
    hint = "Name a user id such as 1000, Neurodesktop's jovyan."


def cluster_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which cluster, and where in it."""
    for option in (
        click.option(
            "--kfp-namespace",
            default="kubeflow",
            show_default=True,
            metavar="NAME",
            help="Namespace of Kubeflow Pipelines.",
        ),
        click.option(
            "--namespace", default="kubeflow", show_default=True, help="Namespace in which pipelines run."
        ),
        click.option(
            "--kube-context",
            default="",
            metavar="NAME",
            help="Context of the kubeconfig. Default: its current one.",
        ),
    ):
        command = option(command)
    return command


def set_up_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is wanted; the command gets them as ``set_up``."""

    @functools.wraps(command)
    def wrapped(**options: Any) -> Any:
        from elyra_neurodesk.cluster.pod_changes import PodChanges
        from elyra_neurodesk.cluster.setup import SetUp

        if options["run_as_user"] == 0:
            raise RunAsRoot("apptainer cannot make a user namespace as user id 0 without capabilities.")
        if options["run_as_user"] is not None:
            options["run_as_group"] = USERS
        changes = PodChanges(**_taken(options, PodChanges))
        return command(set_up=SetUp(changes=changes, **_taken(options, SetUp)), **options)

    for option in reversed(
        (
            click.option(
                "--delivery",
                type=click.Choice(DELIVERIES),
                default="auto",
                show_default=True,
                help="How the sidecar reaches tasks; auto: by an admission policy, where there is one.",
            ),
            click.option(
                "--claim",
                default="cvmfs-neurodesk",
                show_default=True,
                metavar="NAME",
                help="PersistentVolumeClaim of CVMFS; one that exists is adopted.",
            ),
            click.option(
                "--storage-class",
                default="cvmfs-neurodesk",
                show_default=True,
                metavar="NAME",
                help="StorageClass to make where the cluster has none for the repository.",
            ),
            click.option(
                "--object-store",
                default="",
                metavar="URL",
                help="S3 store as pods reach it. Default: the one that KFP brings.",
            ),
            click.option(
                "--bucket",
                default="mlpipeline",
                show_default=True,
                metavar="NAME",
                help="Bucket of the object store; made where it is missing.",
            ),
            click.option(
                "--object-store-secret",
                default="",
                metavar="NAME",
                help="Secret with the object store's keys. Default: KFP's own, or neurodesk-object-store of "
                "another store; one that exists is adopted.",
            ),
            click.option("--sidecar-image", default="", metavar="IMAGE", help="Default: the task's own."),
            click.option(
                "--seccomp-profile",
                default="",
                metavar="FILE",
                help="Localhost seccomp profile of tasks, for tools that call apptainer.",
            ),
            click.option(
                "--apparmor-profile",
                default="",
                metavar="NAME",
                help="Localhost AppArmor profile of tasks.",
            ),
            click.option(
                "--run-as-user",
                type=click.IntRange(min=0),
                metavar="UID",
                help="User id of tasks that set none; apptainer needs one that is not 0.",
            ),
            click.option(
                "--fuse-resource",
                default="",
                metavar="NAME",
                help="Extended resource of a FUSE device plugin, such as smarter-devices/fuse.",
            ),
            click.option("--queue", default="", metavar="NAME", help="Kueue's LocalQueue of the tasks."),
            click.option("--priority-class", default="", metavar="NAME", help="PriorityClass of the tasks."),
            click.option(
                "--pod-security",
                default="",
                metavar="LEVEL",
                type=click.Choice(("", "privileged", "baseline", "restricted")),
                help="Pod Security level that the namespace enforces: privileged, baseline or restricted.",
            ),
            click.option(
                "--requeue/--no-requeue",
                default=True,
                help="Let Argo look at workflows every second, not every ten (the default), or leave it.",
            ),
            click.option(
                "--reader-group",
                "readers",
                multiple=True,
                metavar="NAME",
                help="Group that may read pods, events and logs of the namespace; may be repeated.",
            ),
        )
    ):
        wrapped = option(wrapped)
    return cluster_options(wrapped)


def with_given_keys(api: Api, set_up: SetUp, ask: bool = True) -> SetUp:
    """Return the set-up with the keys of an object store that is not KFP's, where they are needed or given.

    They come from the environment, else from the terminal; without ``ask``, unknown ones stand for those.
    """
    from elyra_neurodesk.cluster.store_keys import with_keys
    from elyra_neurodesk.storage.transport import Credentials

    def prompt() -> Credentials | None:
        if not ask:
            return Credentials("", "")
        if not sys.stdin.isatty():
            return None
        access_key = click.prompt(f"access key of {set_up.object_store}", err=True)
        return Credentials(access_key, click.prompt("secret key", hide_input=True, err=True))

    return with_keys(api, set_up, Credentials.from_environment(os.environ), prompt)


def _taken(options: dict[str, Any], kind: type) -> dict[str, Any]:
    """Take out of the options those that are fields of a dataclass, by their names."""
    names = [field.name for field in fields(kind) if field.name in options]
    return {name: options.pop(name) for name in names}


def describe(facts: ClusterFacts, set_up: SetUp) -> None:
    """Print what the cluster has."""
    from elyra_neurodesk.cluster.facts import Unknown
    from elyra_neurodesk.cluster.setup import choose_delivery

    click.echo(f"Cluster {facts.context or '(current context)'}: {facts.server}, Kubernetes {facts.version}")
    kfp = "not found" if facts.kfp is None else facts.kfp_version or "of unknown version"
    if isinstance(facts.kfp, Unknown):
        kfp = "cannot be read"
    argo = facts.argo.version() if facts.argo else "not found"
    click.echo(f"Kubeflow Pipelines {kfp}, Argo Workflows {argo}, namespace {set_up.namespace}")
    click.echo(f"Delivery of the sidecar: {choose_delivery(set_up, facts)}")
    unknown = [name for name, value in vars(facts).items() if isinstance(value, Unknown)]
    if unknown:
        click.echo(f"This account may not read: {', '.join(unknown)}")


def print_changes(changes: Sequence[Change], advice: Sequence[str], diffs: bool = True) -> None:
    """Print each object with its sign, why it is there, and its diff; then what no manifest mends."""
    from elyra_neurodesk.cli.render import plain

    for change in changes:
        click.echo(f"{_SIGNS[change.action]} {change.which}: {change.planned.why}")
        if change.conflict:
            click.echo(f"    {plain(change.conflict).plain}")
        for line in change.diff.splitlines() if diffs else ():
            click.echo(f"    {plain(line).plain}")
    for sentence in advice:
        click.echo(f"! {sentence}")
