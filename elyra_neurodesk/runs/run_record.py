"""Makes a run's record: the records of its tasks joined into one.

`record.model` defines its fields, docs/record.md explains them. The same run gives the same record wherever
it is made: it does not contain when or by whom that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from elyra_neurodesk import __version__
from elyra_neurodesk.record.jsonld import ACTIVITY, CONTEXT
from elyra_neurodesk.record.model import (
    RUN_SCHEMA_VERSION,
    Edge,
    LoadedTool,
    RecordedTask,
    RepositoryState,
    RunRecord,
    Software,
    TaskFinding,
    TaskRecord,
)
from elyra_neurodesk.record.task_record import TaskRecordFile
from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary, rounded

RUN_RECORD = "run-record.json"
"""Name of the object in the run's directory."""


def build(
    summary: RunSummary,
    tasks: Sequence[SpecTask],
    files: Mapping[str, TaskRecordFile],
    requested: Mapping[str, Any],
) -> RunRecord:
    """Return the record of a run.

    Args:
        summary: what the backend reports of the run and of each task.
        tasks: the pipeline's tasks; empty where it is no longer known.
        files: the tasks' records by the names of their directories.
        requested: the run's parameters as the backend has them.
    """
    specs = {task.name: task for task in tasks}
    entries = [_task(task, specs.get(task.name), files.get(task.task)) for task in summary.tasks]
    records = [entry.record for entry in entries if entry.record is not None]
    started = [task.started for task in summary.tasks if task.started is not None]
    pipelines = [task.spec.pipeline for task in tasks if task.spec is not None]
    parameters = dict(requested)
    for record in records:
        parameters |= record.parameters
    return RunRecord(
        context=CONTEXT,
        type=ACTIVITY,
        schema_version=RUN_SCHEMA_VERSION,
        software=Software("elyra-neurodesk", __version__),
        run_id=summary.run_id,
        name=summary.name,
        pipeline=pipelines[0] if pipelines else "",
        state=summary.state,
        created=rfc3339(summary.created),
        started=rfc3339(min(started, default=None)),
        finished=rfc3339(summary.finished),
        seconds=rounded(summary.seconds),
        message=summary.message,
        parameters=dict(sorted(parameters.items())),
        tasks=tuple(_without_packages(entry) for entry in entries),
        tools=tools(records),
        repositories=repositories(records),
        edges=tuple(
            Edge(item.origin, record.task, item.path, item.key, item.size, item.sha256)
            for record in records
            for item in record.inputs
        ),
        packages={
            record.packages_sha256: record.packages for record in records if record.packages is not None
        },
        findings=findings(records),
    )


def tools(records: Iterable[TaskRecord]) -> tuple[LoadedTool, ...]:
    """Return every module with the container that it was, once, and the tasks that loaded it."""
    found: dict[tuple[str, str], LoadedTool] = {}
    for record in records:
        for module in record.modules:
            # one that was not available is identified by what was asked for
            key = (module.module or f"?{module.requested}", module.container)
            tool = found.get(key, LoadedTool(module.module, module.container, (), ()))
            requested = (module.requested,) if module.requested else ()
            found[key] = replace(
                tool,
                requested=_joined(tool.requested, requested),
                tasks=_joined(tool.tasks, (record.task,)),
            )
    return tuple(found.values())


def repositories(records: Iterable[TaskRecord]) -> tuple[RepositoryState, ...]:
    """Return every state of the Neurodesk repository that was seen, once, and the tasks that saw it."""
    found: dict[tuple[str | None, ...], RepositoryState] = {}
    for record in records:
        seen = record.cvmfs
        if seen is None:
            continue
        key = (seen.revision, seen.root_hash, seen.published)
        state = found.get(key, RepositoryState(*key, ()))
        found[key] = replace(state, tasks=_joined(state.tasks, (record.task,)))
    return tuple(found.values())


def findings(records: Iterable[TaskRecord]) -> tuple[TaskFinding, ...]:
    """Return what the guard saw in all tasks."""
    return tuple(
        TaskFinding(record.task, **vars(finding)) for record in records for finding in record.findings
    )


def rfc3339(moment: datetime | None) -> str | None:
    """Return a time as records have it: UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _task(task: TaskSummary, spec: SpecTask | None, file: TaskRecordFile | None) -> RecordedTask:
    return RecordedTask(
        name=task.name,
        node=task.display_name,
        kind="generic" if task.task else "component",
        state=task.state,
        started=rfc3339(task.started),
        seconds=rounded(task.seconds),
        message=task.message,
        image="" if spec is None else spec.image,
        reference=None if file is None else file.reference,
        record=None if file is None else file.record(),
    )


def _without_packages(entry: RecordedTask) -> RecordedTask:
    if entry.record is None:
        return entry
    return replace(entry, record=replace(entry.record, context=None, packages=None))


def _joined(items: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*items, *more)))
