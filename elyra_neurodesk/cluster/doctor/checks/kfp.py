"""Kubeflow Pipelines: whether it runs, and whether it answers where the runtime configuration says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault
from elyra_neurodesk.cluster.facts import ARGO_CONTROLLER, KFP_SERVER, Workload
from elyra_neurodesk.kfp_api import errors
from elyra_neurodesk.kfp_api.health import Health
from elyra_neurodesk.settings import LOOPBACK

CATEGORY = "Kubeflow Pipelines"
OLDEST = (2, 0)
PERSISTENCE_AGENT = "ml-pipeline-persistenceagent"
"""Copies what Argo says of workflows into KFP's database; KFP's own name of its Deployment."""

_LOGIN = (errors.AccessDenied, errors.LoginPage)
_ADDRESS = (errors.WrongPath, errors.WrongScheme, errors.NotAKfpApi, errors.NotAnAddress)


def _runs(evidence: ClusterEvidence) -> Iterator[Fault]:
    facts = evidence.facts
    name = f"Deployment {facts.kfp_namespace}/{KFP_SERVER}"
    if not facts.kfp:
        yield Fault(
            name, "does not exist", "Install Kubeflow Pipelines, or name its namespace with --kfp-namespace."
        )
    elif facts.kfp.ready < 1:
        yield Fault(
            name,
            f"has {facts.kfp.ready} of {facts.kfp.wanted} pods ready",
            f"kubectl --namespace {facts.kfp_namespace} describe pods --selector app={KFP_SERVER}",
        )


def _version(evidence: ClusterEvidence) -> Iterator[Fault]:
    health = evidence.kfp.tag_name if isinstance(evidence.kfp, Health) else ""
    for version in (evidence.facts.kfp_version, health):
        found = re.match(r"v?(\d+)\.(\d+)", version)
        if found and (int(found[1]), int(found[2])) < OLDEST:
            yield Fault(
                f"Kubeflow Pipelines {version}",
                "is too old: it has no v2 pipelines",
                "Update it to 2.0 or newer; 2.17 and 2.18 are tested.",
            )
            return


def _agents(evidence: ClusterEvidence) -> list[Workload]:
    return [one for one in evidence.deployments or () if one.name == PERSISTENCE_AGENT]


def _current(evidence: ClusterEvidence) -> Iterator[Fault]:
    for one in _agents(evidence):
        if one.ready < 1:
            yield Fault(
                f"Deployment {one.namespace}/{one.name}",
                f"has {one.ready} of {one.wanted} pods ready: the states of runs in KFP are stale",
                f"kubectl --namespace {one.namespace} rollout restart deployment {one.name}",
            )


def _parts(evidence: ClusterEvidence) -> Iterator[Fault]:
    for one in evidence.deployments or ():
        others = one.name in (KFP_SERVER, ARGO_CONTROLLER, PERSISTENCE_AGENT)
        if one.ready < one.wanted and not others:
            yield Fault(
                f"Deployment {one.namespace}/{one.name}",
                f"has {one.ready} of {one.wanted} pods ready",
                f"kubectl --namespace {one.namespace} describe deployment {one.name}",
            )


def _problem(evidence: ClusterEvidence) -> errors.ApiError | None:
    return evidence.kfp if isinstance(evidence.kfp, errors.ApiError) else None


def _said(evidence: ClusterEvidence, problem: errors.ApiError) -> Fault:
    name = evidence.configuration.name if evidence.configuration else ""
    return Fault(f"Runtime configuration {name}", problem.message.rstrip("."), problem.hint)


def _reachable(evidence: ClusterEvidence) -> Iterator[Fault]:
    problem = _problem(evidence)
    if problem and not isinstance(problem, (*_LOGIN, *_ADDRESS)):
        said, configuration = _said(evidence, problem), evidence.configuration
        if configuration and urlsplit(configuration.api_endpoint).hostname in LOOPBACK:
            remedy = f"elyra-neurodesk cluster connect --runtime-config {configuration.name}"
            said = replace(said, remedy=remedy)
        yield said


def _address(evidence: ClusterEvidence) -> Iterator[Fault]:
    problem = _problem(evidence)
    if isinstance(problem, _ADDRESS):
        yield _said(evidence, problem)


def _login(evidence: ClusterEvidence) -> Iterator[Fault]:
    problem = _problem(evidence)
    if isinstance(problem, _LOGIN):
        yield _said(evidence, problem)


CHECKS = (
    Check("kfp", CATEGORY, "fatal", "KFP's API server runs", _runs, ("facts.kfp",)),
    Check("kfp-version", CATEGORY, "fatal", "it is 2.0 or newer", _version, ("facts.kfp",), after=("kfp",)),
    Check(
        "kfp-states",
        CATEGORY,
        "warning",
        "its persistence agent keeps states current",
        _current,
        ("deployments",),
        applies=_agents,
    ),
    Check("kfp-parts", CATEGORY, "warning", "its other parts run", _parts, ("deployments",)),
    Check("kfp-reachable", CATEGORY, "fatal", "its API can be reached from here", _reachable, ("kfp",)),
    Check(
        "kfp-address",
        CATEGORY,
        "fatal",
        "the API is at the runtime configuration's endpoint",
        _address,
        ("kfp",),
        after=("kfp-reachable",),
    ),
    Check(
        "kfp-login",
        CATEGORY,
        "fatal",
        "it lets this account in",
        _login,
        ("kfp",),
        after=(
            "kfp-reachable",
            "kfp-address",
        ),
    ),
)
