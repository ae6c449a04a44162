"""Text for people's terminals."""

from __future__ import annotations

import pytest

from elyra_neurodesk.cli.render import console, plain
from elyra_neurodesk.cli.run_view import run_table
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


def test_names_are_neither_markup_nor_terminal_commands() -> None:
    assert plain("[red]x[/red] \x1b[2J\r").plain == "[red]x[/red]  [2J "


def test_without_a_terminal_a_message_stays_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    message = "ND-OUTPUT-001: " + "word " * 95 + "end"
    run = RunSummary("r", "demo", "FAILED", tasks=(TaskSummary("a", "a", "FAILED", message=message),))
    console().print(run_table(run))
    assert sum(message in line for line in capsys.readouterr().out.splitlines()) == 1
