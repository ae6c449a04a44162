"""Locks that the kernel releases when their holder ends, however it ends: flock(2) on a file.

One module for the server's locks and the pod supervisor's, standard library only for the latter's sake.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elyra_neurodesk.errors import NeurodeskError


class Busy(NeurodeskError):
    """Another `local up` or `local down` holds the lock."""

    code = "ND-LOCAL-003"
    hint = "Wait until the other command has ended, then try again."


def try_lock(file: Path) -> int | None:
    """Take the exclusive lock on a file (0600, made when missing).

    Returns:
        The file descriptor that holds the lock until it is closed; None when another process holds it.
    """
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def is_locked(file: Path) -> bool:
    """Return whether a process holds the lock on a file; False when there is no such file."""
    if not file.exists():
        return False
    descriptor = try_lock(file)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False


@contextmanager
def locked(file: Path, timeout_seconds: float = 30.0, holder: str = "") -> Iterator[None]:
    """Hold the lock on a file.

    Args:
        file: made when missing.
        timeout_seconds: to wait for it.
        holder: what the file says of who holds the lock; this process's id when left out.

    Raises:
        Busy: another process held it for ``timeout_seconds``.
    """
    end = time.monotonic() + timeout_seconds
    while (descriptor := try_lock(file)) is None:
        if time.monotonic() > end:
            raise Busy(
                f"another command has held {file} for more than {timeout_seconds:.0f} s{_named(file)}."
            )
        time.sleep(0.1)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, (holder or str(os.getpid())).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _named(file: Path) -> str:
    """Return the holder of a lock as a part of a message, "" when the file does not say it."""
    with contextlib.suppress(OSError):
        holder = file.read_text(encoding="utf-8", errors="replace")
        if holder.isdigit():
            return f" (process {holder})"
    return ""
