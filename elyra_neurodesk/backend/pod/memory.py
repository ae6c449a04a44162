"""The memory that the processes of a container use together, and its limit."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

_SECONDS = 0.5
_NEAR, _NEAR_SECONDS = 0.75, 0.1
_MAX_SHARE = 0.02  # of a core, for looking
_PAGE = os.sysconf("SC_PAGE_SIZE")


class MemoryExceeded(Exception):
    """The processes use more memory than their limit; ``used`` is how much, in bytes."""

    def __init__(self, used: int) -> None:
        super().__init__(used)
        self.used = used


class MemoryWatch:
    """Looks at the processes' memory twice a second, more often near the limit, rarely where looking is slow.

    Args:
        limit: bytes.

    Attributes:
        due: when to look again (monotonic clock).
        peak: the most that was seen, in bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.due = time.monotonic() + _SECONDS
        self.peak = 0

    def look(self, processes: Sequence[int]) -> None:
        """Measure the processes.

        Raises:
            MemoryExceeded: together they use more than the limit.
        """
        begin = time.monotonic()
        used = memory_used(processes, self._limit)
        self.peak = max(self.peak, used)
        if used > self._limit:
            raise MemoryExceeded(used)
        now = time.monotonic()
        seconds = _NEAR_SECONDS if used > _NEAR * self._limit else _SECONDS
        self.due = now + max(seconds, (now - begin) / _MAX_SHARE)

    def ended(self) -> None:
        """Do nothing: processes that have ended use no memory."""


def memory_used(processes: Sequence[int], limit: int) -> int:
    """Return the bytes that processes use together.

    Above ``limit`` it is their proportional set size (PSS), which counts a page once however many processes
    share it; below it the resident set size, which is at least that and quicker to read.
    """
    resident = sum(_resident(pid) for pid in processes)
    return resident if resident <= limit else sum(_proportional(pid) for pid in processes)


def _resident(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123  (half the time)
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup", "rb") as file:  # noqa: PTH123
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(b"Pss:"))
    except (OSError, StopIteration):  # ended, another user's, or before Linux 4.14
        return _resident(pid)
