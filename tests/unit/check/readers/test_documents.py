"""Notebooks as cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.notebook_file import NotebookUnreadable, read_facts
from elyra_neurodesk.check.events import ReadFailure
from elyra_neurodesk.check.readers.files import FileReader
from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook


def test_a_cell_that_is_skipped_is_not_read(tmp_path: Path, nothing: ModuleIndex) -> None:
    assert briefs(check(tmp_path, nothing, notebook("input()", tags={1: ["skip-execution"]}))) == []


def test_cells_are_counted_as_jupyterlab_counts_them(tmp_path: Path, nothing: ModuleIndex) -> None:
    content = json.loads(notebook("input()"))
    content["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# Title"})
    assert briefs(check(tmp_path, nothing, json.dumps(content))) == ["401 error 2:1"]


@pytest.mark.parametrize("content", [notebook("1").encode("utf-16"), b"[" * 100_000 + b"]" * 100_000, b"[]"])
def test_what_no_task_could_read_is_an_error_in_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_bytes(content)
    (event,) = FileReader().read(tmp_path / "a.ipynb", "a.ipynb").events
    assert isinstance(event, ReadFailure)
    assert event.problem.startswith("is not a notebook: ")
    assert event.certain
    with pytest.raises(NotebookUnreadable):
        read_facts(tmp_path / "a.ipynb")
