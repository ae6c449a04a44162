"""Every wrong notebook is silent today and is caught; every right one is left alone. All of them are run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from elyra_neurodesk.check.report import Finding
from tests.seeded.cases import Case, all_cases

Check = Callable[[Case], Sequence[Finding]]
CASES = all_cases()
RIGHT = [case for case in CASES if not case.wrong]
STOPPED = [case for case in CASES if "guard" in case.expect]
NOTED = [case for case in CASES if "notes" in case.expect]
CHECKED = [case for case in CASES if "check" in case.expect]
WITHOUT_OUTPUT = [case for case in CASES if "error" in case.expect]
# how far such a notebook goes without the guard is a matter of chance: its kernel ends meanwhile
EXITING = [case for case in CASES if case.expect.get("guard") == "ND-GUARD-010"]
# plain papermill takes each its own imports to start, so that a few must do: one of each kind of failure
PLAIN = [
    case
    for case in CASES
    if case.path.stem
    in (
        "version_that_is_not_there",
        "tool_that_no_cell_loads",
        "pipe_into_tee",
        "retired_container",
        "bash_kernel_failure_in_the_middle",
        "output_that_was_never_written",
    )
]
# of each class one or two; `make test-all` runs the others
QUICK = frozenset(
    (
        "asynchronous_status_read",
        "background_jobs_that_fail",
        "bash_kernel_handles_failures",
        "captured_output_of_a_bash_cell",
        "commands_that_often_fail",
        "compressed_image_is_cut_off",
        "container_is_gone",
        "copy_that_fails_in_the_middle",
        "exit_in_the_middle",
        "failure_in_a_captured_cell",
        "help_from_python",
        "help_in_the_middle_of_a_bash_cell",
        "images_that_can_be_read",
        "job_that_still_runs",
        "licence_is_missing_in_subprocess",
        "load_never_awaited",
        "magics_and_escapes",
        "module_missing_in_a_bash_kernel",
        "one_subject_of_three",
        "output_is_the_input",
        "own_script_that_goes_on",
        "python_script_in_threads",
        "python_script_with_a_pool",
        "r_script_status_in_a_function",
        "r_script_uses_statuses",
        "result_is_pickled",
        "results_of_pools",
        "retired_container",
        "script_with_if",
        "statuses_of_bash",
        "system_in_a_pool",
        "version_becomes_another",
        "version_that_is_not_there",
    )
)
# an exception of the guard that the notebook catches, or lets be, is recorded as a warning
HANDLED_BY_EXCEPTION = ("error_handled_in_python", "failure_shown_on_purpose", "load_with_a_fallback")
RANDOM = re.compile(
    r"/tmp/\S+|0x[0-9a-f]+|\b\d+(\.\d+)? ?[nmuµμ]?s\b|^\[\d+\] \d+$|\d+(?= Killed)", re.MULTILINE
)


def each(cases: Sequence[Case], *hows: str) -> pytest.MarkDecorator:
    """Parametrize a test with the cases; ``results`` then has what became of each in these strictnesses."""
    return pytest.mark.parametrize(
        ("case", "hows"),
        [
            pytest.param(
                case, hows, id=case.path.stem, marks=[] if case.path.stem in QUICK else [pytest.mark.slow]
            )
            for case in cases
        ],
    )


def test_there_are_at_least_80_wrong_and_60_right_cases() -> None:
    assert sum(case.wrong for case in CASES) >= 80
    assert sum(not case.wrong for case in CASES) >= 60
    assert {case.path.stem for case in CASES} >= QUICK


def test_every_wrong_one_says_what_catches_it_and_every_right_one_nothing() -> None:
    for case in CASES:
        found = {"guard", "notes", "check", "error"} & set(case.expect)
        assert bool(found) is case.wrong, case.name
        assert len(found - {"check"}) <= 1, case.name
        assert not case.wrong or case.expect["names"], case.name


def test_no_notebook_carries_outputs_of_an_earlier_run() -> None:
    for case in CASES:
        if case.kernel:
            cells = json.loads(case.path.read_text("utf-8"))["cells"]
            assert cells[0]["cell_type"] == "markdown"
            assert all(not cell.get("outputs") for cell in cells), case.name


@pytest.mark.parametrize(
    ("case", "hows"), [pytest.param(case, ("papermill",), id=case.path.stem) for case in PLAIN]
)
def test_papermill_alone_exits_0(results: Mapping[str, Any], case: Case) -> None:
    done = results["papermill"]
    assert done.status == 0, done.text


@pytest.mark.slow
@each([case for case in CASES if case.wrong and case not in (*WITHOUT_OUTPUT, *EXITING)], "off")
def test_a_wrong_one_ends_well_without_the_guard(results: Mapping[str, Any], case: Case) -> None:
    result = results["off"]
    assert result.status == 0, result.text
    assert result.record["exit_status"] == 0
    assert result.findings == []


@each(STOPPED, "error")
def test_the_guard_stops_a_wrong_one_at_its_cell(results: Mapping[str, Any], case: Case) -> None:
    result = results["error"]
    assert result.status == 1, result.text
    expected = (case.expect["guard"], case.expect.get("cell"))
    errors = [item for item in result.findings if item["severity"] == "error"]
    assert expected in [(item["code"], item["cell"]) for item in errors], errors
    message = result.record["error"]["message"]
    assert case.expect["names"] in message
    assert case.expect["guard"] in str(result.record["error"])
    if case.expect.get("cell"):
        cells = case.expect.get("stopped", [case.expect["cell"]])
        assert any(re.search(rf"\bcell {cell}[,: ]", message) for cell in cells)
    assert result.record["error"]["code"] in result.text.splitlines()[-1]


@pytest.mark.slow
@each([case for case in STOPPED if case not in EXITING], "warn")
def test_a_guard_that_only_warns_notes_a_wrong_one(results: Mapping[str, Any], case: Case) -> None:
    result = results["warn"]
    assert result.status == 0, result.text
    expected = (case.expect["guard"], case.expect.get("cell"))
    assert expected in [(item["code"], item["cell"]) for item in result.findings], result.findings
    assert any(case.expect["names"] in f"{item['command']} {item['message']}" for item in result.findings)


@each(NOTED, "error", "warn")
def test_what_may_be_meant_is_noted_and_goes_on(results: Mapping[str, Any], case: Case) -> None:
    for result in results.values():
        assert result.status == 0, result.text
        found = [
            item
            for item in result.findings
            if (item["code"], item["cell"]) == (case.expect["notes"], case.expect["cell"])
        ]
        assert found, result.findings
        assert {item["severity"] for item in found} == {"warning"}
        assert any(case.expect["names"] in f"{item['command']} {item['message']}" for item in found)


@pytest.mark.parametrize("case", CHECKED, ids=lambda case: case.path.stem)
def test_the_check_before_submitting_sees_it(check: Check, case: Case) -> None:
    expected = case.expect["check"]
    found = [
        item
        for item in check(case)
        if item.code == expected["code"]
        and (item.cell, item.line) == (expected.get("cell"), expected.get("line"))
    ]
    assert found, check(case)
    assert any(expected.get("names", case.expect["names"]) in item.message for item in found), found


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.path.stem)
def test_the_check_before_submitting_has_no_error_for_a_right_one(check: Check, case: Case) -> None:
    assert [item for item in check(case) if item.severity == "error"] == []


@each(WITHOUT_OUTPUT, "error")
def test_an_output_that_is_missing_fails_the_task(results: Mapping[str, Any], case: Case) -> None:
    result = results["error"]
    assert result.status == 14, result.text
    assert result.record["error"]["code"] == case.expect["error"]
    assert case.expect["names"] in result.record["error"]["message"]


@each(RIGHT, "error")
def test_the_guard_leaves_a_right_one_alone(results: Mapping[str, Any], case: Case) -> None:
    guarded = results["error"]
    assert guarded.status == 0, guarded.text
    meant = case.path.stem in HANDLED_BY_EXCEPTION
    assert [item["message"] for item in guarded.findings if not meant] == []
    assert all(item["severity"] == "warning" for item in guarded.findings)


@pytest.mark.slow
@each(RIGHT, "error", "off")
def test_a_right_one_makes_the_same_with_the_guard(results: Mapping[str, Any], case: Case) -> None:
    guarded, plain = results["error"], results["off"]
    assert plain.status == 0, plain.text
    assert guarded.made == plain.made
    assert [RANDOM.sub("", text) for text in guarded.shown] == [RANDOM.sub("", text) for text in plain.shown]


ENDS_LATER = "popen_of_os"
"""What a pipe of `os.popen` comes from may end after its output was read: with this cell or the next."""


@pytest.mark.slow
@each([case for case in CASES if case.path.stem != ENDS_LATER], "forked", "new")
def test_it_ends_the_same_forked_from_the_warm_process_as_in_a_new_one(
    results: Mapping[str, Any], case: Case
) -> None:
    forked, new = results["forked"], results["new"]
    assert forked.status == new.status, forked.text
    assert [RANDOM.sub("", str(item)) for item in forked.findings] == [
        RANDOM.sub("", str(item)) for item in new.findings
    ]
    assert forked.made == new.made
    assert [RANDOM.sub("", text) for text in forked.shown] == [RANDOM.sub("", text) for text in new.shown]
