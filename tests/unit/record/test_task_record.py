"""Reading task records, and files that are something else."""

from __future__ import annotations

import json

import pytest

from elyra_neurodesk.record.codec import to_json
from elyra_neurodesk.record.model import TaskRecord
from elyra_neurodesk.record.task_record import TaskRecordFile
from tests.support.records import as_file, file, finding, given, module, stored, task_record


def read(content: bytes) -> TaskRecord | None:
    return TaskRecordFile("key", content).record()


def test_a_record_is_read_with_all_that_is_in_it() -> None:
    written = task_record(
        modules=[module()],
        findings=[finding()],
        inputs=[given("t.csv", "1", "up")],
        outputs=[stored("x", "2", "prepare")],
        files=[file("lib.py", "3")],
        image={"reference": "x:1", "digest": None, "used": False},
        parameters={"n": 1, "x": 1.0, "on": True, "who": "sub-01"},
    )
    record = read(as_file(written))
    assert record is not None
    assert json.dumps(to_json(record), sort_keys=True) == json.dumps(written, sort_keys=True)
    assert (record.inputs[0].origin, record.modules[0].by, record.context) == ("up", "node", None)


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
        as_file({**task_record(), "schema_version": "1"}),
        as_file({**task_record(), "modules": [7]}),
        as_file({**task_record(), "cvmfs": "x"}),
        json.dumps({**task_record(), "archive": None}).encode(),
    ],
)
def test_what_is_no_record_that_this_version_knows_counts_as_none(content: bytes) -> None:
    assert read(content) is None
