"""Task and run records for tests of what reads them."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.record.codec import from_json, to_json
from elyra_neurodesk.record.model import RunRecord, TaskRecord
from elyra_neurodesk.record.schemas import record_validator
from elyra_neurodesk.record.task_record import TaskRecordFile
from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.runs.run_record import build
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary
from elyra_neurodesk.storage.location import StorageLocation

Json = dict[str, Any]
BEGIN = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
STORE = StorageLocation("http://127.0.0.1:1", "bucket", "pre")
IMAGE = "example.org/neurodesktop:2026-09-23"
ROOT = "/cvmfs/neurodesk.ardc.edu.au"


def sha(letter: str) -> str:
    """Return a SHA-256 of one letter (hexadecimal) repeated."""
    return letter * 64


def file(path: str, letter: str, size: int = 10) -> Json:
    """Return a file that was submitted."""
    return {"path": path, "size": size, "sha256": sha(letter)}


def stored(path: str, letter: str, task: str) -> Json:
    """Return an output of a task."""
    return {**file(path, letter), "key": f"pre/study/run/{task}/{path}"}


def given(path: str, letter: str, origin: str) -> Json:
    """Return an input from another task."""
    return {**stored(path, letter, origin), "from": origin}


def module(name: str = "fsl/6.0.7.16", date: str = "20250101", **more: Any) -> Json:
    """Return a module that was loaded as it was asked for."""
    return {
        "requested": name,
        "module": name,
        "container": f"{ROOT}/containers/{name.replace('/', '_')}_{date}",
        "via": "lmod",
        "status": "exact",
        "by": "node",
        **more,
    }


def finding(severity: str = "warning", **more: Any) -> Json:
    """Return a guard finding."""
    made = {"code": "ND-GUARD-002", "severity": severity, "cell": 3, "line": 2, "command": "bet a b"}
    return {**made, "message": "bet ended with 1", "hint": "Look at it.", **more}


def task_record(task: str = "prepare", **changes: Any) -> Json:
    """Return a task record of this version that its schema allows."""
    record = {
        "schema_version": "2",
        "software": {"name": "elyra-neurodesk", "version": "0.4.0"},
        "pipeline": "study",
        "node": task,
        "task": task,
        "run_id": "run",
        "parents": [],
        "host": "here",
        "image": None,
        "started": "2026-11-22T12:00:00.000Z",
        "finished": "2026-11-22T12:00:05.000Z",
        "seconds": 5.0,
        "exit_status": 0,
        "error": None,
        "strict": "error",
        "findings": [],
        "file": f"{task}.ipynb",
        "source": file(f"{task}.ipynb", "a"),
        "archive": sha("b"),
        "files": [],
        "files_unlisted": 0,
        "parameters": {},
        "modules": [],
        "cvmfs": {"root": ROOT, "revision": "7", "root_hash": "c0ffee", "published": "2026-11-01T00:00:00Z"},
        "inputs": [],
        "outputs": [],
        "reports": [],
        "language": {"name": "python", "version": "3.13.1"},
        "python": "3.13.1",
        "packages": {"numpy": "2.1.0"},
        "packages_sha256": sha("d"),
    }
    record |= copy.deepcopy(changes)
    record_validator("task-record").validate(record)
    return record


def life_sign(task: str = "prepare", **changes: Any) -> Json:
    """Return a sign of life that its schema allows: of a notebook of which two of five cells have ended."""
    sign = {
        "schema_version": "1",
        "run_id": "run",
        "task": task,
        "state": "running",
        "pod": f"study-7k2p-{task}",
        "node": "",
        "started": "2026-11-22T12:00:00.000Z",
        "updated": "2026-11-22T12:00:30.000Z",
        "cells_done": 2,
        "cells": 5,
        "exit_status": None,
        "error": None,
        "log": None,
        "notebook": None,
    }
    sign |= copy.deepcopy(changes)
    record_validator("life-sign").validate(sign)
    return sign


def file_so_far(path: str, task: str = "prepare", left_out: int = 0) -> Json:
    """Return what a sign of life says of a log or notebook."""
    key = f"pre/study/run/{task}/{path}"
    return {"path": path, "key": key, "size": 10, "left_out": left_out, "stored": "2026-11-22T12:00:29.000Z"}


def read_task_record(task: str = "prepare", **changes: Any) -> TaskRecord:
    """Return `task_record` as it is read."""
    return from_json(TaskRecord, task_record(task, **changes))


def run_record(*records: Json, **more: Any) -> Json:
    """Return `joined` as JSON that its schema allows."""
    content: Json = to_json(joined(*records, **more))
    record_validator("run-record").validate(content)
    return content


def joined(
    *records: Json, states: dict[str, str] | None = None, components: tuple[str, ...] = ()
) -> RunRecord:
    """Return the record of a run whose tasks left ``records``; ``states`` adds tasks without one."""
    tasks = [(record["task"], "SUCCEEDED" if record["exit_status"] == 0 else "FAILED") for record in records]
    tasks += list((states or {}).items())
    summary = RunSummary(
        "run",
        "study-1",
        "SUCCEEDED" if all(state == "SUCCEEDED" for _, state in tasks) else "FAILED",
        BEGIN,
        BEGIN + timedelta(seconds=60),
        60.0,
        tasks=tuple(_summary(name, state, name not in components) for name, state in tasks),
    )
    files = {
        record["task"]: TaskRecordFile(f"pre/study/run/{record['task']}/task-record.json", as_file(record))
        for record in records
    }
    return build(summary, [_spec(name, name not in components) for name, _ in tasks], files, {})


def as_file(record: Json) -> bytes:
    """Return a record as it is stored."""
    return json.dumps(record).encode()


def _summary(name: str, state: str, generic: bool) -> TaskSummary:
    began = state not in ("SKIPPED", "PENDING")
    return TaskSummary(
        name, name, state, BEGIN if began else None, 5.0 if began else None, task=name if generic else ""
    )


def _spec(name: str, generic: bool) -> SpecTask:
    spec = TaskSpec("study", "study", name, name, f"{name}.ipynb", sha("b"), STORE)
    return SpecTask(name, name, spec if generic else None, IMAGE)
