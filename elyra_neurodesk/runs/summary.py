"""A run as plain data: what commands show, in tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
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

    @property
    def ended(self) -> bool:
        """Whether the state is final."""
        return self.state in ENDED

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
        if tasks:
            content["tasks"] = [task.to_json() for task in self.tasks]
        return content


def summarize(
    run: Any, known: Iterable[SpecTask] = (), url: str = "", now: datetime | None = None
) -> RunSummary:
    """Return a run as plain data.

    On a cluster ``run_details.task_details`` are Argo's nodes: the workflow itself, ``root``, a driver for
    each task, the pods (``executor``) and the tasks, each only once it has begun. With the pipeline's own
    tasks at hand those are picked and the missing ones added as pending.

    Args:
        run: a ``kfp_server_api.V2beta1Run``.
        known: the pipeline's tasks, from `spec_tasks`; without them everything that is not KFP's own counts.
        url: address of the run's page.
        now: the end of what is still running; the clock's when left out.
    """
    moment = now or datetime.now(UTC)
    state = run.state or UNKNOWN
    created, finished = _time(run.created_at), _time(run.finished_at)
    details = list((run.run_details.task_details if run.run_details else None) or [])
    return RunSummary(
        run_id=run.run_id,
        name=run.display_name or "",
        state=state,
        created=created,
        finished=finished,
        seconds=_seconds(created, finished, state, moment),
        message=_message(run.error),
        tasks=tuple(_tasks(details, list(known), state, moment)),
        url=url,
    )


def with_record(task: TaskSummary, record: TaskRecord | None) -> TaskSummary:
    """Return ``task`` with the measured seconds, exit status, error and undeclared files of its record."""
    if record is None:
        return task
    error = record.error
    message = one_line(f"{error.code}: {error.message} {error.hint}") if error else task.message
    return replace(
        task,
        seconds=record.seconds,
        exit_status=record.exit_status,
        message=message,
        undeclared=undeclared_sentences(record),
    )


def not_begun(task: SpecTask, run_state: str) -> TaskSummary:
    """Return the summary of a task that its run's backend does not know: pending until the run ends."""
    state = "SKIPPED" if run_state in ENDED else PENDING
    return TaskSummary(task.name, task.label, state, task=task.directory)


def is_kfps_own(name: str) -> bool:
    """Return whether a task detail of this name is one of KFP's helpers, not of the pipeline."""
    return name in ("root", "executor") or name.endswith("-driver") or name.startswith("executor(")


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
                yield _task(detail, detail.display_name, detail.display_name, "", now, by_id)
        return
    for task in known:
        names = {task.name, task.display_name}
        found = [detail for detail in details if detail.display_name == task.name]
        found = found or [detail for detail in details if detail.display_name in names]
        for detail in found:
            yield _task(detail, task.name, task.label, task.directory, now, by_id)
        if not found:
            yield not_begun(task, run_state)


def _is_workflow(detail: Any, details: list[Any]) -> bool:
    """Return whether a detail is Argo's node for the whole workflow: the one above ``root-driver``."""
    drivers = {other.pod_name for other in details if other.display_name == "root-driver"}
    children = {child.pod_name for child in detail.child_tasks or ()}
    return bool(drivers & children)


def _task(
    detail: Any, name: str, label: str, directory: str, now: datetime, by_id: Mapping[str, Any]
) -> TaskSummary:
    state = detail.state or UNKNOWN
    started = _time(detail.start_time)
    return TaskSummary(
        name=name,
        display_name=label,
        state=state,
        started=started,
        seconds=_seconds(started, _time(detail.end_time), state, now),
        message=_message(detail.error) if state != SUCCEEDED else "",
        task=directory,
        node_id=_node_id(detail, by_id),
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
