"""Killing the processes that a pod's supervisor left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .environment import MARK


def kill_leftovers(directory: Path, seconds: float = 2.0) -> None:
    """Kill every process of an attempt, found by the mark in its environment, until none is left."""
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
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes():  # empty for a zombie
                    yield int(entry.name)
