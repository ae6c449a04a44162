"""Argo Workflows, which makes the pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault
from elyra_neurodesk.cluster.facts import ARGO_CONFIG, ARGO_CONTROLLER
from elyra_neurodesk.cluster.setup import REQUEUE_VARIABLE

CATEGORY = "Argo Workflows"


def _runs(evidence: ClusterEvidence) -> Iterator[Fault]:
    facts = evidence.facts
    name = f"Deployment {facts.kfp_namespace}/{ARGO_CONTROLLER}"
    if not facts.argo:
        yield Fault(name, "does not exist: no run ever starts", "Install Kubeflow Pipelines with Argo.")
    elif facts.argo.ready < 1:
        scale = f"kubectl --namespace {facts.kfp_namespace} scale deployment {ARGO_CONTROLLER} --replicas 1"
        look = f"kubectl --namespace {facts.kfp_namespace} describe deployment {ARGO_CONTROLLER}"
        yield Fault(
            name,
            f"has {facts.argo.ready} of {facts.argo.wanted} pods ready: no run starts",
            look if facts.argo.wanted else scale,
        )


def _defaults(evidence: ClusterEvidence) -> dict[str, Any]:
    """Return the spec that Argo gives every workflow (its ConfigMap also has all below the key config)."""
    data: dict[str, Any] = dict(evidence.facts.argo_config or {})
    try:
        data |= yaml.safe_load(data.get("config", "")) or {}
        defaults = data.get("workflowDefaults") or {}
        defaults = yaml.safe_load(defaults) if isinstance(defaults, str) else defaults
        return dict(defaults.get("spec") or {})
    except (yaml.YAMLError, AttributeError, TypeError, ValueError):
        return {}


def _parallelism(evidence: ClusterEvidence) -> Iterator[Fault]:
    # the controller's own parallelism of 0 is none (workflow/sync/multi_throttler.go); a workflow's is 0 pods
    spec = _defaults(evidence)
    allowed = spec.get("parallelism")
    if isinstance(allowed, int) and allowed < 1:
        found = f"workflowDefaults has parallelism {allowed}: no workflow may start a pod"
    elif spec.get("suspend") is True:
        found = "workflowDefaults has suspend: every workflow waits until someone resumes it"
    else:
        return
    yield Fault(
        f"ConfigMap {evidence.facts.kfp_namespace}/{ARGO_CONFIG}",
        found,
        f"kubectl --namespace {evidence.facts.kfp_namespace} edit configmap {ARGO_CONFIG}",
    )


def _requeue(evidence: ClusterEvidence) -> Iterator[Fault]:
    argo = evidence.facts.argo
    if argo and REQUEUE_VARIABLE not in argo.env:
        yield Fault(
            f"Deployment {argo.namespace}/{argo.name}",
            "takes up a workflow's next task after 10 s",
            "elyra-neurodesk cluster apply makes it 1 s.",
            "ok",
        )


CHECKS = (
    Check("argo", CATEGORY, "fatal", "its workflow controller runs", _runs, ("facts.argo",)),
    Check(
        "argo-parallelism",
        CATEGORY,
        "fatal",
        "workflows may start pods",
        _parallelism,
        ("facts.argo_config",),
    ),
    Check(
        "argo-requeue",
        CATEGORY,
        "ok",
        "it takes up the next task after a second",
        _requeue,
        ("facts.argo",),
        after=("argo",),
    ),
)
