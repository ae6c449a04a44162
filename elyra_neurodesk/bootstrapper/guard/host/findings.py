"""A finding of the guard, as the task record lists it.

==============  =====================================================================
ND-GUARD-001    a module load had no effect
ND-GUARD-002    a shell escape or script cell failed
ND-GUARD-003    a retired tool was loaded or called
ND-GUARD-004    a tool ended with 0 but printed a line that says it did not run
ND-GUARD-005    a command was not found, and what called it went on
ND-GUARD-006    a Neurodesk tool failed, and what called it went on
ND-GUARD-007    a module load was not awaited
ND-GUARD-008    another version of a module was loaded than the one written (a warning)
ND-GUARD-099    the guard itself failed (a warning)
==============  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class GuardFinding:
    """One finding.

    Attributes:
        code: stable code, ``ND-GUARD-NNN``.
        severity: ``error`` (it ends a strict task) or ``warning``.
        command: what was run or loaded, one line.
        message: what is wrong, one line without a full stop at its end.
        hint: what to do, "" for nothing.
        cell: the notebook's cell, from 1, counting all cells; None for a script.
        line: line in the cell or the script, from 1; None where it is not known.
        tail: the last lines that the command printed.
        raised: whether it was raised in the user's code.
    """

    code: str
    severity: Severity
    command: str
    message: str
    hint: str = ""
    cell: int | None = None
    line: int | None = None
    tail: tuple[str, ...] = ()
    raised: bool = False

    def __str__(self) -> str:
        """Return it as one line of a log."""
        place = [f"cell {self.cell}"] if self.cell is not None else []
        place += [f"line {self.line}"] if self.line is not None else []
        where = f"{', '.join(place)}: " if place else ""
        return f"{self.code}: {where}{self.message}.{' ' if self.hint else ''}{self.hint}"

    def as_record(self) -> dict[str, Any]:
        """Return the form in which a task record lists it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "cell": self.cell,
            "line": self.line,
            "command": self.command,
            "message": self.message,
            "hint": self.hint,
        }

    def in_cell(self, cell: int | None) -> GuardFinding:
        """Return it with the cell that it belongs to."""
        return replace(self, cell=cell)

    def handled(self) -> GuardFinding:
        """Return it as a warning, because the user's code has caught it."""
        return replace(self, severity="warning", message=f"{self.message} (the notebook handled it)")


def read_finding(content: Mapping[str, Any]) -> GuardFinding:
    """Return the finding that `kernel.judge.finding` made.

    Raises:
        KeyError: a field is missing.
        ValueError: a field has another type.
    """
    line = content["line"]
    return GuardFinding(
        code=str(content["code"]),
        severity="error" if content["severity"] == "error" else "warning",
        command=str(content["command"]),
        message=str(content["message"]),
        hint=str(content["hint"]),
        line=None if line is None else int(line),
        tail=tuple(str(text) for text in content.get("tail", ())),
        raised=bool(content["raised"]),
    )
