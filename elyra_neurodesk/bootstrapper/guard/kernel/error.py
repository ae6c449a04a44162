"""The one exception that the guard raises in a notebook."""

from __future__ import annotations

from subprocess import CalledProcessError
from typing import Any


class NeurodeskGuardError(CalledProcessError):
    """A tool or module load of the cell did not work.

    A ``CalledProcessError`` because that is what ``%%bash`` raises without us: a notebook that catches it
    still does.

    Args:
        finding: as `judge.finding` makes it.
        status: exit status of the command, 1 where there is none.
    """

    def __init__(self, finding: dict[str, Any], status: int = 1) -> None:
        super().__init__(status, finding["command"])
        self.finding = finding

    def __str__(self) -> str:
        return f"{self.finding['code']}: {self.finding['message']}"

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback through its own code."""
        return render(self.finding)


def render(finding: dict[str, Any]) -> list[str]:
    """Return the lines of the short traceback."""
    where = f"line {finding['line']}: " if finding.get("line") else ""
    summary = [f"NeurodeskGuardError: {finding['code']}: {finding['message']}."]
    words = list(finding.get("tail", ())[-5:])
    said = [f"    | {line[:300]}" for line in words] if len(words) > 1 else []
    hint = [f"    {finding['hint']}"] if finding.get("hint") else []
    return [f"----> {where}{finding['command']}", *said, *summary, *hint]
