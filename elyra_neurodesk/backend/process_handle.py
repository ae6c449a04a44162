"""Processes that are found again after a restart of the server, by process id, start time and boot id.

Read from /proc with the standard library: the pod supervisor runs without site-packages, so psutil could only
serve half of the backend; and psutil gives start times in wall-clock time, which moves when the clock is set.
"""

from __future__ import annotations

import functools
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_START_TIME = 19  # field 22 of /proc/PID/stat (man 5 proc), counted from the one after the program's name
_KILL_SECONDS = 5.0
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def start_time(pid: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 when there is none, or only a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()  # the program's name may have spaces and brackets
    return 0 if fields[0] in "ZX" else int(fields[_START_TIME])


@functools.cache
def boot_id() -> str:
    """Return the UUID of this boot (man 5 proc_sys_kernel); "" in a sandbox without it."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True)
class ProcessHandle:
    """A process that cannot be mistaken for a later one with the same id, after a reboot neither.

    Attributes:
        pid: process id; 0 when unknown.
        started: start time in clock ticks since boot, and the boot id: ``<ticks>@<UUID>``; "" when unknown.
    """

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessHandle:
        """Return the handle of the process that has this id now."""
        ticks = start_time(pid)
        return cls(pid, f"{ticks}@{boot_id()}" if ticks else "")

    def alive(self) -> bool:
        """Return whether this very process still runs; a zombie does not."""
        return self.pid > 0 and self.started != "" and ProcessHandle.of(self.pid) == self

    def send(self, number: int) -> bool:
        """Send a signal to this very process.

        Returns:
            Whether it was there to get it.

        Raises:
            PermissionError: it belongs to another user.
        """
        try:
            # refers to one process whatever becomes of its id, so that looking and sending are one step
            descriptor = os.pidfd_open(self.pid) if self.pid > 0 else -1
        except ProcessLookupError:
            return False
        except OSError:  # before Linux 5.3, or forbidden in a container
            descriptor = -1
        try:
            if not self.alive():
                return False
            if descriptor >= 0:
                signal.pidfd_send_signal(descriptor, number)
            else:
                os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return True

    def stop(self, grace_seconds: float) -> bool:
        """Send SIGTERM, and SIGKILL after ``grace_seconds``.

        Returns:
            Whether the process is gone.
        """
        for number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, _KILL_SECONDS)):
            if not self.send(number):
                return True
            end = time.monotonic() + seconds
            while self.alive() and time.monotonic() < end:
                time.sleep(0.05)
        return not self.alive()


UNKNOWN = ProcessHandle(0, "")
