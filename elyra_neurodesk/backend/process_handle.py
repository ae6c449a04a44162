"""Processes that are found again after a restart of the server, by process id and start time.

Read from /proc with the standard library: the pod supervisor runs without site-packages, so psutil could only
serve half of the backend; and psutil gives start times in wall-clock time, which moves when the clock is set.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_START_TIME = 19  # field 22 of /proc/PID/stat (man 5 proc), counted from the one after the program's name
_KILL_SECONDS = 5.0


def start_time(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 when there is none, or only a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()  # the program's name may have spaces and brackets
    return 0 if fields[0] in "ZX" else int(fields[_START_TIME])


@dataclass(frozen=True)
class ProcessHandle:
    """A process that cannot be mistaken for a later one with the same id.

    Attributes:
        pid: process id; 0 when unknown.
        started: start time in clock ticks since boot.
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> ProcessHandle:
        """Return the handle of the process that has this id now."""
        return cls(pid, start_time(pid))

    def alive(self) -> bool:
        """Return whether this very process still runs; a zombie does not."""
        return self.pid > 0 and self.started > 0 and start_time(self.pid) == self.started

    def stop(self, grace_seconds: float) -> bool:
        """Send SIGTERM, and SIGKILL after ``grace_seconds``.

        Returns:
            Whether the process is gone.
        """
        for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, _KILL_SECONDS)):
            if not self.alive():
                return True
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return True
            end = time.monotonic() + seconds
            while self.alive() and time.monotonic() < end:
                time.sleep(0.05)
        return not self.alive()
