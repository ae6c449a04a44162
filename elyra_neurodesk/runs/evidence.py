"""What tasks, and the pods they run in, say of a run, joined with what KFP's API says.

A task's record beats its sign of life, which beats its pod, which beats KFP's word where that is not final.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from elyra_neurodesk.cluster.pods import PodReport
from elyra_neurodesk.errors import one_line
from elyra_neurodesk.formatting import format_duration, format_time
from elyra_neurodesk.record.life_sign import SILENCE, FileSoFar, LifeSign, moment
from elyra_neurodesk.record.model import TaskRecord
from elyra_neurodesk.runs.summary import (
    KFP,
    LIFE_SIGN,
    PENDING,
    POD,
    RECORD,
    RUN,
    SUCCEEDED,
    RunSummary,
    TaskSummary,
    with_record,
)

_STOPPED = 143
"""Exit status of a task that was stopped (SIGTERM)."""


@dataclass(frozen=True)
class Evidence:
    """What was found of a run's tasks.

    Attributes:
        records: their records, by the names of their directories.
        signs: their signs of life, likewise.
        pods: what their newest pods say, by the tasks' names in the pipeline spec; None where the cluster was
            not asked.
        stored: whether the object store was asked and answered.
        namespace: where the pods are, for what to ask an administrator.
        mute: directories of tasks whose bootstrapper is too old to write signs of life.
    """

    records: Mapping[str, TaskRecord] = field(default_factory=dict)
    signs: Mapping[str, LifeSign] = field(default_factory=dict)
    pods: Mapping[str, PodReport] | None = None
    stored: bool = False
    namespace: str = ""
    mute: frozenset[str] = frozenset()

    def log_as_of(self, task: TaskSummary) -> datetime | None:
        """Return when a task stored its log so far; None where the log is final, or nothing is known."""
        sign = self.signs.get(task.task)
        log = sign.log if sign is not None else None
        so_far = files_so_far(sign, self.records.get(task.task))
        return moment(log.stored) if log is not None and log in so_far else None


def files_so_far(sign: LifeSign | None, record: TaskRecord | None) -> tuple[FileSoFar, ...]:
    """Return the log and the notebook that a task stored before its end, which it has not recorded.

    Args:
        sign: the task's sign of life.
        record: the task's record, which may be of an earlier attempt.
    """
    if sign is None or (record is not None and not sign.is_later_than(record)):
        return ()
    return tuple(file for file in (sign.log, sign.notebook) if file is not None)


def join(run: RunSummary, evidence: Evidence, now: datetime | None = None) -> RunSummary:
    """Return a run with what its tasks and pods say.

    Args:
        run: as KFP's API has it.
        evidence: what else is known.
        now: the clock's when left out.
    """
    when = now or datetime.now(UTC)
    tasks = tuple(_joined(task, run, evidence, when) for task in run.tasks)
    message = run.message
    whole = (evidence.pods or {}).get("")
    if not message and whole is not None and whole.reason is not None and not run.succeeded:
        message = str(whole.reason)
    return replace(run, tasks=tasks, message=message)


def _joined(task: TaskSummary, run: RunSummary, evidence: Evidence, now: datetime) -> TaskSummary:
    sign = evidence.signs.get(task.task)
    record = evidence.records.get(task.task)
    if record is not None and _is_of_an_earlier_attempt(record, sign, task, run):
        record = None
    pod = (evidence.pods or {}).get(task.name)
    said = task  # what KFP says
    if pod is not None:
        task = _with_pod(task, pod, run, now)
    if sign is not None and record is None:
        task = _with_sign(task, sign, said, pod, run, now)
    if record is not None:
        task = _with_record_state(with_record(task, record), record, said)
        if sign is not None:
            task = task.with_facts(LIFE_SIGN, pod=sign.pod, node=sign.node)
    if record is None and sign is None:
        task = _without_sign(task, said, pod, run, evidence, now)
    return task


def _is_of_an_earlier_attempt(
    record: TaskRecord, sign: LifeSign | None, task: TaskSummary, run: RunSummary
) -> bool:
    """Return whether a task runs again: `runs retry` keeps the run's id, and so the place of records."""
    if sign is not None and sign.is_later_than(record):
        return True
    again = not run.ended and not task.ended and task.started is not None
    return again and task.started is not None and moment(record.finished) < task.started


def _is_final(said: TaskSummary) -> bool:
    """Return whether KFP itself has seen the task's end: its word is then not stale."""
    return said.ended and said.sources.get("state") == KFP


def _with_record_state(task: TaskSummary, record: TaskRecord, said: TaskSummary) -> TaskSummary:
    task = task.with_facts(RECORD, started=moment(record.started))
    if _is_final(said):
        return task.with_facts(KFP, state=said.state)
    if record.exit_status == 0:
        return replace(task.with_facts(RECORD, state=SUCCEEDED), message="")
    if said.state == "CANCELED" and record.exit_status == _STOPPED:
        return task.with_facts(RUN, state="CANCELED")
    return task.with_facts(RECORD, state="FAILED")


def _with_sign(
    task: TaskSummary,
    sign: LifeSign,
    said: TaskSummary,
    pod: PodReport | None,
    run: RunSummary,
    now: datetime,
) -> TaskSummary:
    started = moment(sign.started)
    task = task.with_facts(LIFE_SIGN, pod=sign.pod, node=sign.node, started=started)
    if sign.cells_done is not None and sign.cells is not None:
        task = task.with_facts(LIFE_SIGN, progress=f"{sign.cells_done} of {sign.cells} cells")
    if sign.ended:
        state = SUCCEEDED if sign.exit_status == 0 else "FAILED"
        error = sign.error
        text = one_line(f"{error.code}: {error.message} {error.hint}") if error else ""
        task = task.with_facts(
            LIFE_SIGN,
            exit_status=sign.exit_status,
            message=text,
            seconds=(moment(sign.updated) - started).total_seconds(),
        )
        return task if _is_final(said) else task.with_facts(LIFE_SIGN, state=state)
    silence = sign.silent_for(now)
    last = format_time(moment(sign.updated), UTC)
    if _is_final(said):
        if said.state == "FAILED" and not task.message:
            text = f"it was killed before it could store its record; its last sign of life is of {last}."
            task = task.with_facts(LIFE_SIGN, message=text)
        return task
    if run.ended:
        state = "CANCELED" if run.state == "CANCELED" else "FAILED"
        text = "" if state == "CANCELED" else f"its last sign of life is of {last}: it was killed."
        return task.with_facts(
            RUN,
            state=state,
            message=task.message or text,
            seconds=(moment(sign.updated) - started).total_seconds(),
        )
    if pod is not None and pod.state in (SUCCEEDED, "FAILED"):
        return task
    task = task.with_facts(LIFE_SIGN, state="RUNNING", seconds=max(0.0, (now - started).total_seconds()))
    if silence > SILENCE and not task.message:
        text = (
            f"no sign of life since {last} ({format_duration(silence)}): its Kubernetes node or its way to "
            "the object store may be gone; it is started again, or fails, when Kubernetes notices."
        )
        return task.with_facts(LIFE_SIGN, message=text)
    return task


def _with_pod(task: TaskSummary, pod: PodReport, run: RunSummary, now: datetime) -> TaskSummary:
    final = task.ended and task.sources.get("state") == KFP
    text = str(pod.reason) if pod.reason else ""
    if not pod.driver:
        task = task.with_facts(POD, pod=pod.name, node=pod.node)
    if task.state == SUCCEEDED:
        return task
    unexplained = task.state == "FAILED" and (pod.driver or not task.message)
    if text and (unexplained or not task.ended):
        task = task.with_facts(POD, message=text)
    if final or (run.ended and pod.state not in (SUCCEEDED, "FAILED")):
        return task
    if pod.driver:
        # before its own pod a task waits
        return task.with_facts(POD, state="FAILED" if pod.state == "FAILED" else PENDING)
    if task.state == "CANCELED":
        return task
    task = task.with_facts(POD, state=pod.state, progress=pod.waiting)
    if pod.started is not None:
        end = pod.finished or now
        return task.with_facts(
            POD, started=pod.started, seconds=max(0.0, (end - pod.started).total_seconds())
        )
    return task


def _without_sign(
    task: TaskSummary,
    said: TaskSummary,
    pod: PodReport | None,
    run: RunSummary,
    evidence: Evidence,
    now: datetime,
) -> TaskSummary:
    """Return a task that left neither record nor sign of life, with what that means."""
    if not task.task or not evidence.stored or task.message:
        return task
    if task.state == "FAILED":
        text = (
            "the task left no message and no record: it ended before it began to work, or could not reach "
            f"the object store. {_ask(task, run, evidence)}"
        )
        return task.with_facts(RUN, message=text)
    may_be_silent = task.task in evidence.mute
    if task.state == "RUNNING" and pod is None and said.started is not None and not may_be_silent:
        silence = now - said.started
        if silence > timedelta(seconds=SILENCE):
            text = (
                f"no sign of life for {format_duration(silence.total_seconds())}: its pod has not started "
                f"(image, volumes, room), or does not reach the object store. {_ask(task, run, evidence)}"
            )
            return task.with_facts(LIFE_SIGN, message=text)
    return task


def _ask(task: TaskSummary, run: RunSummary, evidence: Evidence) -> str:
    if evidence.pods is not None:
        command = f"elyra-neurodesk runs logs {run.run_id} {task.name}"
        return f"`{command}` reads the log of its pod, while the pod is there."
    return (
        "Set kube_context in the runtime configuration, or add --kube-context, to read the reason here; or "
        f"ask the cluster's administrator for `kubectl -n {evidence.namespace} describe pods "
        f"-l pipeline/runid={run.run_id}`."
    )
