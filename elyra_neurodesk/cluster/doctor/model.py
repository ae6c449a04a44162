"""What a check is, what it looks at, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from elyra_neurodesk.cluster.api import Object
from elyra_neurodesk.cluster.facts import TASK_ACCOUNT, ClusterFacts, Unknown, Workload
from elyra_neurodesk.cluster.pod_changes import MAIN
from elyra_neurodesk.cluster.setup import SetUp
from elyra_neurodesk.kfp_api.errors import ApiError
from elyra_neurodesk.kfp_api.health import Health
from elyra_neurodesk.settings import RuntimeConfiguration
from elyra_neurodesk.storage.errors import ErrorClass

Status = Literal["ok", "warning", "fatal", "unknown"]
Level = Literal["ok", "warning", "fatal"]

TASK_ACCOUNT_VARIABLE = "DEFAULTPIPELINERUNNERSERVICEACCOUNT"
"""Environment variable of KFP's API server that names the service account of tasks."""


@dataclass(frozen=True)
class Right:
    """What an account may do in a namespace: ``verb`` on ``resource`` (``pods/log``) of an API group."""

    verb: str
    resource: str
    group: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}{f'.{self.group}' if self.group else ''}"


@dataclass(frozen=True)
class Refusal:
    """Why the API server does not create a task's pod, in its own words."""

    reason: str


@dataclass(frozen=True)
class WaitingPod:
    """A pod of a task that waits.

    Attributes:
        name: of the pod.
        code: ``ND-KUBE-…``, see `cluster.pods.PROBLEMS`.
        message: why it waits.
        hint: the way out.
    """

    name: str
    code: str
    message: str
    hint: str


@dataclass(frozen=True)
class StoreAnswer:
    """What came of a request to the object store from this machine.

    Attributes:
        endpoint: its address as used here.
        error_class: what went wrong, None for nothing.
        reason: the same in a few words.
    """

    endpoint: str
    error_class: ErrorClass | None = None
    reason: str = ""


@dataclass(frozen=True)
class Service:
    """A Service that is the object store for tasks.

    Attributes:
        name: of the Service.
        namespace: where it is looked for.
        ports: its ports; None where there is no such Service.
        ready: whether a pod is behind it; None where that cannot be read.
    """

    name: str
    namespace: str
    ports: tuple[int, ...] | None
    ready: bool | None = None

    def __str__(self) -> str:
        return f"Service {self.namespace}/{self.name}"


@dataclass(frozen=True)
class ProbeReport:
    """What came of a probe pod.

    Attributes:
        pod: its name.
        image: of its task container.
        answer: what its script found (`doctor.probe.script`), None where it never ran to its end.
        code: ``ND-KUBE-…`` or another code of what kept it from that, "" otherwise.
        message: what kept it from that, in one line.
        hint: the way out.
    """

    pod: str
    image: str
    answer: Mapping[str, Any] | None
    code: str = ""
    message: str = ""
    hint: str = ""


@dataclass(frozen=True)
class ClusterEvidence:
    """All that checks look at. None stands for what was not asked.

    Attributes:
        facts: what the cluster has.
        set_up: what it should have.
        configuration: runtime configuration whose endpoints and secret are checked.
        rights: what this account may do in the namespace.
        task_rights: the same for the service account of tasks.
        namespaces: labels of all namespaces.
        deployments: in KFP's namespace.
        waiting: pods of tasks that wait for what does not come by itself.
        example: a task's pod as the API server would store it.
        clock: seconds by which the API server's clock is ahead of this machine's.
        kfp: what answers at the configuration's API endpoint.
        store: what answers at its object store's.
        store_service: the Service that its object store's host names, None where it names none.
        probe: what a probe pod found.
    """

    facts: ClusterFacts
    set_up: SetUp
    configuration: RuntimeConfiguration | None = None
    rights: Mapping[Right, bool] | Unknown | None = None
    task_rights: Mapping[Right, bool] | Unknown | None = None
    namespaces: Mapping[str, Mapping[str, str]] | Unknown | None = None
    deployments: tuple[Workload, ...] | Unknown | None = None
    waiting: tuple[WaitingPod, ...] | Unknown | None = None
    example: Object | Refusal | Unknown | None = None
    clock: float | Unknown | None = None
    kfp: Health | ApiError | Unknown | None = None
    store: StoreAnswer | Unknown | None = None
    store_service: Service | Unknown | None = None
    probe: ProbeReport | None = None

    @property
    def namespace(self) -> str:
        """Where pipelines run."""
        return self.facts.namespace

    @property
    def task_account(self) -> str:
        """Name of the service account of tasks."""
        return (self.facts.kfp.env.get(TASK_ACCOUNT_VARIABLE) if self.facts.kfp else "") or TASK_ACCOUNT

    @property
    def probe_answer(self) -> Mapping[str, Any] | None:
        """What the probe pod's script found."""
        return self.probe.answer if self.probe else None

    @property
    def sidecar_setting(self) -> str:
        """How the runtime configuration wants the sidecar; ``auto`` without one."""
        return self.configuration.sidecar if self.configuration else "auto"


def main_container(pod: Object) -> Object:
    """Return the container of a task's pod in which the user's code runs."""
    found: Object = next(one for one in pod["spec"]["containers"] if one["name"] == MAIN)
    return found


@dataclass(frozen=True)
class Fault:
    """What is not as it should be.

    Attributes:
        object: which object, such as ``PersistentVolumeClaim kubeflow/cvmfs-neurodesk``.
        found: what was found of it.
        remedy: the command that mends it, or what to do.
        level: where it differs from the check's; ``ok`` for a hint.
    """

    object: str
    found: str
    remedy: str = ""
    level: Level | None = None


@dataclass(frozen=True)
class Check:
    """One question.

    Attributes:
        name: stable, for ``--json`` and the documentation.
        category: heading under which it is shown.
        level: how bad a finding is.
        holds: the sentence that is true when there is none.
        look: returns the findings.
        needs: what of the evidence it looks at, such as ``facts.claims`` or ``probe_answer.cvmfs``: where one
            is unknown, so is the answer; where one was not asked, the check is left out.
        after: checks of which it says nothing new, or nothing at all, when they find something: it is left
            out then.
        applies: whether there is anything to look at; otherwise the check is left out.
    """

    name: str
    category: str
    level: Level
    holds: str
    look: Callable[[ClusterEvidence], Iterable[Fault]]
    needs: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    applies: Callable[[ClusterEvidence], object] = lambda _: True


@dataclass(frozen=True)
class CheckResult:
    """What a check says.

    Attributes:
        check: its name.
        category: its category.
        status: ``unknown`` where this account may not read what is needed, or no answer came.
        object: which object, "" for none.
        found: what was found, in one line.
        remedy: the command that mends it, or what to do; "" for nothing.
    """

    check: str
    category: str
    status: Status
    object: str
    found: str
    remedy: str = ""


def run_check(check: Check, evidence: ClusterEvidence) -> list[CheckResult]:
    """Return what a check says of the evidence; nothing where what it looks at was not asked."""
    for name in check.needs:
        value = _needed(evidence, name)
        if value is None:
            return []
        if isinstance(value, Unknown):
            return [CheckResult(check.name, check.category, "unknown", "", value.reason)]
    if not check.applies(evidence):
        return []
    findings = [
        CheckResult(check.name, check.category, one.level or check.level, one.object, one.found, one.remedy)
        for one in check.look(evidence)
    ]
    return findings or [CheckResult(check.name, check.category, "ok", "", check.holds)]


_ABSENT = object()


def _needed(evidence: ClusterEvidence, name: str) -> object:
    """Return what a check needs; None where it was not asked, which the absence of an object is not."""
    first, _, rest = name.partition(".")
    value = getattr(evidence, first)
    if isinstance(value, Mapping) and rest:
        return value.get(rest)
    if value is None or not rest:
        return value
    value = getattr(value, rest)
    return _ABSENT if value is None else value
