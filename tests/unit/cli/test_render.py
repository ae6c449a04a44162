"""What people see."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from elyra_neurodesk.cli.render import console, plain, run_table
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


def test_names_are_neither_markup_nor_terminal_commands() -> None:
    assert plain("[red]x[/red] \x1b[2J\r").plain == "[red]x[/red]  [2J "


def test_the_table_has_a_row_per_task_and_counts_those_that_succeeded() -> None:
    run = RunSummary(
        "r",
        "demo",
        "FAILED",
        seconds=70,
        tasks=(
            TaskSummary("a", "Knoten [1]", "SUCCEEDED", seconds=1.25),
            TaskSummary("b", "b", "FAILED", seconds=2, message="ND-OUTPUT-001: gone"),
            TaskSummary("c", "c", "RUNNING"),
        ),
    )
    stream = io.StringIO()
    Console(file=stream, width=120).print(run_table(run))
    shown = stream.getvalue()
    assert "demo  FAILED  1 of 3 tasks succeeded  1 min 10 s" in shown
    assert "Knoten [1]" in shown
    assert "ND-OUTPUT-001: gone" in shown


def test_without_a_terminal_a_message_stays_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    message = "ND-OUTPUT-001: " + "word " * 95 + "end"
    run = RunSummary("r", "demo", "FAILED", tasks=(TaskSummary("a", "a", "FAILED", message=message),))
    console().print(run_table(run))
    assert sum(message in line for line in capsys.readouterr().out.splitlines()) == 1
