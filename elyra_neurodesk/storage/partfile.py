"""Files that are being written: a random name beside the file that they become.

Each is locked (flock) by who writes it, so that one left by a crash can be told from one in use.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PART_PREFIX = ".elyra-neurodesk-part-"
"""Prefix of the names of files that are being written."""

_NAME = re.compile(re.escape(PART_PREFIX) + "[0-9a-f]{32}")


def is_part(name: str) -> bool:
    """Return whether a file's name is that of a file that is being written, or was when a crash came."""
    return _NAME.fullmatch(name) is not None


def part_beside(path: Path) -> Path:
    """Return a new name in the directory of ``path``, as long for every name (58 bytes)."""
    return path.with_name(PART_PREFIX + secrets.token_hex(16))


@contextmanager
def part_file(path: Path, mode: int = 0o600) -> Iterator[tuple[Path, int]]:
    """Make a file beside ``path``, locked; what is left of it at the end of the block is removed.

    Args:
        path: what it becomes.
        mode: permissions, before the umask.

    Yields:
        its path, and a descriptor to read and write.

    Raises:
        OSError: it cannot be made.
    """
    part = part_beside(path)
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with suppress(OSError):  # file systems without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield part, descriptor
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        os.close(descriptor)


def make_directories(path: Path) -> None:
    """Make a directory with its parents (0700), so that they outlast a power cut."""
    if path.is_dir():
        return
    for again in (True, True, False):
        make_directories(path.parent)
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:  # made by another task a moment ago; a file in the way is seen later
            pass
        except FileNotFoundError:  # the parent was empty, and removed with the last object of another run
            if again:
                continue
            raise
        sync_directory(path.parent)
        return


def sync_directory(path: Path) -> None:
    """Wait until the disk has the names in a directory."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(part: Path, descriptor: int, target: Path) -> None:
    """Give a complete file its name, durably."""
    os.fsync(descriptor)
    part.replace(target)
    sync_directory(target.parent)


def remove_leftovers(directory: Path) -> int:
    """Remove files that nobody writes any more, at any depth, and return how many those were.

    Files of processes that are alive are locked, and stay. Nothing is raised for what cannot be read or
    removed: it is never listed anyway.
    """
    removed = 0
    for folder, _, names in os.walk(directory):
        for name in filter(is_part, names):
            with suppress(OSError):
                removed += _remove_unlocked(Path(folder, name))
    return removed


def _remove_unlocked(part: Path) -> bool:
    descriptor = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        part.unlink()
    finally:
        os.close(descriptor)
    return True
