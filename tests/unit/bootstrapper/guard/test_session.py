from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.guard.host.session import Guard
from elyra_neurodesk.bootstrapper.guard.kernel import judge, notes
from elyra_neurodesk.bootstrapper.log import Log


def started(tmp_path: Path, mode: str = "error") -> tuple[Guard, dict[str, str], io.StringIO]:
    said = io.StringIO()
    guard, environment = Guard(mode, [], Log(said)), {"PATH": "/bin", "BASH_ENV": "/home/u/.bash_env"}
    guard.start(tmp_path, environment, script=False)
    return guard, environment, said


def tell(environment: dict[str, str], **fields: Any) -> None:
    finding = {**judge.finding("ND-GUARD-002", "false", "`false` ended with exit status 1"), **fields}
    with Path(environment[notes.FINDINGS]).open("a") as file:
        file.write(json.dumps(finding) + "\n")


def test_off_does_nothing_at_all(tmp_path: Path) -> None:
    guard, environment, _ = started(tmp_path, "off")
    assert environment == {"PATH": "/bin", "BASH_ENV": "/home/u/.bash_env"}
    assert list(tmp_path.iterdir()) == []
    assert guard.after_cell(1, "x", "python") == []
    assert guard.at_end("", "python") == []


def test_every_file_that_a_process_loads_is_laid_out_and_the_users_own_start_file_is_kept(
    tmp_path: Path,
) -> None:
    _, environment, _ = started(tmp_path)
    names = {path.name for path in (tmp_path / "guard").iterdir()}
    assert {"start.py", "extension.py", "guard.bash", "guard.R", "lmod.sh"} <= names
    assert environment["NEURODESK_GUARD_BASH_ENV"] == "/home/u/.bash_env"
    assert environment["BASH_ENV"] == str(tmp_path / "guard/guard.bash")


def test_an_error_that_the_cell_ended_with_keeps_its_severity(tmp_path: Path) -> None:
    guard, environment, _ = started(tmp_path)
    tell(environment, raised=True)
    assert guard.after_cell(3, "!false", "python", raised=True) == []
    found = guard.findings[0]
    assert (found.cell, found.severity) == (3, "error")
    cause = guard.cause_of("NeurodeskGuardError", "ND-GUARD-002: `false` ended with exit status 1", 3)
    assert cause == found
    assert guard.cause_of("ValueError", "x", 3) is None


def test_an_error_that_the_notebook_caught_becomes_a_warning(tmp_path: Path) -> None:
    guard, environment, _ = started(tmp_path)
    tell(environment, raised=True)
    assert guard.after_cell(1, "try: …", "python", raised=False) == []
    assert guard.findings[0].severity == "warning"
    assert guard.findings[0].message.endswith("(the notebook handled it)")


def test_an_error_that_could_not_be_raised_is_returned(tmp_path: Path) -> None:
    guard, environment, _ = started(tmp_path)
    tell(environment)
    assert [item.code for item in guard.after_cell(2, "", "python")] == ["ND-GUARD-002"]
    assert guard.after_cell(3, "", "python") == []


def test_warn_says_it_in_the_log(tmp_path: Path) -> None:
    guard, environment, said = started(tmp_path, "warn")
    tell(environment)
    guard.after_cell(2, "", "python")
    assert "warning: ND-GUARD-002: cell 2: `false` ended with exit status 1." in said.getvalue()


@pytest.mark.parametrize("line", ["no json", "{}", "[]", '{"code": 1}'])
def test_a_defect_of_the_guard_is_noted_and_nothing_else(tmp_path: Path, line: str) -> None:
    guard, environment, _ = started(tmp_path)
    Path(environment[notes.FINDINGS]).write_text(line + "\n")
    assert guard.after_cell(1, "", "python") == []
    assert [(item.code, item.severity) for item in guard.findings] == [("ND-GUARD-099", "warning")]


def test_a_directory_that_cannot_be_written_turns_the_guard_off(tmp_path: Path) -> None:
    (tmp_path / "guard").write_text("in the way")
    guard, environment, _ = started(tmp_path)
    assert guard.directory is None
    assert notes.MODE not in environment
    assert [item.code for item in guard.findings] == ["ND-GUARD-099"]


def test_a_task_lists_no_more_than_its_limit(tmp_path: Path) -> None:
    guard, environment, _ = started(tmp_path, "warn")
    for _ in range(300):
        tell(environment)
    guard.after_cell(1, "", "python")
    assert len(guard.findings) == 200


def test_modules_that_the_code_loaded_are_kept_for_the_record(tmp_path: Path) -> None:
    guard, environment, _ = started(tmp_path)
    content = {"loaded": "fsl/6", "file": "/m/fsl/6.lua", "paths": ["/c/fsl_6_1"]}
    Path(environment[notes.FINDINGS]).write_text(json.dumps(content) + "\n")
    guard.after_cell(1, "", "python")
    assert guard.loaded == [("fsl/6", ("/c/fsl_6_1",))]
    assert guard.findings == []
