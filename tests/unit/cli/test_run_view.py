"""A run for people."""

from __future__ import annotations

import io

from rich.console import Console

from elyra_neurodesk.cli.run_view import run_table
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


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


def test_undeclared_files_are_named_below_the_table() -> None:
    sentences = ("2 files were not kept: a.nii, b.nii, 1.2 GiB; declare them under Output Files",)
    tasks = (
        TaskSummary("a", "Extract [1]", "SUCCEEDED", undeclared=sentences),
        TaskSummary("b", "b", "SUCCEEDED"),
    )
    stream = io.StringIO()
    Console(file=stream, width=120).print(run_table(RunSummary("r", "demo", "SUCCEEDED", tasks=tasks)))
    assert stream.getvalue().splitlines()[-1].rstrip() == f"Extract [1]: {sentences[0]}"
