"""Files beside a notebook that its task does not get."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.nodes import check_inputs
from elyra_neurodesk.graph.pipeline import NotebookNode, Pipeline
from elyra_neurodesk.modules.index import ModuleIndex, Origin
from tests.support.configurations import runtime_configuration
from tests.unit.check.support import notebook

CODE = {
    "opened": ("open('in.csv').read()", True),
    "read by pandas": ("import pandas as pd\npd.read_csv('data/in.csv')", True),
    "in a shell": ("!cat in.csv", False),  # any word of a command may be something else
    "written first": ("open('in.csv', 'w')\nopen('in.csv')", False),
    "made by a tool": ("!cp a.csv in.csv\nopen('in.csv')", False),
    "named by a tool": ("!convert a in\nopen('in.csv')", False),
    "not there": ("open('made.csv')", False),
    "outside": ("open('../in.csv')", False),
    "tested first": ("import os\nos.path.exists('in.csv')", False),
    "a mere string": ("name = 'in.csv'", False),
}


def codes(folder: Path, code: str, *dependencies: str) -> list[str]:
    (folder / "a.ipynb").write_text(notebook(code), "utf-8")
    for name in ("in.csv", "data/in.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("1", "utf-8")
    node = NotebookNode("a", "a", "a.ipynb", image="x/y:1", dependencies=dependencies)
    inputs = check_inputs(Pipeline("p", (node,)), folder, runtime_configuration())
    found = check_sources(inputs, ModuleIndex(Origin("none"))).findings
    return [one.code for one in found if one.code.startswith("ND-CHECK-3")]


@pytest.mark.parametrize("case", CODE)
def test_a_local_file_that_is_read_and_not_sent_is_reported(tmp_path: Path, case: str) -> None:
    code, reported = CODE[case]
    assert codes(tmp_path, code) == (["ND-CHECK-305"] if reported else [])


@pytest.mark.parametrize("dependency", ["data", "data/in.csv", "data/*.csv"])
def test_a_dependency_is_sent_and_not_reported(tmp_path: Path, dependency: str) -> None:
    assert codes(tmp_path, "import pandas as pd\npd.read_csv('data/in.csv')", dependency) == []


def test_a_wildcard_that_matches_nothing_is_a_warning_and_a_missing_name_an_error(tmp_path: Path) -> None:
    assert codes(tmp_path, "1", "*.py", "*.nii") == ["ND-CHECK-304", "ND-CHECK-304"]
    node = NotebookNode("a", "a", "a.ipynb", image="x/y:1", dependencies=("gone.py",))
    inputs = check_inputs(Pipeline("p", (node,)), tmp_path, runtime_configuration())
    (found,) = check_sources(inputs, ModuleIndex(Origin("none"))).findings
    assert (found.code, found.severity) == ("ND-CHECK-013", "error")
