"""Notebooks of other kernels, and scripts."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook, uses


def test_in_a_bash_notebook_what_a_cell_loads_stays(tmp_path: Path, index: ModuleIndex) -> None:
    cells = ["module load fsl/6.0.4 # and ml nope/1", "bet a b", "ml ants/2.5.4", "ml purge", "bet a"]
    report = check(tmp_path, index, notebook(*cells, language="bash"))
    assert uses(report) == ["fsl/6.0.4 ok 1:1", "ants/2.5.4 ok 3:1"]
    assert briefs(report) == ["201 error 5:1"]


def test_a_python_script_has_lines_and_no_cells(tmp_path: Path, index: ModuleIndex) -> None:
    script = "import asyncio\nimport module\n\nasyncio.run(module.load('fsl/9.9'))\n"
    assert briefs(check(tmp_path, index, script, "run.py")) == ["101 error 4"]


def test_a_kernel_of_another_language_is_left_alone(tmp_path: Path, index: ModuleIndex) -> None:
    assert briefs(check(tmp_path, index, notebook("run(`ml nope/1`)\ninput(", language="julia"))) == []
