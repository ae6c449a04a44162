"""Records to JSON and back."""

from __future__ import annotations

import json

import pytest

from elyra_neurodesk.record.codec import from_json, to_bytes, to_json
from elyra_neurodesk.record.model import RunRecord, StoredFile, TaskRecord
from tests.support.records import finding, given, joined, module, read_task_record, stored, task_record


def test_a_run_record_that_is_read_equals_the_one_that_was_written() -> None:
    written = joined(
        task_record("prepare", outputs=[stored("t.csv", "1", "prepare")], modules=[module()]),
        task_record("model", inputs=[given("t.csv", "1", "prepare")], findings=[finding()]),
        states={"later": "SKIPPED", "curl": "SUCCEEDED"},
        components=("curl",),
    )
    assert from_json(RunRecord, json.loads(to_bytes(written))) == written


def test_keys_that_are_not_names_in_python_are_written_as_the_schema_has_them() -> None:
    record = to_json(read_task_record(inputs=[given("t.csv", "1", "up")]))
    assert record["inputs"][0]["from"] == "up"
    assert "@context" not in record


def test_what_may_be_left_out_is_left_out_and_read_as_none() -> None:
    content = task_record()
    del content["packages"]
    record = from_json(TaskRecord, content)
    assert (record.packages, record.context) == (None, None)
    assert to_json(record) == content


def test_a_missing_key_is_an_error() -> None:
    with pytest.raises(KeyError, match="sha256"):
        from_json(StoredFile, {"path": "x", "key": "k", "size": 1})


@pytest.mark.parametrize(("value", "written"), [(float("nan"), "nan"), (float("-inf"), "-inf"), (1.0, 1.0)])
def test_numbers_that_json_lacks_are_written_as_text(value: float, written: object) -> None:
    assert to_json({"x": [value]}) == {"x": [written]}


def test_half_of_a_surrogate_pair_can_be_written() -> None:
    assert json.loads(to_bytes(read_task_record(host="\ud800")))["host"] == "\ud800"
