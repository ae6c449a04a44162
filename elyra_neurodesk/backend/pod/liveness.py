"""Telling from files and /proc whether a pod's supervisor runs, also for a server that did not start it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .environment import MARK

LOCK = "pod.lock"
_PROC = Path("/proc")
_START_TIME = 19  # field 22 of /proc/PID/stat, counted from the one after the program's name


def start_time(pid: int) -> float | None:
    """Return when a process started, in clock ticks since boot; None when it is gone or a zombie."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else float(fields[_START_TIME])


def take_lock(directory: Path) -> int | None:
    """Take the lock that a supervisor holds as long as it lives; None when another one holds it."""
    descriptor = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def is_locked(directory: Path) -> bool:
    """Return whether a supervisor runs for an attempt's directory."""
    if not (directory / LOCK).exists():
        return False
    descriptor = take_lock(directory)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


def kill_leftovers(directory: Path, seconds: float = 2.0) -> None:
    """Kill every process of an attempt, known by the mark in its environment, until none is left."""
    until = time.monotonic() + seconds
    while found := list(_marked(directory)):
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > until:
            return
        time.sleep(0.01)


def _marked(directory: Path) -> Iterator[int]:
    mark = f"{MARK}={directory}\0".encode()
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes() and start_time(int(entry.name)) is not None:
                    yield int(entry.name)
