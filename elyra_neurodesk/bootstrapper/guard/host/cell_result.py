"""Judges a cell or script from what it printed and what its processes noted.

A Python kernel judges its shell escapes itself (`kernel.escapes`). The host judges the cells of bash and
R kernels, what a Python cell calls through `os` or `subprocess`, and scripts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from elyra_neurodesk.bootstrapper.guard.kernel import judge as shell_judge
from elyra_neurodesk.bootstrapper.guard.kernel import lines
from elyra_neurodesk.bootstrapper.guard.kernel.notes import Note

_MODULES = ("subprocess", "os", "sp")
_NAMES = ("system", "call", "run", "Popen")
_NEVER_AWAITED = re.compile(r".*RuntimeWarning: coroutine '(?:\w+\.)*load' was never awaited")
_R_STATEMENT = re.compile(r"^\s*(?:invisible\()?system2?\(", re.MULTILINE)


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


def status_use(source: str, name: str) -> Literal["dropped", "used", "unknown"]:
    """Tell what Python source does with the status of a command that it starts by ``os`` or ``subprocess``.

    IPython's own syntax is left out; a cell that does not parse then is ``unknown``.

    Args:
        source: a cell or a script.
        name: the command. Calls that do not name it count only as long as all are alike.

    Returns:
        ``dropped``: it is called by a statement that neither takes the result nor has ``check=True``;
        ``used``: it is not; ``unknown``: nothing starts it here, or it is not clear.
    """
    plain = "\n".join(
        line[: len(line) - len(line.lstrip())] + "pass" if line.lstrip()[:1] in ("!", "%") else line
        for line in source.split("\n")
    )
    try:
        tree = ast.parse(plain)
    except (SyntaxError, ValueError, RecursionError):
        return "unknown"
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _starts_process(node)]
    named = [call for call in calls if name in ast.unparse(call)]
    drops = {id(call) in statements and not _checks(call) for call in named or calls}
    if len(drops) != 1:
        return "unknown"
    return "dropped" if drops.pop() else "used"


def _python(result: CellResult) -> list[dict[str, Any]]:
    found = []
    for item in shell_judge.judge(shell_judge.ShellRun("", 0, result.output, result.notes, bash=True)):
        if item["code"] in ("ND-GUARD-005", "ND-GUARD-006"):
            use = status_use(result.source, item["command"])
            if use == "used":  # the code looks at it by itself
                continue
            if use == "unknown":
                item["severity"] = "warning"
        found.append(item)
    if not found:
        found = [
            shell_judge.finding(
                "ND-GUARD-005",
                item.name,
                f"`{item.name}` was not found, and the code does not look at the exit status",
                "Use subprocess.run(…, check=True), and load the module that provides it.",
            )
            for item in lines.missing(result.output)
            if item.name in result.source and status_use(result.source, item.name) == "dropped"
        ][:1]
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
    found = []
    for note in result.notes:
        bare = note.kind == "rdropped" or (
            note.source == "R" and _R_STATEMENT.search(result.source) is not None
        )
        if note.kind in ("r", "rdropped") and bare and not shell_judge.is_answer(note.command, note.status):
            what = f"`{shell_judge.shown(note.command)}` {shell_judge.describe(note.status)}"
            found.append(
                shell_judge.finding(
                    "ND-GUARD-002",
                    note.command,
                    f"{what}, and its result is not used",
                    "Look at what system() returns if it does not matter.",
                )
            )
    others = [note for note in result.notes if note.kind not in ("r", "rdropped", "load")]
    return [*found, *_tools(result, others)]


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


def _starts_process(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute):
        return (
            isinstance(function.value, ast.Name)
            and function.value.id in _MODULES
            and function.attr in (*_NAMES, "check_call", "check_output")
        )
    return isinstance(function, ast.Name) and function.id in ("system", "Popen", "check_call", "check_output")


def _checks(call: ast.Call) -> bool:
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    asked = any(
        item.arg == "check" and not (isinstance(item.value, ast.Constant) and not item.value.value)
        for item in call.keywords
    )
    return asked or name in ("check_call", "check_output")
