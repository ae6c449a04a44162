"""How a long log is stored while its task runs: its end, after a line that says how much is left out.

Standard library only: tasks import this.
"""

from __future__ import annotations

import re
from typing import Final

_LINE: Final = re.compile(rb"neurodesk: the first (\d+) bytes of this log are left out until the task ends\n")
MAX_LINE: Final = 200
"""The line has fewer bytes."""


def left_out_line(count: int) -> bytes:
    """Return the line that stands before the rest of a log without its first ``count`` bytes."""
    return b"neurodesk: the first %d bytes of this log are left out until the task ends\n" % count


def split_left_out(beginning: bytes) -> tuple[int, int]:
    """Return how many bytes are left out, and how long the line is that says so: 0, 0 for a whole log.

    Args:
        beginning: the log's first `MAX_LINE` bytes, or all of it.
    """
    found = _LINE.match(beginning)
    return (int(found[1]), found.end()) if found else (0, 0)
