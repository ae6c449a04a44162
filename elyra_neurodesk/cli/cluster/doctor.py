"""``elyra-neurodesk cluster doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.cluster.options import cluster_options
from elyra_neurodesk.cli.options import json_option, note, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.doctor.model import CheckResult, ClusterEvidence
    from elyra_neurodesk.cluster.setup import SetUp
    from elyra_neurodesk.settings import RuntimeConfiguration

FATAL = 6
"""Exit status when a check is fatal."""

_SIGNS = {"ok": "✓", "warning": "!", "fatal": "✗", "unknown": "?"}


@click.command(short_help="Say what keeps tasks from running in the cluster, and what mends it.")
@cluster_options
@click.option(
    "--runtime-config",
    "runtime_config",
    metavar="NAME",
    help="Runtime configuration whose endpoints and secret are checked. Default: the one of this context.",
)
@click.option(
    "--claim",
    default="",
    metavar="NAME",
    help="PersistentVolumeClaim of CVMFS. Default: the configuration's.",
)
@click.option("--pod", is_flag=True, help="Run a probe pod as a task would run, and delete it.")
@click.option("--image", default="", metavar="IMAGE", help="Of the probe pod. Default: newest Neurodesktop.")
@json_option
def doctor(
    kube_context: str,
    namespace: str,
    kfp_namespace: str | None,
    runtime_config: str | None,
    claim: str,
    pod: bool,
    image: str,
    as_json: bool,
) -> int:
    """Say what in the cluster keeps tasks from running, and what mends it; nothing is changed.

    The exit status is 0 when nothing is fatal, and 6 when something is.
    """
    from elyra_neurodesk.cluster.api import Api
    from elyra_neurodesk.cluster.connection import connect
    from elyra_neurodesk.cluster.doctor.diagnosis import as_json as form
    from elyra_neurodesk.cluster.doctor.diagnosis import diagnose, worst
    from elyra_neurodesk.cluster.doctor.questions import TIMEOUT, collect
    from elyra_neurodesk.cluster.setup import SetUp

    configuration = _configuration(runtime_config, kube_context)
    if configuration:
        kube_context = kube_context or configuration.kube_context
        namespace = configuration.namespace or namespace
        kfp_namespace = kfp_namespace or configuration.kfp_namespace
        claim = claim or configuration.claim
    else:
        note("No runtime configuration is of this context: its endpoints are not asked.")
    image = image or _image_of_tasks()
    set_up = SetUp(namespace, kfp_namespace or SetUp.kfp_namespace)
    set_up = replace(set_up, claim=claim or set_up.claim)
    api = Api(connect(kube_context), TIMEOUT)
    with reached_from_here(configuration, kube_context):
        evidence = collect(api, set_up, kube_context, configuration, image)
        if pod:
            evidence = _with_probe(api, evidence, image)
    results = diagnose(evidence)
    if as_json:
        print_json(form(evidence, results))
    else:
        click.echo(f"Kubernetes {evidence.facts.version} at {evidence.facts.server}, namespace {namespace}")
        print_results(results)
    return FATAL if worst(results) == "fatal" else 0


def print_diagnosis(
    api: Api, set_up: SetUp, kube_context: str, configuration: RuntimeConfiguration | None
) -> None:
    """Print what the checks say of a cluster, without a probe pod."""
    from elyra_neurodesk.cluster.doctor.diagnosis import diagnose
    from elyra_neurodesk.cluster.doctor.questions import TIMEOUT, collect

    quick = replace(api, timeout=TIMEOUT)
    print_results(diagnose(collect(quick, set_up, kube_context, configuration, _image_of_tasks())))


@contextmanager
def reached_from_here(configuration: RuntimeConfiguration | None, kube_context: str) -> Iterator[None]:
    """Forward the ports of a configuration that asks for it in the block; say where that is not possible."""
    from elyra_neurodesk.cluster.connection import ClusterError
    from elyra_neurodesk.port_forward.background import forwarding

    with ExitStack() as stack:
        if configuration:
            try:
                stack.enter_context(
                    forwarding(configuration, configuration.kube_context or kube_context, note)
                )
            except ClusterError as problem:
                note(f"The ports of runtime configuration '{configuration.name}' lead nowhere: {problem}")
        yield


def _image_of_tasks() -> str:
    from elyra_neurodesk.catalogs.loader import BASE_IMAGE
    from elyra_neurodesk.elyra_adapter.runtime_images import newest_neurodesktop, runtime_images

    return newest_neurodesktop(runtime_images()) or BASE_IMAGE


def _configuration(name: str | None, kube_context: str) -> RuntimeConfiguration | None:
    """Return the configuration that is named, else the only one of the context, None for none."""
    from elyra_neurodesk.cluster.connection import current_context
    from elyra_neurodesk.elyra_adapter.runtime_configurations import (
        runtime_configuration,
        runtime_configurations,
    )

    if name:
        return runtime_configuration(name)
    context = kube_context or current_context()
    found = [one for one in runtime_configurations() if one.kube_context == context]
    return found[0] if len(found) == 1 else None


def _with_probe(api: Api, evidence: ClusterEvidence, image: str) -> ClusterEvidence:
    from elyra_neurodesk.cluster.doctor.probe.run import run_probe
    from elyra_neurodesk.cluster.doctor.questions import task_of

    report = run_probe(api, task_of(evidence, image), evidence.configuration, note)
    return replace(evidence, probe=report)


def print_results(results: Sequence[CheckResult]) -> None:
    """Print each result in one line under its category: sign, object, what was found, what mends it."""
    from elyra_neurodesk.cli.render import plain

    category = ""
    for result in results:
        if result.category != category:
            category = result.category
            click.echo(category)
        subject = f"{result.object} " if result.object else ""
        remedy = f" -> {result.remedy}" if result.remedy else ""
        line = f"{subject}{result.found}{remedy} [{result.check}]"
        click.echo(f"  {_SIGNS[result.status]} {plain(line).plain}")
    counts = {status: sum(one.status == status for one in results) for status in _SIGNS}
    click.echo(
        f"{counts['ok']} ok, {counts['warning']} warnings, {counts['fatal']} fatal, "
        f"{counts['unknown']} unknown"
    )
