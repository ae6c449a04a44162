"""Processes of this machine, told apart by their start time, and free ports."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.errors import NeurodeskError

LOOPBACK = "127.0.0.1"
_PORTS_TRIED = 200


class PortInUse(NeurodeskError):
    """A port that was asked for by name belongs to somebody else."""

    code = "ND-LOCAL-001"
    hint = "End the program that listens there, or choose another port."


class NoFreePort(NeurodeskError):
    """No port could be had above the preferred one."""

    code = "ND-LOCAL-002"
    hint = "Name a free port with --port and --store-port."


class Busy(NeurodeskError):
    """Another `local up` or `local down` holds the lock."""

    code = "ND-LOCAL-003"
    hint = "Wait until the other command has ended, then try again."


@dataclass(frozen=True)
class Process:
    """A process that cannot be mistaken for a later one with the same number.

    Attributes:
        pid: process id.
        started: start time in clock ticks since boot, field 22 of /proc/<pid>/stat (man 5 proc).
    """

    pid: int
    started: int

    def alive(self) -> bool:
        """Return whether this very process still runs; a zombie does not."""
        return self.pid > 0 and started(self.pid) == self.started

    def stop(self, patience: float) -> bool:
        """Ask the process to end, and after ``patience`` seconds kill it.

        Returns:
            Whether the process is gone.
        """
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
            if not self.alive():
                return True
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                return True
            if self._gone_within(seconds):
                return True
        return not self.alive()

    def _gone_within(self, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


def started(pid: int) -> int:
    """Return when the process began, in clock ticks since boot; 0 when there is none or it is a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    fields = text.rpartition(")")[2].split()  # the command may hold spaces and brackets
    return 0 if fields[0] in "ZX" else int(fields[19])


def port_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose_port(wanted: int | None, preferred: int, option: str, avoid: frozenset[int] = frozenset()) -> int:
    """Return the port to listen on.

    Args:
        wanted: the port the user named with ``option``, or None.
        preferred: where to begin looking when the user named none.
        option: name of the option, for the message.
        avoid: ports promised to somebody else.

    Raises:
        PortInUse: the port the user named is taken.
        NoFreePort: nothing is free in the 200 ports from ``preferred`` on.
    """
    if wanted is not None:
        if wanted in avoid or not 0 < wanted < 65536 or not port_free(wanted):
            raise PortInUse(f"port {wanted} on {LOOPBACK} cannot be had ({option} {wanted}).")
        return wanted
    for port in range(preferred, min(preferred + _PORTS_TRIED, 65536)):
        if port not in avoid and port_free(port):
            return port
    raise NoFreePort(f"no free port from {preferred} to {preferred + _PORTS_TRIED - 1} on {LOOPBACK}.")


@contextmanager
def locked(path: Path, patience: float = 30.0) -> Iterator[None]:
    """Hold the lock file ``path`` (0600) exclusively.

    Raises:
        Busy: somebody else held it for ``patience`` seconds.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        end = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise Busy(f"another command holds {path} for more than {patience:.0f} s.") from None
                time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)
