"""Helper modules and scripts that files use."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, notebook, uses


def test_a_helper_counts_where_it_is_called(tmp_path: Path, index: ModuleIndex) -> None:
    helper = "import module\nasync def load_all():\n    await module.load('fsl/6.0.7')\n"
    cells = ["import tools.load as t\n!bet a", "await t.load_all()", "!bet a"]
    report = check(tmp_path, index, notebook(*cells), more={"tools/load.py": helper})
    assert briefs(report) == ["202 error 1:2", "103 warning 3"]
    assert {found.file for found in report.findings} == {"a.ipynb", "tools/load.py"}


@pytest.mark.parametrize(
    "cell",
    [
        "from helper import up\nawait up()",
        "from helper import *\nawait up()",
        "import helper as h\nawait h.up()",
        "from helper import up as start\nawait start()",
    ],
)
def test_a_helper_is_followed_however_it_is_imported(cell: str, tmp_path: Path, index: ModuleIndex) -> None:
    helper = "import module\nasync def up():\n    await module.load('fsl/6.0.4')\n"
    report = check(tmp_path, index, notebook(cell, "!bet a"), more={"helper.py": helper})
    assert uses(report) == ["fsl/6.0.4 ok :3"]
    assert briefs(report) == []


def test_a_helpers_unused_function_loads_nothing(tmp_path: Path, index: ModuleIndex) -> None:
    helper = "import module\nasync def up():\n    await module.load('nope/1')\n"
    report = check(tmp_path, index, notebook("import helper"), more={"helper.py": helper})
    assert uses(report) == []


def test_what_a_helper_does_as_a_script_is_not_done_on_import(tmp_path: Path, index: ModuleIndex) -> None:
    helper = "if __name__ == '__main__':\n    input('Subject? ')\n"
    assert briefs(check(tmp_path, index, notebook("import helper"), more={"helper.py": helper})) == []
    assert briefs(check(tmp_path, index, notebook("%run helper.py"), more={"helper.py": helper})) == [
        "401 error 2"
    ]


def test_modules_that_import_each_other_are_read_once(tmp_path: Path, index: ModuleIndex) -> None:
    more = {"one.py": "import two\ninput()", "two.py": "import one"}
    assert briefs(check(tmp_path, index, notebook("import one, two"), more=more)) == ["401 error 2"]


def test_a_sourced_script_loads_for_what_follows(tmp_path: Path, index: ModuleIndex) -> None:
    more = {"setup.sh": "source /usr/share/module.sh\nml fsl/6.0.4\n"}
    assert briefs(check(tmp_path, index, notebook("%%bash\nsource setup.sh\nbet a"), more=more)) == []
    other = check(tmp_path, index, notebook("%%bash\nbash setup.sh\nbet a"), more=more)
    assert briefs(other) == ["201 error 1:3"]


def test_a_script_run_from_a_shell_is_read(tmp_path: Path, index: ModuleIndex) -> None:
    more = {"run.sh": "#!/bin/bash -l\nml fsl/9.9\nbet a\n", "go.py": "input()\n"}
    report = check(tmp_path, index, notebook("!bash run.sh\n!python go.py"), more=more)
    assert [(found.file, found.code) for found in report.findings] == [
        ("go.py", "ND-CHECK-401"),
        ("run.sh", "ND-CHECK-101"),
    ]


def test_a_helper_that_is_not_a_dependency_is_reported(tmp_path: Path, index: ModuleIndex) -> None:
    (tmp_path / "helper.py").write_text("x = 1\n")
    assert briefs(check(tmp_path, index, notebook("import os\nimport helper"))) == ["303 warning 1:2"]
