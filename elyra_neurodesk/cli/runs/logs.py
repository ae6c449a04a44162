"""``elyra-neurodesk runs logs``."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from elyra_neurodesk.cli.options import json_option, note, runtime_config_option, tail_option
from elyra_neurodesk.cli.runs.open import open_run
from elyra_neurodesk.cli.terminal import LogWriter
from elyra_neurodesk.errors import one_line

if TYPE_CHECKING:
    from elyra_neurodesk.runs.logs import Write
    from elyra_neurodesk.runs.results import RunResults
    from elyra_neurodesk.runs.summary import RunSummary, TaskSummary


@click.command()
@click.argument("run")
@click.argument("task", required=False)
@click.option(
    "-f", "--follow", "following", is_flag=True, help="Keep printing until the run, or the task, has ended."
)
@tail_option
@runtime_config_option
@json_option
def logs(
    run: str,
    task: str | None,
    following: bool,
    tail: int | None,
    runtime_config: str | None,
    as_json: bool,
) -> int:
    """Print the log of a task, or of every task of a run.

    The logs of failed tasks are included. On a terminal, escape sequences other than colours are shown, not
    obeyed; in a pipe or a file the log is as it was written.
    """
    for option, given in (("--json", as_json), ("--tail", tail is not None)):
        if following and given:
            raise click.UsageError(f"--follow and {option} cannot be used together.")
    results = open_run(run, runtime_config)
    if following:
        _follow_logs(results, task)
        return 0
    summary = results.summary()
    tasks = [results.task(summary, task)] if task else summary.tasks
    if as_json:
        _print_json(results, tasks, tail)
        return 0
    for one in tasks:
        heading = "" if task else f"==> {one_line(one.display_name)} ({one.state}) <=="
        printer = _Printer(heading)
        found = _read(results, one, tail, printer.write)
        if task and not found:
            from elyra_neurodesk.runs.logs import NoLogYet

            raise NoLogYet(f"there is no log of task '{task}' of run {results.run_id} ({one.state}).")
        printer.end(found)
    return 0


def _read(results: RunResults, task: TaskSummary, tail: int | None, write: Write) -> bool:
    """Pass on a task's log, or its last lines, and return whether there is one."""
    if tail is None:
        return results.log(task, write)
    from elyra_neurodesk.runs.logs import LastLines

    last = LastLines(tail)
    found = results.log(task, last.add)
    if text := last.text():
        write(text)
    return found


def _follow_logs(results: RunResults, wanted: str | None) -> None:
    from itertools import takewhile

    from elyra_neurodesk.runs.logs import follow_logs
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
    printer = _Printer("")

    def write(task: TaskSummary, piece: bytes) -> None:
        nonlocal last, printer
        if not wanted and task.name != last:
            printer.end(True)
            printer = _Printer(f"==> {one_line(task.display_name)} <==")
            last = task.name
        printer.write(piece)

    snapshots = poll(results.summary, on_unreachable=lambda problem: note(str(problem)))
    follow_logs(takewhile(going_on, snapshots), select, results.log, write)
    printer.end(True)


class _Printer:
    """Writes a log to standard output, under a heading, and ends its last line.

    Args:
        heading: a line; "" for none.
    """

    def __init__(self, heading: str) -> None:
        self._heading = heading
        self._open = False  # a line that has no end yet
        self._writer = LogWriter()

    def write(self, piece: bytes) -> None:
        """Write the next piece."""
        self._begin()
        self._writer.write(piece)
        self._open = not piece.endswith(b"\n")

    def end(self, found: bool) -> None:
        """End the log; ``found`` tells whether there is one."""
        if not found and self._heading:
            self._heading += " no log yet"
        self._begin()
        if self._open:
            click.echo()
        self._open = False

    def _begin(self) -> None:
        if self._heading:
            click.echo(self._heading)
        self._heading = ""


def _print_json(results: RunResults, tasks: Sequence[TaskSummary], tail: int | None) -> None:
    """Print a list of objects with ``task``, ``state`` and ``log``, the logs piece by piece."""
    stream = click.get_text_stream("stdout", encoding="utf-8")
    separator = "["
    for task in tasks:
        stream.write(
            f"{separator}\n  {{\n    {_member('task', task.name)},\n    {_member('state', task.state)},\n"
        )
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        begun = False

        def write(piece: bytes, final: bool = False) -> None:
            nonlocal begun
            if not begun:
                stream.write('    "log": "')
            begun = True
            stream.write(json.dumps(decoder.decode(piece, final), ensure_ascii=False)[1:-1])  # noqa: B023

        if _read(results, task, tail, write):
            write(b"", True)
        stream.write('"\n  }' if begun else '    "log": null\n  }')
        separator = ","
    stream.write("\n]\n" if tasks else "[]\n")
    stream.flush()


def _member(name: str, value: str) -> str:
    return f'"{name}": {json.dumps(value, ensure_ascii=False)}'
