"""The task record."""

from __future__ import annotations

import json
from datetime import timedelta

from elyra_neurodesk.bootstrapper.record import Progress, build, now
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.record.codec import to_bytes, to_json
from elyra_neurodesk.record.model import GuardFinding, Module, StoredFile
from elyra_neurodesk.record.schemas import record_validator
from elyra_neurodesk.storage.location import StorageLocation

SPEC = TaskSpec("study", "study", "one", "One", "a.ipynb", "0" * 64, StorageLocation("http://x", "b"))


def test_a_task_that_has_only_begun_has_a_record_already() -> None:
    record = json.loads(to_bytes(build(Progress(SPEC, "run"), now())))
    record_validator("task-record").validate(record)
    assert (record["source"], record["language"], record["cvmfs"]) == (None, None, None)
    assert record["packages"]["papermill"]


def test_numbers_that_json_lacks_are_written_as_text() -> None:
    progress = Progress(SPEC, "run", parameters={"a": float("nan"), "b": float("inf"), "c": 0.5})
    record = json.loads(to_bytes(build(progress, now())))
    record_validator("task-record").validate(record)
    assert record["parameters"] == {"a": "nan", "b": "inf", "c": 0.5}


def test_modules_tell_who_loaded_them_and_which_container_they_were() -> None:
    progress = Progress(
        SPEC, "run", modules=[Module("fsl", "fsl/6.0", "/c/containers/fsl_6.0_1", "lmod", "default")]
    )
    progress.loaded += [("ants/2.5", ("/c/containers/ants_2.5_20250101/bin", "/opt"))] * 2
    progress.loaded += [("own/1", ("/opt/own",))]
    record = to_json(build(progress, now()))
    record_validator("task-record").validate(record)
    assert [(one["module"], one["container"], one["by"]) for one in record["modules"]] == [
        ("fsl/6.0", "/c/containers/fsl_6.0_1", "node"),
        ("ants/2.5", "/c/containers/ants_2.5_20250101", "notebook"),
        ("own/1", "", "notebook"),
    ]


def test_findings_and_reports_are_listed_in_an_order_that_does_not_change() -> None:
    progress = Progress(
        SPEC, "run", findings=[GuardFinding("ND-GUARD-002", "warning", None, 3, "bet", "it failed", "")]
    )
    progress.reports += [StoredFile(name, f"k/{name}", 1, "0" * 64) for name in ("b.ipynb", "b.html")]
    record = to_json(build(progress, progress.started + timedelta(seconds=1.5)))
    record_validator("task-record").validate(record)
    assert [one["path"] for one in record["reports"]] == ["b.html", "b.ipynb"]
    assert (record["findings"][0]["line"], record["seconds"]) == (3, 1.5)
