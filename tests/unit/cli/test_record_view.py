"""What people see of records."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from elyra_neurodesk.cli.record_view import MAX_FILES, show_record
from elyra_neurodesk.cli.render import UNWRAPPED
from elyra_neurodesk.record.model import RunRecord
from tests.support.records import finding, joined, module, sha, stored, task_record
from tests.unit.cli.support import lines, shown


def test_a_record_tells_tools_as_they_were_data_findings_and_when(study: RunRecord) -> None:
    text = shown(show_record(study))
    assert "3 of 4 tasks succeeded" in text
    assert lines(text)["fsl/6.0.7.16"].split()[1:] == ["fsl_6.0.7.16_20250101", "fsl", "prepare"]
    assert lines(text)["subjects.tsv"].split()[1:] == ["10", "B", sha("1")[:12], "submitted", "prepare"]
    assert lines(text)["table.csv"].split()[1:] == ["10", "B", sha("2")[:12], "prepare", "model"]
    assert "cell 3, line 2" in lines(text)["‼"]
    assert "ND-GUARD-002: bet ended with 1" in text
    assert "CVMFS: revision 7, root hash c0ffee, published 2026-11-01T00:00:00Z" in text
    assert "r 4.2.2" in text
    bars = [
        part
        for line in text.splitlines()
        for part in line.split()
        if set(part) <= set("━·") and len(part) > 9
    ]
    assert bars[0] == "━" * 12 + "·" * 12
    assert bars[1] == "·" * 12 + "━" * 12


def test_tasks_are_called_by_their_nodes_labels_where_these_are_unique() -> None:
    made = [task_record(name, modules=[module()], findings=[finding()]) for name in ("one", "two", "three")]
    record = joined(*made)
    labels = ("First Step", "Twin", "Twin")
    tasks = tuple(replace(task, node=node) for task, node in zip(record.tasks, labels, strict=True))
    text = shown(show_record(replace(record, tasks=tasks)))
    assert lines(text)["fsl/6.0.7.16"].rstrip().endswith("First Step, two, three")


def test_numbers_and_texts_of_parameters_can_be_told_apart(study: RunRecord) -> None:
    found = lines(shown(show_record(study)))
    assert (found["threshold"].split()[1], found["who"].split()[1]) == ("3", "'3'")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (0, "0"),
        (1, "1"),
        (True, "true"),
        (False, "false"),
        ("true", "'true'"),
        ("nan", "'nan'"),
    ],
)
def test_a_parameters_value_is_shown_as_what_it_is(value: Any, text: str) -> None:
    page = shown(show_record(joined(task_record(parameters={"threshold": value}))))
    assert lines(page)["threshold"].split()[1] == text


def test_a_failed_task_tells_its_error_and_a_module_that_was_not_there() -> None:
    error = {"code": "ND-MODULE-001", "message": "the module 'x/1' is not there", "hint": ""}
    gone = module("x/1", module="", container="", via="", status="unknown")
    text = shown(show_record(joined(task_record(exit_status=12, error=error, modules=[gone]))))
    assert "ND-MODULE-001: the module 'x/1' is not there" in text
    assert "not there  unknown" in text


def test_a_record_that_cannot_be_read_is_not_passed_over(study: RunRecord) -> None:
    tasks = (replace(study.tasks[0], record=None), *study.tasks[1:])
    text = shown(show_record(replace(study, tasks=tasks)))
    assert "its record is of another version, or damaged" in text


def test_names_are_neither_markup_nor_terminal_commands() -> None:
    text = shown(show_record(joined(task_record("prepare", outputs=[stored("[red]x\x1b[2J", "1", "p")]))))
    assert "[red]x [2J" in text


def test_a_run_with_very_many_files_stays_readable() -> None:
    outputs = [stored(f"{number}.txt", "1", "prepare") for number in range(MAX_FILES + 5)]
    text = shown(show_record(joined(task_record(outputs=outputs))))
    assert "and 5 more: --json has them all" in text
    assert f"{MAX_FILES}.txt" not in text


def test_a_run_without_any_record_is_shown_too() -> None:
    text = shown(show_record(joined(states={"a": "PENDING"})))
    assert "0 of 1 tasks succeeded" in text
    assert "PENDING" in text


def test_where_nothing_is_wrapped_nothing_is_padded_to_the_width_either(study: RunRecord) -> None:
    assert max(map(len, shown(show_record(study), UNWRAPPED).splitlines())) < 400
