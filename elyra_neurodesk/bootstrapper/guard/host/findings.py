"""A finding of the guard, as the task record lists it.

==============  =====================================================================
ND-GUARD-001    a module load had no effect
ND-GUARD-002    a shell escape or script cell failed
ND-GUARD-003    a retired tool was loaded or called
ND-GUARD-004    a tool ended with 0 but printed a line that says it did not run
ND-GUARD-005    a command was not found, and what called it went on
ND-GUARD-006    a Neurodesk tool or another command failed, and what called it went on
ND-GUARD-007    a module load was not awaited
ND-GUARD-008    another version of a module was loaded than the one written (a warning)
ND-GUARD-009    a process was still running when the task ended (a warning)
ND-GUARD-010    exit() in the middle of a notebook
ND-GUARD-011    a declared output is a NIfTI image that cannot be read
ND-GUARD-012    a declared output is empty, or the same as a file that the task was given (a warning)
ND-GUARD-099    the guard itself failed (a warning)
==============  =====================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from elyra_neurodesk.record.model import GuardFinding


@dataclass(frozen=True)
class ReportedFinding(GuardFinding):
    """A finding as the guard works with it, with what the record leaves out.

    Attributes:
        tail: the last lines that the command printed.
        raised: whether it was raised in the user's code.
    """

    tail: tuple[str, ...] = ()
    raised: bool = False

    def __str__(self) -> str:
        """Return it as one line of a log."""
        place = [f"cell {self.cell}"] if self.cell is not None else []
        place += [f"line {self.line}"] if self.line is not None else []
        where = f"{', '.join(place)}: " if place else ""
        return f"{self.code}: {where}{self.message}.{' ' if self.hint else ''}{self.hint}"

    def recorded(self) -> GuardFinding:
        """Return it as the task record has it."""
        return GuardFinding(
            self.code, self.severity, self.cell, self.line, self.command, self.message, self.hint
        )

    def in_cell(self, cell: int | None) -> ReportedFinding:
        """Return it with the cell that it belongs to."""
        return replace(self, cell=cell)

    def handled(self) -> ReportedFinding:
        """Return it as a warning, because the user's code has caught it."""
        return replace(self, severity="warning", message=f"{self.message} (the notebook handled it)")


def read_finding(content: Mapping[str, Any]) -> ReportedFinding:
    """Return the finding that `kernel.judge.finding` made.

    Raises:
        KeyError: a field is missing.
        ValueError: a field has another type.
    """
    line = content["line"]
    return ReportedFinding(
        code=str(content["code"]),
        severity="error" if content["severity"] == "error" else "warning",
        cell=None,
        line=None if line is None else int(line),
        command=str(content["command"]),
        message=str(content["message"]),
        hint=str(content["hint"]),
        tail=tuple(str(text) for text in content.get("tail", ())),
        raised=bool(content["raised"]),
    )
