"""Files and cells that cannot be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import briefs, check, item, notebook


@pytest.mark.parametrize(
    ("content", "code"),
    [("{", "011"), ("[]", "011"), ("{}", "011"), ('{"cells": [1]}', "011"), ('{"cells": 3}', "011")],
)
def test_a_file_that_is_not_a_notebook_is_a_finding(
    content: str, code: str, tmp_path: Path, nothing: ModuleIndex
) -> None:
    assert briefs(check(tmp_path, nothing, content, outputs=("x.csv",))) == [f"{code} error "]


def test_a_cell_with_a_syntax_error_is_a_finding_and_the_others_are_read(
    tmp_path: Path, nothing: ModuleIndex
) -> None:
    cells = ["x = 1\nfor in y:\n  pass", "input()", "!ls \\\n  -l\nx = = 2"]
    assert briefs(check(tmp_path, nothing, notebook(*cells))) == [
        "012 error 1:2",
        "012 error 3:3",
        "401 error 2:1",
    ]


def test_a_cell_that_is_meant_to_raise_may_have_a_syntax_error(tmp_path: Path, nothing: ModuleIndex) -> None:
    content = notebook("x = = 1", tags={1: ["raises-exception"]})
    assert briefs(check(tmp_path, nothing, content)) == ["012 warning 1:1"]


def test_a_newer_python_may_have_syntax_that_this_one_has_not(tmp_path: Path, nothing: ModuleIndex) -> None:
    content = json.loads(notebook("x = = 1"))
    content["metadata"]["language_info"] = {"name": "python", "version": f"3.{sys.version_info[1] + 1}.0"}
    assert briefs(check(tmp_path, nothing, json.dumps(content))) == ["012 warning 1:1"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="this Python knows the syntax")
@pytest.mark.parametrize("code", ["type X = int", "def f[T](a: T): pass", "x = f'{y['a']}'"])
def test_syntax_of_a_newer_python_stops_nothing(code: str, tmp_path: Path, nothing: ModuleIndex) -> None:
    assert briefs(check(tmp_path, nothing, f"{code}\n", "a.py")) == ["012 warning 1"]
    assert briefs(check(tmp_path, nothing, "x = = 1\n", "b.py")) == ["012 error 1"]


def test_a_defect_of_the_check_is_a_warning(
    tmp_path: Path, nothing: ModuleIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("elyra_neurodesk.check.readers.files.read_python", broken)
    report = check(tmp_path, nothing, notebook("1"))
    assert briefs(report) == ["010 warning "]
    assert "ZeroDivisionError oops" in report.findings[0].message


def test_a_script_that_is_not_text_is_a_finding(tmp_path: Path, nothing: ModuleIndex) -> None:
    (tmp_path / "helper.py").write_bytes(b"\xff\xfe\x00")
    report = check(tmp_path, nothing, notebook("1"), more={})
    assert briefs(report) == []
    path = tmp_path / "b.py"
    path.write_bytes(b"\xff\xfe")

    assert briefs(check_sources([item("b", "b.py", path)], nothing)) == ["010 error "]
    gone = tmp_path / "gone.ipynb"
    assert briefs(check_sources([item("b", "gone.ipynb", gone, {})], nothing)) == ["010 error "]
