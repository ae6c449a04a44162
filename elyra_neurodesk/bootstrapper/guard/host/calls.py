"""The processes that Python code started: which of them failed without the code looking at their status."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from elyra_neurodesk.bootstrapper.guard.kernel import judge as shell_judge
from elyra_neurodesk.bootstrapper.guard.kernel import shell, wrappers
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note
from elyra_neurodesk.bootstrapper.guard.kernel.questions import HARMLESS, MISSING
from elyra_neurodesk.bootstrapper.guard.kernel.statuses import LINE_SEPARATOR

PREFIX = "p"  # of the ids of such calls; those of shell escapes begin with a digit
_ENDED_ON_REQUEST = (-15, -2, 143, 130)
_HINT = "Use subprocess.run(…, check=True), or look at the returncode."


@dataclass(frozen=True)
class PythonCall:
    """One process that Python code started.

    Attributes:
        cell: the cell that it was started in, None in a script.
        ended: the note that it ended, None as long as it has not.
        looked: whether its status was read.
        shown: whether its error output was read.
        dropped: whether nothing can read its status any more.
        numbers: in how many places the code may have its status as a number, whose use can leave no trace.
        words: the last lines that it printed, as far as Python code got them.
        inner: what the shells and tools that it consists of noted.
    """

    cell: int | None
    ended: Note | None = None
    looked: bool = False
    shown: bool = False
    dropped: bool = False
    numbers: int = 0
    words: tuple[str, ...] = ()
    inner: tuple[Note, ...] = ()


@dataclass
class PythonCalls:
    """The calls of one task, over all of its cells."""

    _known: dict[str, PythonCall] = field(default_factory=dict)

    def add(self, notes: Iterable[Note], cell: int | None) -> None:
        """Keep what was noted of calls while a cell ran."""
        for note in notes:
            call = self._known.get(note.call) or PythonCall(cell)
            self._known[note.call] = _with(call, note)

    def judge_ended(self) -> list[tuple[int | None, dict[str, Any]]]:
        """Return the findings, with their cells, of calls whose status nothing can look at any more."""
        done = {
            name: call
            for name, call in self._known.items()
            if call.ended is not None and (call.ended.status == 0 or call.looked or call.dropped)
        }
        return self._judge(done)

    def judge_rest(self) -> list[tuple[int | None, dict[str, Any]]]:
        """Return the findings of all other calls: the task has ended."""
        return self._judge(dict(self._known))

    def _judge(self, calls: dict[str, PythonCall]) -> list[tuple[int | None, dict[str, Any]]]:
        found = []
        for name, call in calls.items():
            del self._known[name]
            found += [(call.cell, item) for item in judge_call(call)]
        return found


def judge_call(call: PythonCall) -> list[dict[str, Any]]:
    """Return what is wrong with a call, as `kernel.judge.finding` makes it."""
    if call.ended is None:  # it still runs, or this was a process that was killed
        run = shell_judge.ShellRun("", notes=call.inner, observed=True)
        return shell_judge.judge(run)
    text = call.ended.command.replace(LINE_SEPARATOR, "\n")
    status, words = call.ended.status, "\n".join(call.words)
    run = shell_judge.ShellRun(text, status, words, call.inner)
    if status == 0 or shell_judge.is_answered(run):
        return _located(shell_judge.judge(run._replace(status=0)), call.ended)
    if call.looked or status in _ENDED_ON_REQUEST:
        return []
    return _located(_unread(run, call), call.ended)


def _unread(run: shell_judge.ShellRun, call: PythonCall) -> list[dict[str, Any]]:
    known = shell.commands(run.text)
    name = os.path.basename(known[-1].name) if known else run.text.split(" ")[0]  # noqa: PTH119
    tool = wrappers.find(name) is not None or any(note.kind == "tool" for note in call.inner)
    missing = run.status in MISSING
    if name in HARMLESS and not tool and not missing:
        return []
    certain = not call.shown and call.numbers <= 0 and (tool or missing or call.dropped)
    said = f": {' / '.join(call.words)[:300]}" if call.words else ""
    found = shell_judge.finding(
        "ND-GUARD-005" if missing else "ND-GUARD-006",
        name,
        f"`{shell_judge.shown(run.text)}` {shell_judge.describe(run.status)}, "
        f"and the code does not look at that{said}",
        _HINT,
        "error" if certain else "warning",
    )
    return [{**found, "tail": list(call.words)}]


def _located(found: list[dict[str, Any]], note: Note) -> list[dict[str, Any]]:
    """Return the findings with the line of the code that made the call; a module's is named in the text."""
    for item in found:
        if note.source == "cell" or note.line == 0:
            item["line"] = note.line or None
        else:
            item["message"] += f" ({os.path.basename(note.source)}, line {note.line})"  # noqa: PTH119
    return found


def _with(call: PythonCall, note: Note) -> PythonCall:
    if note.kind == "call":
        return replace(call, ended=note)
    if note.kind == "looked":
        return replace(call, looked=True)
    if note.kind == "shown":
        return replace(call, shown=True)
    if note.kind == "dropped":
        return replace(call, dropped=True)
    if note.kind in ("number", "unkept"):
        return replace(call, numbers=call.numbers + (1 if note.kind == "number" else -1))
    if note.kind == "said":
        return replace(call, words=tuple(note.command.split(LINE_SEPARATOR)))
    return replace(call, inner=(*call.inner, note))
