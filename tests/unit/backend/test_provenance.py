"""What the run's page reads of the tasks' records."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.provenance import RunFiles, files_of, provenance_of, record_files
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.records import as_file, finding, module, task_record


def spec(task: str, directory: str = "study") -> SpecTask:
    return SpecTask(
        task,
        task,
        TaskSpec("p", directory, task, task, "a.py", "0" * 64, StorageLocation("http://x", "b", "pre")),
    )


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    """Return a run's directory with the records of two tasks."""
    found = files_of(Home(tmp_path), "run", [spec("one"), spec("two"), SpecTask("curl", "curl", None)])
    assert found is not None
    for task in ("one", "two"):
        (found.directory / task).mkdir(parents=True)
        record = task_record(task, modules=[module()], findings=[finding()] if task == "two" else [])
        (found.directory / task / "task-record.json").write_bytes(as_file(record))
    return found


def test_tools_repositories_and_findings_are_those_of_all_tasks(files: RunFiles, tmp_path: Path) -> None:
    assert files.directory == tmp_path / "store/b/pre/study/run"
    found = provenance_of(files)
    assert [(tool.module, tool.tasks) for tool in found.tools] == [("fsl/6.0.7.16", ("one", "two"))]
    assert [one.task for one in found.findings] == ["two"]
    assert [one.revision for one in found.repositories] == ["7"]


def test_a_record_that_changes_is_read_again(files: RunFiles) -> None:
    assert len(provenance_of(files).findings) == 1
    path = files.directory / "two/task-record.json"
    path.write_bytes(as_file(task_record("two")))
    os.utime(path, ns=(1, 1))
    assert provenance_of(files).findings == ()


def test_what_is_no_record_of_ours_is_passed_over(files: RunFiles, tmp_path: Path) -> None:
    (files.directory / "one/task-record.json").write_text('{"modules": "<script>"}')
    secret = tmp_path / "elsewhere.json"
    secret.write_bytes(as_file(task_record("two")))
    link = files.directory / "two/task-record.json"
    link.unlink()
    link.symlink_to(secret)
    assert provenance_of(files).tools == ()
    assert list(record_files(files, "run")) == ["one"]  # read as it is; `record` makes None of it
    assert record_files(files, "run")["one"].record() is None


@pytest.mark.parametrize("directory", ["../../..", ".."])
def test_a_pipeline_cannot_name_a_directory_outside_the_store(tmp_path: Path, directory: str) -> None:
    assert files_of(Home(tmp_path), "run", [spec("one", directory)]) is None
    assert files_of(Home(tmp_path), "run", []) is None
