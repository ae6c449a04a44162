"""A run as plain data: what commands show, in tables and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from elyra_neurodesk.errors import one_line
from elyra_neurodesk.record.model import TaskRecord
from elyra_neurodesk.record.undeclared import undeclared_sentences
from elyra_neurodesk.runs.locations import SpecTask

SUCCEEDED = "SUCCEEDED"
PENDING = "PENDING"
ENDED = frozenset({SUCCEEDED, "FAILED", "SKIPPED", "CANCELED", "ERROR"})
"""States (V2beta1RuntimeState, and ERROR of older backends) that do not change any more."""

UNKNOWN = "RUNTIME_STATE_UNSPECIFIED"

RECORD, LIFE_SIGN, POD, KFP, RUN = "record", "life sign", "pod", "kfp", "run"
"""Sources of what is known of a task: its record, its sign of life, its pod, KFP's API, what follows from the
run's own state."""


_ATTEMPT = re.compile(r"\([0-9]+(:[^()]*)?\)$")
_DRIVER_FAILED = (
    "Kubeflow's driver, which prepares the task, has failed: the task was never started. Its log says why: "
    "`kubectl -n NAMESPACE get pods -l pipeline/runid=RUN` lists the pods; with --kube-context it is read."
)


@dataclass(frozen=True)
class TaskSummary:
    """One task of a run.

    Attributes:
        name: the task's name in the pipeline spec.
        display_name: the node's label for generic tasks.
        state: a V2beta1RuntimeState; PENDING for tasks that the backend does not report yet.
        started: when it started, None when it has not.
        seconds: how long it took, or has been running; None when it has not started.
        message: one line about what went wrong, "" when nothing did.
        exit_status: the bootstrapper's exit status, None where no task record is.
        task: the name of its directory in the object store, "" for catalog components.
        node_id: the backend's id of the task's pod, for its log; "" when unknown.
        undeclared: what became of files that the node does not declare, in sentences.
        pod: name of its pod, "" when unknown.
        node: the Kubernetes node that the pod is on, "" when unknown.
        progress: how far it is, or what it waits for: "3 of 10 cells"; "" when unknown.
        sources: which of `RECORD`, `LIFE_SIGN`, `POD`, `KFP` and `RUN` each fact is from.
    """

    name: str
    display_name: str
    state: str
    started: datetime | None = None
    seconds: float | None = None
    message: str = ""
    exit_status: int | None = None
    task: str = ""
    node_id: str = ""
    undeclared: tuple[str, ...] = ()
    pod: str = ""
    node: str = ""
    progress: str = ""
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED

    def with_facts(self, source: str, **facts: Any) -> TaskSummary:
        """Return it with facts from a source; those that are None or "" are left as they are."""
        known = {name: value for name, value in facts.items() if value not in (None, "")}
        return replace(self, **known, sources={**self.sources, **dict.fromkeys(known, source)})

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints for it."""
        return {
            "name": self.name,
            "display_name": self.display_name,
            "state": self.state,
            "started": _iso(self.started),
            "seconds": rounded(self.seconds),
            "exit_status": self.exit_status,
            "message": self.message,
            "undeclared": list(self.undeclared),
            "pod": self.pod,
            "node": self.node,
            "progress": self.progress,
            "sources": dict(sorted(self.sources.items())),
        }


@dataclass(frozen=True)
class RunSummary:
    """One run.

    Attributes:
        run_id: the backend's id.
        name: its display name.
        state: a V2beta1RuntimeState.
        created: when it was submitted.
        finished: when it ended, None when it has not.
        seconds: from submission to its end, or to now.
        message: one line about what went wrong, "" when nothing did.
        tasks: its tasks in the pipeline's order; empty in lists.
        url: the address of its page.
        notes: what could not be asked, in sentences.
    """

    run_id: str
    name: str
    state: str
    created: datetime | None = None
    finished: datetime | None = None
    seconds: float | None = None
    message: str = ""
    tasks: tuple[TaskSummary, ...] = ()
    url: str = ""
    notes: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED

    @property
    def succeeded(self) -> bool:
        """Whether it finished successfully."""
        return self.state == SUCCEEDED

    def to_json(self, tasks: bool = True) -> dict[str, Any]:
        """Return what ``--json`` prints for it, with its tasks or without."""
        content: dict[str, Any] = {
            "run_id": self.run_id,
            "name": self.name,
            "state": self.state,
            "created": _iso(self.created),
            "finished": _iso(self.finished),
            "seconds": rounded(self.seconds),
            "message": self.message,
            "url": self.url,
        }
        if self.notes:
            content["notes"] = list(self.notes)
        if tasks:
            content["tasks"] = [task.to_json() for task in self.tasks]
        return content


def summarize(
    run: Any, known: Iterable[SpecTask] = (), url: str = "", now: datetime | None = None
) -> RunSummary:
    """Return a run as plain data: what KFP's API says of it.

    On a cluster ``run_details.task_details`` are Argo's nodes: the workflow itself, ``root``, for each task a
    driver (``x-driver``), the task (``x``) and its pod (``executor``), and for each of these its attempts
    (``x(0)``), all only once they have begun. With the pipeline's own tasks at hand those are picked, each
    with its newest attempt, and the missing ones added.

    A run that was cancelled is FAILED for KFP; its state history has CANCELING. Here it is CANCELED.

    KFP's word on a task can be stale: it does not see what Argo compresses, from some 17 tasks on. What the
    run's own end implies then comes from `RUN`.

    Args:
        run: a ``kfp_server_api.V2beta1Run``.
        known: the pipeline's tasks, from `spec_tasks`; without them everything that is not KFP's own counts.
        url: address of the run's page.
        now: the end of what is still running; the clock's when left out.
    """
    moment = now or datetime.now(UTC)
    cancelled = _cancelled_at(run)
    state = "CANCELED" if cancelled else run.state or UNKNOWN
    created, finished = _time(run.created_at), _time(run.finished_at)
    details = list((run.run_details.task_details if run.run_details else None) or [])
    tasks = tuple(_tasks(details, list(known), state, moment))
    if cancelled:
        tasks = tuple(_cancelled(task, cancelled) for task in tasks)
    return RunSummary(
        run_id=run.run_id,
        name=run.display_name or "",
        state=state,
        created=created,
        finished=finished,
        seconds=_seconds(created, finished, state, moment),
        message=_message(run.error),
        tasks=tasks,
        url=url,
    )


def with_record(task: TaskSummary, record: TaskRecord | None) -> TaskSummary:
    """Return ``task`` with the measured seconds, exit status, error and undeclared files of its record."""
    if record is None:
        return task
    error = record.error
    return task.with_facts(
        RECORD,
        seconds=record.seconds,
        exit_status=record.exit_status,
        message=one_line(f"{error.code}: {error.message} {error.hint}") if error else "",
        undeclared=undeclared_sentences(record) or None,
    )


def not_begun(task: SpecTask, run_state: str) -> TaskSummary:
    """Return the summary of a task that its run's backend does not know: pending until the run ends."""
    state = "SKIPPED" if run_state in ENDED else PENDING
    return TaskSummary(task.name, task.label, state, task=task.directory, sources={"state": RUN})


def is_kfps_own(name: str) -> bool:
    """Return whether a task detail of this name is one of KFP's helpers, not of the pipeline."""
    base = _ATTEMPT.sub("", name)
    return base != name or base in ("root", "executor") or base.endswith("-driver")


def _tasks(details: list[Any], known: list[SpecTask], run_state: str, now: datetime) -> Iterable[TaskSummary]:
    pipelines_own = {task.name for task in known}
    by_id = {
        detail.pod_name or detail.task_id: detail
        for detail in details
        if detail.display_name not in pipelines_own
    }
    if not known:
        for detail in details:
            if (
                detail.display_name
                and not is_kfps_own(detail.display_name)
                and not _is_workflow(detail, details)
            ):
                yield _task(detail, detail.display_name, detail.display_name, "", now, by_id, run_state)
        return
    stale = run_state in ENDED and any(detail.state in ("RUNNING", PENDING) for detail in details)
    for task in known:
        names = {task.name, task.display_name}
        found = [detail for detail in details if detail.display_name == task.name]
        found = found or [detail for detail in details if detail.display_name in names]
        if not task.repeated:  # one of several is an attempt that came to nothing
            found = [max(found, key=_begin)] if found else []
        drivers = [detail for detail in details if detail.display_name == f"{task.name}-driver"]
        driver = max(drivers, key=_begin, default=None)
        for detail in found:
            one = _task(detail, task.name, task.label, task.directory, now, by_id, run_state)
            yield one if one.state != UNKNOWN else _not_started(task, driver, run_state, stale, now)
        if not found:
            yield _not_started(task, driver, run_state, stale, now)


def _not_started(task: SpecTask, driver: Any, run_state: str, stale: bool, now: datetime) -> TaskSummary:
    """Return the summary of a task of which KFP knows nothing but its driver."""
    if driver is not None and driver.state == "FAILED":
        started = _time(driver.start_time)
        return TaskSummary(
            task.name,
            task.label,
            "FAILED",
            started,
            _seconds(started, _time(driver.end_time), "FAILED", now),
            _DRIVER_FAILED,
            task=task.directory,
            sources=dict.fromkeys(("state", "started", "seconds", "message"), KFP),
        )
    if stale and run_state == SUCCEEDED:
        return TaskSummary(task.name, task.label, SUCCEEDED, task=task.directory, sources={"state": RUN})
    return not_begun(task, run_state)


def _begin(detail: Any) -> datetime:
    return _time(detail.start_time) or datetime.min.replace(tzinfo=UTC)


def _cancelled_at(run: Any) -> datetime | None:
    """Return when a run was cancelled that has ended for that reason, else None."""
    history = [(entry.state, _time(entry.update_time)) for entry in run.state_history or ()]
    while history and history[-1][0] in ("FAILED", "CANCELED"):
        history.pop()
    if run.state not in ("FAILED", "CANCELED") or not history or history[-1][0] != "CANCELING":
        return None
    return history[-1][1]


def _cancelled(task: TaskSummary, moment: datetime) -> TaskSummary:
    """Return a task of a cancelled run: what failed after that, without a message, was cancelled."""
    end = task.started and task.seconds is not None and task.started + timedelta(seconds=task.seconds)
    if task.state == "FAILED" and not task.message and (not end or end >= moment):
        return task.with_facts(RUN, state="CANCELED")
    return task


def _is_workflow(detail: Any, details: list[Any]) -> bool:
    """Return whether a detail is Argo's node for the whole workflow: the one above ``root-driver``.

    Where attempts are nodes of their own, it is the one whose attempt is ``NAME(0)`` and which began first.
    """
    retried = {_ATTEMPT.sub("", str(other.display_name)) for other in details if other.display_name}
    attempts = {str(other.display_name) for other in details}
    name = str(detail.display_name)
    if name in retried and f"{name}(0)" in attempts and re.search(r"-[a-z0-9]{5}$", name):
        return all(_begin(detail) <= _begin(other) for other in details)
    drivers = {other.pod_name for other in details if other.display_name == "root-driver"}
    children = {child.pod_name for child in detail.child_tasks or ()}
    return bool(drivers & children)


def _task(
    detail: Any,
    name: str,
    label: str,
    directory: str,
    now: datetime,
    by_id: Mapping[str, Any],
    run_state: str,
) -> TaskSummary:
    state = detail.state or UNKNOWN
    started = _time(detail.start_time)
    end = _time(detail.end_time)
    source = KFP
    message = _message(detail.error) if state != SUCCEEDED else ""
    if state not in ENDED and run_state in ENDED and state != UNKNOWN:
        source = RUN
        started, message = None, ""
        if run_state == "FAILED":
            message = f"Kubeflow's last word on this task was {state}; its run has ended."
        state = {SUCCEEDED: SUCCEEDED, "CANCELED": "CANCELED"}.get(run_state, UNKNOWN)
    found = TaskSummary(
        name=name, display_name=label, state=UNKNOWN, task=directory, node_id=_node_id(detail, by_id)
    )
    return found.with_facts(
        source,
        state=state,
        started=started,
        seconds=_seconds(started, end, state, now),
        message=message,
    )


def _node_id(detail: Any, by_id: Mapping[str, Any]) -> str:
    """Return the id of the pod below a task (its ``executor``), or the task's own."""
    children = [child.pod_name or child.task_id or "" for child in detail.child_tasks or ()]
    for child in children:
        inner = by_id.get(child)
        if inner is not None and str(inner.display_name).startswith("executor"):
            return child
    return str(detail.pod_name or detail.task_id or "")


def _time(moment: datetime | None) -> datetime | None:
    """Return ``moment`` in UTC; None for the epoch, which KFP writes for no time."""
    if moment is None or moment.year <= 1970:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _seconds(start: datetime | None, end: datetime | None, state: str, now: datetime) -> float | None:
    if start is None or (end is None and state in ENDED):
        return None
    return max(0.0, ((end or now) - start).total_seconds())


def _message(error: Any) -> str:
    return one_line(error.message or "") if error is not None else ""


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="milliseconds") if moment else None


def rounded(seconds: float | None) -> float | None:
    """Return seconds to the millisecond."""
    return None if seconds is None else round(seconds, 3)
