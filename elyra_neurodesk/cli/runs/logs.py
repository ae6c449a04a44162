"""``elyra-neurodesk runs logs``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import json_option, note, print_json, runtime_config_option
from elyra_neurodesk.cli.runs.open import open_run

if TYPE_CHECKING:
    from elyra_neurodesk.runs.results import RunResults
    from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


@click.command()
@click.argument("run")
@click.argument("task", required=False)
@click.option(
    "-f", "--follow", "following", is_flag=True, help="Keep printing until the run, or the task, has ended."
)
@runtime_config_option
@json_option
def logs(run: str, task: str | None, following: bool, runtime_config: str | None, as_json: bool) -> int:
    """Print the log of a task, or of every task of a run.

    The logs of failed tasks are included.
    """
    if following and as_json:
        raise click.UsageError("--follow and --json cannot be used together.")
    results = open_run(run, runtime_config)
    if following:
        _follow_logs(results, task)
        return 0
    summary = results.summary()
    tasks = [results.task(summary, task)] if task else summary.tasks
    found = [(one, results.log(one)) for one in tasks]
    if as_json:
        print_json(
            [
                {
                    "task": one.name,
                    "state": one.state,
                    "log": None if log is None else log.decode("utf-8", "replace"),
                }
                for one, log in found
            ]
        )
        return 0
    if task and found[0][1] is None:
        from elyra_neurodesk.runs.logs import NoLogYet

        raise NoLogYet(f"there is no log of task '{task}' of run {results.run_id} ({found[0][0].state}).")
    for one, log in found:
        if not task:
            click.echo(
                f"==> {one.display_name} ({one.state}) <==" + ("" if log is not None else " no log yet")
            )
        _write(log or b"")
    return 0


def _follow_logs(results: RunResults, wanted: str | None) -> None:
    from itertools import takewhile

    from elyra_neurodesk.runs.logs import tail
    from elyra_neurodesk.runs.poll import poll

    def select(summary: RunSummary) -> tuple[TaskSummary, ...]:
        return (results.task(summary, wanted),) if wanted else summary.tasks

    ended = False

    def going_on(summary: RunSummary) -> bool:
        """Let one more snapshot through after the task has ended: the one that reads its final log."""
        nonlocal ended
        before, ended = ended, bool(wanted) and all(task.ended for task in select(summary))
        return not before

    last = ""
    snapshots = poll(results.summary, on_unreachable=lambda problem: note(str(problem)))
    for task, new in tail(takewhile(going_on, snapshots), select, results.log):
        if not wanted and task.name != last:
            click.echo(f"==> {task.display_name} <==")
            last = task.name
        _write(new)


def _write(text: bytes) -> None:
    """Write a log as it is, ending its last line."""
    click.get_binary_stream("stdout").write(text if not text or text.endswith(b"\n") else text + b"\n")
    click.get_binary_stream("stdout").flush()
