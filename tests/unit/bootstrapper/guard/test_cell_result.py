from __future__ import annotations

from elyra_neurodesk.bootstrapper.guard.host.cell_result import CellResult, judge
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note

BET = "/n/containers/fsl_1_2/bet"


def codes(
    source: str, language: str, *notes: Note, output: str = "", status: int = 0
) -> list[tuple[str, str]]:
    found = judge(CellResult(source, language, output, status, notes))
    return [(item["code"].removeprefix("ND-GUARD-"), item["severity"]) for item in found]


def note(kind: str, status: int, command: str, source: str = "bash") -> Note:
    return Note(kind, "", status, 0, command, source)


def test_a_tool_that_a_library_ran_is_a_warning() -> None:
    assert codes("workflow.run()", "python", note("tool", 1, BET)) == [("006", "warning")]


def test_a_retired_tool_is_an_error_in_every_language() -> None:
    for language in ("python", "bash", "r", "octave"):
        assert codes("", language, note("retired", 0, BET)) == [("003", "error")]


def test_a_bash_cell_is_judged_by_its_text() -> None:
    assert codes("bet a | cat", "bash", note("tool", 1, BET)) == [("006", "error")]
    assert codes("bet a || echo no", "bash", note("tool", 1, BET)) == []
    assert codes("ls /x", "bash", output="ls: no", status=2) == [("002", "error")]


def test_r_is_an_error_where_the_result_is_dropped() -> None:
    assert codes("", "r", note("rdropped", 1, "bet a", "R")) == [("002", "error")]
    assert codes("", "r", note("rdropped", 1, "bet a", "x.R")) == [("002", "error")]
    assert codes("", "r", note("rkept", 1, "bet a", "x.R")) == []
    assert codes("", "r", note("r", 1, "bet a", "x.R")) == []


def test_a_load_that_lmod_refused_and_one_that_was_not_awaited_are_errors() -> None:
    assert codes("", "python", note("load", 1, "nope/1")) == [("001", "error")]
    output = "x.py:3: RuntimeWarning: coroutine 'ModuleAPI.load' was never awaited\n  module.load('a')"
    assert codes("module.load('a')", "python", output=output) == [("007", "error")]
