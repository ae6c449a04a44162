"""The processes below this one, and ending them by parentage: no environment, session or group hides them.

This process must be the subreaper of its descendants (`syscalls.adopt_orphans`) and wait for its children
itself: a child that it has not waited for keeps its process id, and so a signal to it reaches no stranger.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Collection

_ROUND_SECONDS = 0.02
_PARENT = 1  # field 4 of /proc/PID/stat (man 5 proc), counted from the one after the program's name


def parents() -> dict[int, int]:
    """Return the parent of every process on the machine, zombies included."""
    found = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  (half the time)
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stat:  # noqa: PTH123
                found[int(name)] = int(stat.read().rpartition(b")")[2].split()[_PARENT])
    return found


def descendants(without: Collection[int] = ()) -> list[int]:
    """Return the processes below this one, but for those in ``without`` and what is below them."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found: list[int] = []
    queue = [os.getpid()]
    while queue:
        for child in children.get(queue.pop(), ()):
            if child not in without:
                found.append(child)
                queue.append(child)
    return found


def reap() -> bool:
    """Wait for the children that have ended; return whether there are others."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def end_descendants(seconds: float, reap: Callable[[], bool] = reap, spare: Collection[int] = ()) -> bool:
    """Kill every process below this one, and wait for them.

    A generation dies in each round and its children become this process's own; a whole process group gets the
    signal at once, which is what ends a fork bomb.

    Args:
        seconds: time for all rounds together.
        reap: waits for the children that have ended and returns whether there are others.
        spare: children that stay, with their process groups.

    Returns:
        Whether none is left; what sleeps in the kernel (a dead network file system) or belongs to another
        user stays.
    """
    until = time.monotonic() + seconds
    while reap() and (children := _children(spare)):
        if time.monotonic() > until:
            return False
        for child in children:
            kill_group(child)
        signal.sigtimedwait((signal.SIGCHLD,), _ROUND_SECONDS)
    return True


def kill_group(child: int) -> None:
    """Kill a child that was not waited for, and its process group unless that is this process's own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        group = os.getpgid(child)
        if group == os.getpgrp():
            os.kill(child, signal.SIGKILL)
        else:
            os.killpg(group, signal.SIGKILL)


def _children(without: Collection[int]) -> list[int]:
    me = os.getpid()
    return [pid for pid, parent in parents().items() if parent == me and pid not in without]
