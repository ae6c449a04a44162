"""The cell that is running, and how findings are reported from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import FrameType
from typing import Any

from . import notes
from .error import NeurodeskGuardError


class Cell:
    """The running cell.

    Attributes:
        source: its text as the user wrote it.
    """

    def __init__(self) -> None:
        self.source = ""

    def begin(self, info: Any) -> None:
        """Keep the source, from what IPython passes to ``pre_run_cell``."""
        self.source = str(getattr(info, "raw_cell", "") or "")

    def end(self) -> None:
        """Forget the cell: what runs from now on is a callback."""
        self.source = ""

    @property
    def reads_status(self) -> bool:
        """Whether the cell reads the exit status of its shell escapes."""
        return "_exit_code" in self.source

    @staticmethod
    def line(depth: int = 1) -> int:
        """Return the line (from 1) of the cell that is running now, 0 if it is not known."""
        frame: FrameType | None = sys._getframe(depth)
        while frame is not None:
            name = frame.f_code.co_filename
            if "ipykernel_" in name or name.startswith("<ipython-input"):
                return frame.f_lineno
            frame = frame.f_back
        return 0


def report(findings: Iterable[dict[str, Any]], status: int = 1) -> None:
    """Write the findings; in a strict task raise the first one that is an error.

    Raises:
        NeurodeskGuardError: there is an error, and the task is strict.
    """
    raising = None
    for finding in findings:
        strict = os.environ.get(notes.MODE) == "error" and finding["severity"] == "error"
        if strict and raising is None:
            raising = finding
        notes.write({**finding, "raised": strict and raising is finding})
    if raising is not None:
        raise NeurodeskGuardError(raising, status or 1) from None
