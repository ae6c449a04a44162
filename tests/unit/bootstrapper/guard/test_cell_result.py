from __future__ import annotations

import pytest

from elyra_neurodesk.bootstrapper.guard.host.cell_result import CellResult, judge, status_use
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note

BET = "/n/containers/fsl_1_2/bet"


def codes(
    source: str, language: str, *notes: Note, output: str = "", status: int = 0
) -> list[tuple[str, str]]:
    found = judge(CellResult(source, language, output, status, notes))
    return [(item["code"].removeprefix("ND-GUARD-"), item["severity"]) for item in found]


def note(kind: str, status: int, command: str, source: str = "bash") -> Note:
    return Note(kind, "", status, 0, command, source)


@pytest.mark.parametrize(
    ("source", "use"),
    [
        ("os.system('bet a')", "dropped"),
        ("import subprocess\nsubprocess.run(['bet', 'a'])", "dropped"),
        ("subprocess.run(['bet'], check=True)", "used"),
        ("subprocess.check_call(['bet'])", "used"),
        ("if os.system('bet a'): raise OSError", "used"),
        ("result = subprocess.run(['bet'])", "used"),
        ("os.system('mkdir x')\nif os.system('bet a'): pass", "used"),
        ("os.system(one)\nx = os.system(two)", "unknown"),
        ("nipype_node.run()", "unknown"),
        ("!ls\nos.system('bet')", "dropped"),
        ("if (", "unknown"),
    ],
)
def test_what_python_does_with_a_status_is_read(source: str, use: str) -> None:
    assert status_use(source, "bet") == use


def test_a_tool_that_fails_with_its_status_unused_is_an_error() -> None:
    failed = note("tool", 1, BET)
    assert codes("os.system('bet a')", "python", failed) == [("006", "error")]
    assert codes("x = os.system('bet a')", "python", failed) == []
    assert codes("workflow.run()", "python", failed) == [("006", "warning")]


def test_what_os_system_did_not_find_is_an_error() -> None:
    assert codes("os.system('bet a')", "python", output="sh: 1: bet: not found") == [("005", "error")]
    assert codes("x = os.system('bet a')", "python", output="sh: 1: bet: not found") == []


def test_a_retired_tool_is_an_error_in_every_language() -> None:
    for language in ("python", "bash", "r", "octave"):
        assert codes("", language, note("retired", 0, BET)) == [("003", "error")]


def test_a_bash_cell_is_judged_by_its_text() -> None:
    assert codes("bet a | cat", "bash", note("tool", 1, BET)) == [("006", "error")]
    assert codes("bet a || echo no", "bash", note("tool", 1, BET)) == []
    assert codes("ls /x", "bash", output="ls: no", status=2) == [("002", "error")]


def test_r_is_an_error_where_the_result_is_dropped() -> None:
    assert codes('system("bet a")', "r", note("r", 127, "bet a", "R")) == [("002", "error")]
    assert codes('s <- system("bet a")', "r", note("r", 127, "bet a", "R")) == []
    assert codes("", "r", note("rdropped", 1, "bet a", "x.R")) == [("002", "error")]
    assert codes("", "r", note("r", 1, "bet a", "x.R")) == []


def test_a_load_that_lmod_refused_and_one_that_was_not_awaited_are_errors() -> None:
    assert codes("", "python", note("load", 1, "nope/1")) == [("001", "error")]
    output = "x.py:3: RuntimeWarning: coroutine 'ModuleAPI.load' was never awaited\n  module.load('a')"
    assert codes("module.load('a')", "python", output=output) == [("007", "error")]
