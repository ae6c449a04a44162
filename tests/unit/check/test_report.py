"""The report as people, programs and Elyra see it."""

from __future__ import annotations

import re
from pathlib import Path

from elyra_neurodesk.check import report as module
from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.events import Location
from elyra_neurodesk.check.report import CODES, CheckFailed, Finding, Report, finding
from elyra_neurodesk.modules.index import ModuleIndex
from tests.unit.check.support import check, item, notebook

SOURCES = Path(module.__file__).parent


def test_every_code_is_documented_and_used() -> None:
    text = "".join(path.read_text("utf-8") for path in SOURCES.rglob("*.py") if path.name != "report.py")
    used = set(re.findall(r"ND-CHECK-\d{3}", text))
    assert used == set(CODES)


def test_a_finding_has_place_message_and_remedy(tmp_path: Path, index: ModuleIndex) -> None:
    report = check(tmp_path, index, notebook("1", "import module\nawait module.load('fsl/9.9')"))
    assert report.findings == (
        Finding(
            code="ND-CHECK-101",
            severity="error",
            node="node",
            file="a.ipynb",
            cell=2,
            line=2,
            message="module 'fsl/9.9' is loaded and does not exist; "
            "there is fsl/6.0.7.22, fsl/6.0.7.16, fsl/6.0.4",
            hint="Correct the name; `elyra-neurodesk modules search` lists the modules.",
        ),
    )


def test_findings_come_by_node_the_worst_first(tmp_path: Path, index: ModuleIndex) -> None:
    paths = []
    for name in ("b", "a"):
        path = tmp_path / f"{name}.py"
        path.write_text("import asyncio, module\nasyncio.run(module.load('fsl'))\ninput()\n")
        paths.append(item(name, path.name, path))
    report = check_sources(paths, index)
    assert [(found.node, found.severity) for found in report.findings] == [
        ("b", "error"),
        ("b", "warning"),
        ("a", "error"),
        ("a", "warning"),
    ]


def test_json_has_everything(tmp_path: Path, index: ModuleIndex) -> None:
    content = check(tmp_path, index, notebook("import module\nawait module.load('fsl')")).to_json()
    assert content["errors"] == 0
    assert content["warnings"] == 1
    assert content["nodes"] == ["node"]
    assert content["modules"] == [
        {
            "node": "node",
            "file": "a.ipynb",
            "cell": 1,
            "line": 2,
            "request": "fsl",
            "verdict": "unversioned",
            "resolved": "fsl/6.0.7.22",
            "container": "fsl_6.0.7.22_20260101",
        }
    ]
    assert set(content["findings"][0]) == {
        *("code", "severity", "node", "file", "cell", "line", "message", "hint")
    }


def errors(count: int) -> Report:
    places = (Location("a.ipynb", number, 1) for number in range(1, count + 1))
    return Report(tuple(finding("ND-CHECK-401", "Mask", place, "input() waits") for place in places))


def test_the_error_has_one_line_in_all_and_one_for_each() -> None:
    error = CheckFailed("study", errors(2))
    assert error.message == "Pipeline 'study' has 2 errors in its notebooks and scripts."
    first, *rest = str(error).splitlines()
    assert first == f"ND-CHECK-001: {error.message} {error.hint}"
    assert rest == [
        "× 'Mask': a.ipynb, cell 1, line 1: input() waits (ND-CHECK-401)",
        "× 'Mask': a.ipynb, cell 2, line 1: input() waits (ND-CHECK-401)",
    ]


def test_a_long_list_of_errors_ends() -> None:
    assert str(CheckFailed("study", errors(25))).splitlines()[-1] == "× and 5 more"
    assert len(str(CheckFailed("study", errors(25))).splitlines()) == 22


def test_what_a_notebook_says_cannot_draw_on_the_terminal(tmp_path: Path, index: ModuleIndex) -> None:
    report = check(tmp_path, index, notebook("import module\nmodule.load('fsl/\\x1b[31m\\n9')"))
    assert all(found.message.isprintable() for found in report.findings)
    assert report.findings
