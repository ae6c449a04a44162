"""``elyra-neurodesk runs logs``."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import click

from elyra_neurodesk.cli.options import (
    json_option,
    kube_context_option,
    note,
    runtime_config_option,
    tail_option,
)
from elyra_neurodesk.cli.runs.open import open_run
from elyra_neurodesk.cli.terminal import LogWriter
from elyra_neurodesk.errors import one_line

if TYPE_CHECKING:
    from elyra_neurodesk.runs.log_sources import RunLogs
    from elyra_neurodesk.runs.logs import NoLogYet, Write
    from elyra_neurodesk.runs.observer import Observer
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
@kube_context_option
@json_option
def logs(
    run: str,
    task: str | None,
    following: bool,
    tail: int | None,
    runtime_config: str | None,
    kube_context: str | None,
    as_json: bool,
) -> int:
    """Print the log of a task, or of every task of a run.

    The logs of failed tasks are included. On a cluster, a task stores its log every ten seconds. Before that,
    and for nodes of a component catalog, the log is read from the task's pod, if the cluster can be asked. A
    log whose task has not recorded its end is marked with the time at which it was stored.

    On a terminal, escape sequences other than colours are shown, not
    obeyed; in a pipe or a file the log is as it was written.
    """
    for option, given in (("--json", as_json), ("--tail", tail is not None)):
        if following and given:
            raise click.UsageError(f"--follow and {option} cannot be used together.")
    results = open_run(run, runtime_config)
    summary = results.summary()
    chosen = results.task(summary, task) if task else None
    reader = _reader(results, kube_context, chosen)
    if following:
        _follow_logs(reader, chosen)
        return 0
    summary = reader.observer.snapshot()
    for line in summary.notes:
        note(line)
    tasks = [results.task(summary, task)] if task else summary.tasks
    if as_json:
        _print_json(reader, tasks, tail)
        return 0
    for one in tasks:
        heading = "" if task else f"==> {one_line(one.display_name)} ({one.state}) <=="
        printer = _Printer(heading)
        found = _read(reader, one, tail, printer.write)
        if task and not found:
            raise _no_log_yet(reader, one)
        printer.end(found)
        if found:
            _note_as_of(reader, one)
    return 0


class _Reader(NamedTuple):
    """What reads the logs of a run, and what knows of its tasks."""

    observer: Observer
    logs: RunLogs


def _reader(results: RunResults, kube_context: str | None, task: TaskSummary | None) -> _Reader:
    from elyra_neurodesk.runs.log_sources import RunLogs
    from elyra_neurodesk.runs.observer import Observer

    observer = Observer(results, kube_context, only=[task.task] if task else None)
    return _Reader(observer, RunLogs(results, observer.pods, lambda problem: note(str(problem))))


def _read(reader: _Reader, task: TaskSummary, tail: int | None, write: Write) -> bool:
    """Pass on a task's log, or its last lines, and return whether there is one."""
    if tail is None:
        return reader.logs.read(task, write)
    from elyra_neurodesk.runs.logs import LastLines

    last = LastLines(tail)
    found = reader.logs.read(task, last.add)
    if text := last.text():
        write(text)
    return found


def _note_as_of(reader: _Reader, task: TaskSummary) -> None:
    """Say of a log whose task has not recorded its end that it is not the whole one."""
    from datetime import UTC

    from elyra_neurodesk.formatting import format_time

    if moment := reader.observer.evidence.log_as_of(task):
        ended = "; its task ended without storing the rest" if task.ended else ""
        note(f"log of {one_line(task.display_name)} as of {format_time(moment, UTC)}{ended}")


def _no_log_yet(reader: _Reader, task: TaskSummary) -> NoLogYet:
    from elyra_neurodesk.runs.logs import NoLogYet

    why = f" {task.message}" if task.message else ""
    results = reader.observer.results
    name = one_line(task.display_name)
    text = f"there is no log of task '{name}' of run {results.run_id} ({task.state}).{why}"
    if task.task or results.connection.config.stores_in_directory:
        return NoLogYet(text)
    stored = "KFP stores its log when it has ended, if its launcher was not killed; "
    asked = "its pod has none any more" if reader.observer.pods else "--kube-context reads it from its pod"
    return NoLogYet(text, f"It is a node of a component catalog: {stored}{asked}.")


def _follow_logs(reader: _Reader, wanted: TaskSummary | None) -> None:
    from itertools import takewhile

    from elyra_neurodesk.runs.logs import follow_logs
    from elyra_neurodesk.runs.poll import poll

    def select(summary: RunSummary) -> tuple[TaskSummary, ...]:
        return tuple(task for task in summary.tasks if wanted is None or task.name == wanted.name)

    ended = False

    def going_on(summary: RunSummary) -> bool:
        """Let one more snapshot through after the task has ended: the one that reads its final log."""
        nonlocal ended
        before, ended = ended, wanted is not None and all(task.ended for task in select(summary))
        return not before

    last = ""
    printer = _Printer("")
    latest: tuple[TaskSummary, ...] = ()
    noted: set[str] = set()

    def seen(summary: RunSummary) -> RunSummary:
        nonlocal latest
        latest = select(summary)
        for line in summary.notes:
            if line not in noted:
                note(line)
        noted.update(summary.notes)
        return summary

    def write(task: TaskSummary, piece: bytes) -> None:
        nonlocal last, printer
        if wanted is None and task.name != last:
            printer.end(True)
            printer = _Printer(f"==> {one_line(task.display_name)} <==")
            last = task.name
        printer.write(piece)

    snapshots = poll(reader.observer.snapshot, on_unreachable=lambda problem: note(str(problem)))
    follow_logs(takewhile(going_on, map(seen, snapshots)), select, reader.logs.pass_on_new, write)
    printer.end(True)
    for task in latest:
        _note_as_of(reader, task)


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


def _print_json(reader: _Reader, tasks: Sequence[TaskSummary], tail: int | None) -> None:
    """Print a list of objects with ``task``, ``state``, ``as_of`` and ``log``, the logs piece by piece."""
    stream = click.get_text_stream("stdout", encoding="utf-8")
    separator = "["
    for task in tasks:
        moment = reader.observer.evidence.log_as_of(task)
        known = {"task": task.name, "state": task.state, "as_of": moment.isoformat() if moment else None}
        members = "".join(f"    {_member(name, value)},\n" for name, value in known.items())
        stream.write(f"{separator}\n  {{\n{members}")
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        begun = False

        def write(piece: bytes, final: bool = False) -> None:
            nonlocal begun
            if not begun:
                stream.write('    "log": "')
            begun = True
            stream.write(json.dumps(decoder.decode(piece, final), ensure_ascii=False)[1:-1])  # noqa: B023

        if _read(reader, task, tail, write):
            write(b"", True)
        stream.write('"\n  }' if begun else '    "log": null\n  }')
        separator = ","
    stream.write("\n]\n" if tasks else "[]\n")
    stream.flush()


def _member(name: str, value: str | None) -> str:
    return f'"{name}": {json.dumps(value, ensure_ascii=False)}'
