"""Judges a cell or script from what it printed and what its processes noted.

A Python kernel judges its shell escapes itself (`kernel.escapes`). The host judges the cells of bash and
R kernels, what a library calls in a Python cell, and scripts. What Python code calls itself is in `calls`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.bootstrapper.guard.kernel import judge as shell_judge
from elyra_neurodesk.bootstrapper.guard.kernel import lines
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note

_NEVER_AWAITED = re.compile(r".*RuntimeWarning: coroutine '(?:\w+\.)*load' was never awaited")


@dataclass(frozen=True)
class CellResult:
    """What is known of a cell or script that has ended.

    Attributes:
        source: its code.
        language: ``python``, ``bash``, ``r`` or another.
        output: what it printed, or the end of it.
        status: exit status of a shell kernel's cell.
        notes: what was noted outside shell escapes.
    """

    source: str
    language: str
    output: str
    status: int
    notes: Sequence[Note]


def judge(result: CellResult) -> list[dict[str, Any]]:
    """Return the findings, as `kernel.judge.finding` makes them."""
    if result.language == "bash":
        # the lines that an interactive bash counts are not those of the cell
        notes = [note._replace(line=0) for note in result.notes]
        run = shell_judge.ShellRun(result.source, result.status, result.output, notes, bash=True)
        return shell_judge.judge(run)
    found = [_load(note) for note in result.notes if note.kind == "load"]
    if result.language == "r":
        return [*found, *_r(result)]
    if result.language == "python":
        return [*found, *_python(result)]
    return [*found, *_tools(result, result.notes)]


def _python(result: CellResult) -> list[dict[str, Any]]:
    """Judge what a library ran, which may look at it; the code's own calls are judged in `calls`."""
    found = _tools(result, result.notes)
    if any(_NEVER_AWAITED.match(line) for line in lines.clean(result.output)):
        found.append(
            shell_judge.finding(
                "ND-GUARD-007",
                "module.load",
                "a module.load(…) was not awaited, so nothing was loaded",
                "Write `await module.load(…)`, in a script `asyncio.run(module.load(…))`.",
            )
        )
    return found


def _r(result: CellResult) -> list[dict[str, Any]]:
    found = [unused_in_r(note) for note in result.notes if note.kind == "rdropped"]
    others = [note for note in result.notes if note.kind not in ("r", "rdropped", "rkept", "load")]
    return [*found, *_tools(result, others)]


def unused_in_r(note: Note, severity: str = "error") -> dict[str, Any]:
    """Return the finding that a command failed in R whose status nothing uses."""
    what = f"`{shell_judge.shown(note.command)}` {shell_judge.describe(note.status)}"
    return shell_judge.finding(
        "ND-GUARD-002",
        note.command,
        f"{what}, and its result is not used",
        "Look at what system() returns if it does not matter.",
        severity,
    )


def _tools(result: CellResult, noted: Sequence[Note]) -> list[dict[str, Any]]:
    """Judge the tools that ran where nothing is known of the code that called them."""
    run = shell_judge.ShellRun("", 0, result.output, noted, bash=True, observed=True)
    return shell_judge.judge(run)


def _load(note: Note) -> dict[str, Any]:
    return shell_judge.finding(
        "ND-GUARD-001",
        f"module load {note.command}",
        f"the module {note.command} was not loaded: Lmod ended with exit status {note.status}",
        "`elyra-neurodesk modules search` lists what there is.",
    )
