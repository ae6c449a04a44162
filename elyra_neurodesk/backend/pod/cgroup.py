"""A memory limit that the kernel enforces: a control group (cgroup) for the processes of one task.

Version 2 is https://docs.kernel.org/admin-guide/cgroup-v2.html, version 1
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html; they differ in the names of files. Standard library
only: the pod supervisor imports this module.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .memory import MemoryExceeded

PROCESSES = "cgroup.procs"
"""Writing "0" to this file of a group moves the process that writes into it."""

_SECONDS = 0.5
_END_SECONDS = 2.0
_ROUND_SECONDS = 0.01


@dataclass(frozen=True)
class _Files:
    """Names of a group's files.

    Attributes:
        limit: bytes of memory.
        others: what else is set, if there is such a file: "{limit}" stands for the limit.
        peak: the most that was used, bytes.
        events: has the line ``oom_kill <how often the kernel killed a process of the group>``.
    """

    limit: str
    others: Mapping[str, str]
    peak: str
    events: str


# as Kubernetes does it: no swap, and what exceeds the limit is killed as a whole
_V2 = _Files("memory.max", {"memory.swap.max": "0", "memory.oom.group": "1"}, "memory.peak", "memory.events")
# version 1 kills one process; `MemoryCgroup.look` sees it and has the others killed
_V1 = _Files(
    "memory.limit_in_bytes",
    {"memory.memsw.limit_in_bytes": "{limit}"},
    "memory.max_usage_in_bytes",
    "memory.oom_control",
)


class MemoryCgroup:
    """The control group of one task, and what tells that the kernel killed in it (a `supervisor.Watch`).

    Args:
        directory: is made; its parent is a group whose children have the memory controller.
        limit: bytes.

    Attributes:
        directory: the group's.
        due: when to look again (monotonic clock).

    Raises:
        OSError: the group cannot be made, or the kernel would not tell of what it kills.
    """

    def __init__(self, directory: Path, limit: int) -> None:
        self.directory = directory
        self.due = time.monotonic() + _SECONDS
        self._limit = limit
        directory.mkdir(exist_ok=True)
        try:
            self._files = _V2 if (directory / _V2.limit).exists() else _V1
            (directory / self._files.limit).write_text(str(limit))
            for name, value in self._files.others.items():
                if (directory / name).exists():
                    (directory / name).write_text(value.format(limit=limit))
            self._before = self._kills()  # 0, but for a group that a crash has left
        except OSError:
            remove_group(directory)
            raise

    def look(self, processes: Sequence[int]) -> None:
        """Raise `MemoryExceeded` if the kernel killed a process; ``processes`` is not needed."""
        if self._kills() > self._before:
            raise MemoryExceeded(self._peak())
        self.due = time.monotonic() + _SECONDS

    def ended(self) -> None:
        """Raise `MemoryExceeded` if the kernel killed a process since the last look."""
        self.look(())

    def _kills(self) -> int:
        lines = (self.directory / self._files.events).read_text().splitlines()
        found = [line.split()[1] for line in lines if line.startswith("oom_kill ")]
        if not found:
            raise OSError(f"{self._files.events} does not count what was killed")
        return int(found[0])

    def _peak(self) -> int:
        try:
            return int((self.directory / self._files.peak).read_text())
        except (OSError, ValueError):  # before Linux 5.19
            return self._limit


def remove_group(directory: Path) -> bool:
    """Kill what is left in a group and remove it; return whether it is gone."""
    until = time.monotonic() + _END_SECONDS
    while True:
        try:
            directory.rmdir()
        except FileNotFoundError:
            return True
        except OSError:  # processes are in it, if only for a moment
            if time.monotonic() > until:
                return False
            for pid in _processes(directory):
                _kill(pid, directory)
            time.sleep(_ROUND_SECONDS)
        else:
            return True


def _processes(directory: Path) -> list[int]:
    try:
        return [int(line) for line in (directory / PROCESSES).read_text().split()]
    except (OSError, ValueError):
        return []


def _kill(pid: int, directory: Path) -> None:
    """Kill a process of a group; not a stranger that has got its number since."""
    with contextlib.suppress(OSError):
        descriptor = os.pidfd_open(pid)
        try:
            if pid in _processes(directory):
                signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        finally:
            os.close(descriptor)
