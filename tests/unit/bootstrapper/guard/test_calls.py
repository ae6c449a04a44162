"""Calls of Python code are judged from what was noted of them."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.bootstrapper.guard.host.calls import PythonCall, PythonCalls, judge_call
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note

BET = "/n/containers/fsl_1_2/bet"


def ended(command: str, status: int, source: str = "cell") -> Note:
    return Note("call", "p1.1", status, 4, command, source, "text", "")


def tool(status: int, arguments: str = "a b") -> Note:
    return Note("tool", "p1.1", status, 0, BET, BET, "7", "6", arguments)


def brief(call: PythonCall) -> list[tuple[str, str, int | None]]:
    return [(item["code"][-3:], item["severity"], item["line"]) for item in judge_call(call)]


def test_a_failed_tool_whose_status_is_dropped_is_an_error_at_its_line() -> None:
    call = PythonCall(3, ended("bet a b", 1), dropped=True, inner=(tool(1),))
    assert brief(call) == [("006", "error", 4)]


def test_what_was_looked_at_is_left_alone() -> None:
    assert brief(PythonCall(3, ended("bet a b", 1), looked=True, inner=(tool(1),))) == []


def test_error_output_that_was_read_makes_it_a_warning() -> None:
    call = PythonCall(3, ended("bet a b", 1), shown=True, dropped=True, inner=(tool(1),))
    assert brief(call) == [("006", "warning", 4)]


def test_a_number_that_the_code_kept_makes_it_a_warning() -> None:
    call = PythonCall(3, ended("bet a b", 1), dropped=True, inner=(tool(1),))
    assert brief(replace(call, numbers=1)) == [("006", "warning", 4)]


def test_a_command_that_is_missing_has_its_own_code() -> None:
    assert brief(PythonCall(3, ended("nosuch a", 127), dropped=True)) == [("005", "error", 4)]


def test_a_question_for_help_is_none() -> None:
    assert brief(PythonCall(3, ended("c3d --help", 1), dropped=True)) == []


def test_a_pipe_that_hides_a_failure_is_an_error_although_its_status_was_read() -> None:
    call = PythonCall(3, ended("bet a b | tee log", 0), looked=True, inner=(tool(1),))
    assert brief(call) == [("006", "error", 4)]


def test_a_process_that_was_asked_to_end_is_left_alone() -> None:
    assert brief(PythonCall(3, ended("sleep 9", -15), dropped=True)) == []


def test_the_place_in_a_module_is_named_in_the_message() -> None:
    found = judge_call(PythonCall(3, ended("bet a b", 1, "/w/helpers.py"), dropped=True, inner=(tool(1),)))
    assert found[0]["message"].endswith("(helpers.py, line 4)")
    assert found[0]["line"] is None


def test_a_status_is_waited_for_until_nothing_can_read_it() -> None:
    calls = PythonCalls()
    calls.add([ended("bet a b", 1), tool(1)], 3)
    assert calls.judge_ended() == []
    calls.add([Note("dropped", "p1.1", 0, 4, "", "cell")], 5)
    assert [cell for cell, _ in calls.judge_ended()] == [3]
    assert calls.judge_rest() == []
