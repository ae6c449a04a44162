"""Reading task records of this version, of an earlier one, and what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from elyra_neurodesk.record.schemas import record_validator
from elyra_neurodesk.record.task_record import TaskRecordFile
from tests.support.records import as_file, task_record

VERSION_1: dict[str, Any] = {
    "schema_version": "1",
    "pipeline": "study",
    "node": "Prepare",
    "task": "prepare",
    "run_id": "run",
    "file": "prepare.ipynb",
    "archive": "0" * 64,
    "image": "",
    "host": "here",
    "python": "3.11.7",
    "started": "2026-11-01T12:00:00.000Z",
    "finished": "2026-11-01T12:00:05.000Z",
    "seconds": 5.0,
    "exit_status": 12,
    "error": {"code": "ND-MODULE-001", "message": "gone", "hint": ""},
    "parents": ["fetch"],
    "parameters": {"n": 3},
    "modules": [{"requested": "fsl", "module": "fsl/6.0.7.16", "container": "/c/containers/fsl_6.0.7.16_1"}],
    "cvmfs": {"root": "/cvmfs/x", "revision": None},
    "inputs": [{"path": "a", "from": "fetch", "size": 1, "sha256": "1" * 64}],
    "outputs": [{"path": "b", "key": "k/b", "size": 1, "sha256": "2" * 64}],
    "packages": {"papermill": "2.6.0"},
}


def read(content: bytes) -> dict[str, Any] | None:
    return TaskRecordFile("key", content).record()


def test_a_record_of_this_version_is_read_as_it_is() -> None:
    assert read(as_file(task_record())) == task_record()


@pytest.mark.parametrize("image", ["", f"example.org/x:1@sha256:{'3' * 64}"])
def test_a_record_of_schema_1_is_read_with_what_it_did_not_tell_left_empty(image: str) -> None:
    record = read(as_file({**VERSION_1, "image": image}))
    assert record is not None
    record_validator("task-record").validate(record)
    assert record["exit_status"] == 12
    assert record["error"]["code"] == "ND-MODULE-001"
    assert record["modules"][0]["module"] == "fsl/6.0.7.16"
    assert (record["source"], record["findings"], record["language"]) == (None, [], None)
    assert (record["image"] and record["image"]["digest"]) == (f"sha256:{'3' * 64}" if image else None)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        as_file({**task_record(), "schema_version": "3"}),
        as_file({**task_record(), "surprise": 1}),
        as_file({**task_record(), "modules": "fsl"}),
        as_file({"schema_version": "1"}),
        as_file({**VERSION_1, "modules": [7]}),
        as_file({**VERSION_1, "cvmfs": "x"}),
        json.dumps({**task_record(), "archive": None}).encode(),
    ],
)
def test_what_is_no_record_that_this_version_knows_counts_as_none(content: bytes) -> None:
    assert read(content) is None
