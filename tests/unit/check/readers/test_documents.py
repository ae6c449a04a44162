"""Notebooks as cells."""

from __future__ import annotations

import json
from pathlib import Path

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook


def test_a_cell_that_is_skipped_is_not_read(tmp_path: Path, nothing: ModuleIndex) -> None:
    assert briefs(check(tmp_path, nothing, notebook("input()", tags={1: ["skip-execution"]}))) == []


def test_cells_are_counted_as_jupyterlab_counts_them(tmp_path: Path, nothing: ModuleIndex) -> None:
    content = json.loads(notebook("input()"))
    content["cells"].insert(0, {"cell_type": "markdown", "metadata": {}, "source": "# Title"})
    assert briefs(check(tmp_path, nothing, json.dumps(content))) == ["401 error 2:1"]
