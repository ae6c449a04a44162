"""What accounts may do, and the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault, Right
from elyra_neurodesk.cluster.facts import Unknown

CATEGORY = "Access"

READER_RIGHTS = (
    Right("list", "pods"),
    Right("get", "pods/log"),
    Right("list", "events"),
)
"""With these, commands about runs say why a pod waits or has failed."""

TASK_RIGHTS = (
    Right("create", "workflowtaskresults", "argoproj.io"),
    Right("patch", "workflowtaskresults", "argoproj.io"),
    Right("get", "configmaps"),
    Right("get", "secrets"),
)
"""What Argo's executor (argo-workflows, docs/workflow-rbac.md) and KFP's launcher (its ConfigMap
``kfp-launcher`` and the object store's secret) do in a task's pod."""

_CLOCK_WARNING, _CLOCK_FATAL = 60.0, 900.0  # seconds; S3 refuses signatures that are 15 minutes off


def _missing(rights: Mapping[Right, bool] | Unknown | None) -> str:
    return ", ".join(str(right) for right, allowed in (rights or {}).items() if not allowed)


def _read_pods(evidence: ClusterEvidence) -> Iterator[Fault]:
    if missing := _missing(evidence.rights):
        yield Fault(
            f"Namespace {evidence.namespace}",
            f"this account may not {missing}: commands about runs cannot say why a pod waits",
            "An administrator: elyra-neurodesk cluster apply --reader-group GROUP",
        )


def _task_account(evidence: ClusterEvidence) -> Iterator[Fault]:
    account = evidence.task_account
    if account not in (evidence.facts.service_accounts or ()):
        yield Fault(
            f"ServiceAccount {evidence.namespace}/{account}",
            "does not exist, so no task's pod can be created",
            "Apply Kubeflow Pipelines' own manifests for this namespace again; they make it with its roles.",
        )


def _task_rights(evidence: ClusterEvidence) -> Iterator[Fault]:
    if missing := _missing(evidence.task_rights):
        yield Fault(
            f"ServiceAccount {evidence.namespace}/{evidence.task_account}",
            f"may not {missing}: tasks end with an error of Argo's executor or of KFP's launcher",
            "Apply Kubeflow Pipelines' own manifests for this namespace again; they bind the account's role.",
        )


def _clock(evidence: ClusterEvidence) -> Iterator[Fault]:
    ahead = evidence.clock or 0.0
    if abs(ahead) > _CLOCK_WARNING:
        yield Fault(
            "Clock of this machine",
            f"differs by {abs(ahead):.0f} s from the API server's; object stores refuse more than 900 s",
            "timedatectl set-ntp true",
            "fatal" if abs(ahead) > _CLOCK_FATAL else "warning",
        )


CHECKS = (
    Check(
        "read-pods",
        CATEGORY,
        "warning",
        "this account may read pods, logs and events",
        _read_pods,
        ("rights",),
    ),
    Check(
        "task-account",
        CATEGORY,
        "fatal",
        "the service account of tasks exists",
        _task_account,
        ("facts.service_accounts",),
    ),
    Check(
        "task-rights",
        CATEGORY,
        "fatal",
        "the service account of tasks may do what Argo and KFP do in a pod",
        _task_rights,
        ("task_rights",),
        after=("task-account",),
    ),
    Check(
        "clock",
        CATEGORY,
        "warning",
        "the clocks of this machine and of the API server agree",
        _clock,
        ("clock",),
    ),
)
