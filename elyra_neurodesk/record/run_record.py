"""The run record: the records of a run's tasks joined into one.

Its schema is ``schemas/run-record.schema.json``, its meaning for people docs/record.md. The same run gives
the same record wherever it is made: nothing in it tells when or by whom that was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from elyra_neurodesk import __version__
from elyra_neurodesk.bootstrapper.terms import ACTIVITY, CONTEXT
from elyra_neurodesk.record.task_record import TaskRecordFile
from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary

SCHEMA_VERSION = "1"
RUN_RECORD = "run-record.json"
CONTENT_TYPE = "application/json"

Json = dict[str, Any]


def build(
    summary: RunSummary,
    tasks: Sequence[SpecTask],
    files: Mapping[str, TaskRecordFile],
    given: Mapping[str, Any],
) -> Json:
    """Return the record of a run.

    Args:
        summary: what the backend says of the run and of each task.
        tasks: the pipeline's tasks; empty where it is no longer known.
        files: the tasks' records by the names of their directories.
        given: the run's parameters as the backend has them.
    """
    specs = {task.name: task for task in tasks}
    entries = [_task(task, specs.get(task.name), files.get(task.task)) for task in summary.tasks]
    records = [entry["record"] for entry in entries if entry["record"] is not None]
    started = [task.started for task in summary.tasks if task.started is not None]
    pipelines = [task.spec.pipeline for task in tasks if task.spec is not None]
    parameters = dict(given)
    for record in records:
        parameters |= record["parameters"]
    return {
        "@context": CONTEXT,
        "@type": ACTIVITY,
        "schema_version": SCHEMA_VERSION,
        "software": {"name": "elyra-neurodesk", "version": __version__},
        "run_id": summary.run_id,
        "name": summary.name,
        "pipeline": pipelines[0] if pipelines else "",
        "state": summary.state,
        "created": _iso(summary.created),
        "started": _iso(min(started, default=None)),
        "finished": _iso(summary.finished),
        "seconds": _rounded(summary.seconds),
        "message": summary.message,
        "parameters": dict(sorted(parameters.items())),
        "packages": _packages(records),
        "tasks": [_without_packages(entry) for entry in entries],
        "tools": tools(records),
        "repositories": repositories(records),
        "edges": [
            {"from": item["from"], "to": record["task"], **_only(item, "path", "key", "size", "sha256")}
            for record in records
            for item in record["inputs"]
        ],
        "findings": findings(records),
    }


def tools(records: Iterable[Json]) -> list[Json]:
    """Return every module with the container that it was, once, and the tasks that loaded it."""
    found: dict[tuple[str, str], Json] = {}
    for record, module in _modules(records):
        # one that was not there is told by what was asked for
        key = (module["module"] or f"?{module['requested']}", module["container"])
        tool = found.setdefault(key, {**_only(module, "module", "container"), "requested": [], "tasks": []})
        if module["requested"]:
            _add(tool["requested"], module["requested"])
        _add(tool["tasks"], record["task"])
    return list(found.values())


def repositories(records: Iterable[Json]) -> list[Json]:
    """Return every state of the Neurodesk repository that was seen, once, and the tasks that saw it."""
    found: dict[tuple[Any, ...], Json] = {}
    for record in records:
        if record["cvmfs"] is None:
            continue
        told = _only(record["cvmfs"], "revision", "root_hash", "published")
        _add(found.setdefault(tuple(told.values()), {**told, "tasks": []})["tasks"], record["task"])
    return list(found.values())


def findings(records: Iterable[Json]) -> list[Json]:
    """Return what the guard saw in all tasks."""
    return [{"task": record["task"], **finding} for record in records for finding in record["findings"]]


def _modules(records: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    for record in records:
        for module in record["modules"]:
            yield record, module


def _task(task: TaskSummary, spec: SpecTask | None, file: TaskRecordFile | None) -> Json:
    return {
        "name": task.name,
        "node": task.display_name,
        "kind": "generic" if task.task else "component",
        "state": task.state,
        "started": _iso(task.started),
        "seconds": _rounded(task.seconds),
        "message": task.message,
        "image": "" if spec is None else spec.image,
        "reference": None if file is None else file.reference,
        "record": None if file is None else file.record(),
    }


def _without_packages(entry: Json) -> Json:
    if entry["record"] is None:
        return entry
    left_out = ("@context", "packages")
    return {**entry, "record": {key: value for key, value in entry["record"].items() if key not in left_out}}


def _packages(records: Iterable[Json]) -> dict[str, Json]:
    return {record["packages_sha256"]: record["packages"] for record in records if "packages" in record}


def _only(content: Mapping[str, Any], *keys: str) -> Json:
    return {key: content[key] for key in keys}


def _add(items: list[str], item: str) -> None:
    if item not in items:
        items.append(item)


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
