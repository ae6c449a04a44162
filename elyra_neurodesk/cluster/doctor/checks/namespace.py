"""The namespace: whether its rules let a task's pod in, and what they make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault, Refusal, main_container
from elyra_neurodesk.quantities import InvalidQuantity, parse_bytes, parse_cores

CATEGORY = "Namespace"
ENFORCE = "pod-security.kubernetes.io/enforce"

_COUNTED = ("pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory")


def _namespace(evidence: ClusterEvidence) -> Iterator[Fault]:
    if evidence.facts.namespace_labels is None:
        yield Fault(
            f"Namespace {evidence.namespace}",
            "does not exist",
            "Install Kubeflow Pipelines, or name another with --namespace; `elyra-neurodesk cluster apply` "
            "makes it.",
        )


def _refused(evidence: ClusterEvidence) -> str:
    """Return why the API server refuses a task's pod, "" where it takes it or was not asked."""
    return evidence.example.reason if isinstance(evidence.example, Refusal) else ""


def _is_admitted(evidence: ClusterEvidence) -> bool:
    return isinstance(evidence.example, dict)


def _pod_security(evidence: ClusterEvidence) -> Iterator[Fault]:
    refused, level = _refused(evidence), (evidence.facts.namespace_labels or {}).get(ENFORCE, "")
    if "violates PodSecurity" in refused:
        found = f"Pod Security refuses a task's pod: {refused}"
    elif level == "restricted" and evidence.example is None:
        found = "enforces Pod Security restricted, which refuses KFP's task pods (runAsNonRoot is not set)"
    else:
        return
    yield Fault(
        f"Namespace {evidence.namespace}",
        found,
        f"kubectl label --overwrite namespace {evidence.namespace} {ENFORCE}=baseline",
    )


def _admitted(evidence: ClusterEvidence) -> Iterator[Fault]:
    refused = _refused(evidence)
    of_quota = "quota: " in refused and evidence.facts.quotas
    if refused and "violates PodSecurity" not in refused and not of_quota:
        yield Fault(
            f"Namespace {evidence.namespace}",
            f"the API server refuses a task's pod: {refused}",
            "Ask the cluster's administrator for an exception to the rule that the message names.",
        )


def _quota(evidence: ClusterEvidence) -> Iterator[Fault]:
    refused = _refused(evidence)
    for quota in evidence.facts.quotas or ():
        full = [
            f"{resource} {quota.used[resource]} of {hard}"
            for resource, hard in quota.hard.items()
            if resource in _COUNTED
            and resource in quota.used
            and _reaches(resource, quota.used[resource], hard)
        ]
        named = re.search(rf"quota: {re.escape(quota.name)}\b", refused)
        if full or named:
            yield Fault(
                f"ResourceQuota {evidence.namespace}/{quota.name}",
                f"refuses a task's pod: {refused}" if named else f"is used up: {', '.join(full)}",
                f"kubectl --namespace {evidence.namespace} describe resourcequota {quota.name}",
            )


def _reaches(resource: str, used: str, hard: str) -> bool:
    parse = parse_bytes if resource.endswith("memory") else parse_cores
    try:
        return parse(used) >= parse(hard)
    except InvalidQuantity:
        return False


def _limit_range(evidence: ClusterEvidence) -> Iterator[Fault]:
    example = evidence.example
    if not isinstance(example, dict):
        return
    limit = main_container(example).get("resources", {}).get("limits", {}).get("memory", "")
    if limit:
        yield Fault(
            f"Namespace {evidence.namespace}",
            f"its LimitRange gives a task that sets no memory limit one of {limit}: what uses more is killed",
            "Set RAM in the node's properties, or: "
            f"kubectl --namespace {evidence.namespace} describe limitrange",
        )


def _host_users(evidence: ClusterEvidence) -> Iterator[Fault]:
    example = evidence.example
    if isinstance(example, dict) and example["spec"].get("hostUsers") is False:
        yield Fault(
            f"Namespace {evidence.namespace}",
            "a policy gives tasks a user namespace (hostUsers: false): CVMFS, which is FUSE, cannot be "
            "mounted there, and the pod never starts",
            "Exempt pods with the label neurodesk.org/cvmfs=enabled from that policy.",
        )


CHECKS = (
    Check(
        "namespace",
        CATEGORY,
        "fatal",
        "the namespace exists",
        _namespace,
        ("facts.namespace_labels",),
    ),
    Check(
        "pod-security",
        CATEGORY,
        "fatal",
        "Pod Security lets a task's pod in",
        _pod_security,
        ("facts.namespace_labels",),
        after=("namespace",),
    ),
    Check(
        "pod-admitted",
        CATEGORY,
        "fatal",
        "the API server takes a task's pod",
        _admitted,
        ("example",),
        after=("pod-security",),
    ),
    Check(
        "quota",
        CATEGORY,
        "fatal",
        "quotas have room for a task",
        _quota,
        ("facts.quotas",),
        after=("namespace",),
    ),
    Check(
        "limit-range",
        CATEGORY,
        "warning",
        "no LimitRange sets the memory of tasks",
        _limit_range,
        ("example",),
        applies=_is_admitted,
    ),
    Check(
        "host-users",
        CATEGORY,
        "fatal",
        "tasks share the node's user namespace",
        _host_users,
        ("example",),
        applies=_is_admitted,
    ),
)
