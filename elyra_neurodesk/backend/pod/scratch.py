"""The directories that live as long as a pod."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

# Programs make sockets in TMPDIR, whose whole path may have 107 bytes; they add up to about 40 themselves.
_MAX_TMP_BYTES = 60
_SYSTEM_TMP = Path("/tmp")  # noqa: S108  (only a directory of our own is made there)
_ALWAYS = ("tmp", "volumes", "stage")


def make_scratch(directory: Path) -> str:
    """Make an attempt's directories and return the one for temporary files, by a short name.

    The files themselves are in the attempt's directory; where its path is long, a link leads there. The
    link is in a directory below /tmp that is this user's alone, so that nobody else can make or move it.
    """
    for name in (*_ALWAYS, "work", "outputs/parameters", "outputs/artifacts"):
        (directory / name).mkdir(parents=True, exist_ok=True)
    place = directory / "tmp"
    if len(str(place).encode()) <= _MAX_TMP_BYTES:
        return str(place)
    link = _link(directory)
    with contextlib.suppress(OSError):
        link.parent.mkdir(mode=0o700, exist_ok=True)
        if _is_private(link.parent):
            link.symlink_to(place)
    return str(link if _is_ours(link, place) else place)


def remove_scratch(directory: Path, work: bool) -> None:
    """Remove what does not outlive a pod; ``work`` tells whether the working directory goes as well."""
    link = _link(directory)
    with contextlib.suppress(OSError):
        if _is_ours(link, directory / "tmp"):
            link.unlink()
    for name in (*_ALWAYS, "work") if work else _ALWAYS:
        shutil.rmtree(directory / name, ignore_errors=True)


def reserve(directory: Path, size: int = 1 << 17) -> Callable[[], None]:
    """Keep room (bytes) for what is written at a pod's end, though the task fills the disk.

    Returns:
        What gives the room back.
    """
    place = directory / ".reserve"
    with contextlib.suppress(OSError), place.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)

    def release() -> None:
        with contextlib.suppress(OSError):
            place.unlink(missing_ok=True)

    return release


def _link(directory: Path) -> Path:
    return _SYSTEM_TMP / f"nd-{os.geteuid()}" / hashlib.sha256(str(directory).encode()).hexdigest()[:12]


def _is_ours(link: Path, place: Path) -> bool:
    try:
        return _is_private(link.parent) and link.readlink() == place
    except OSError:
        return False


def _is_private(directory: Path) -> bool:
    """Return whether this is a directory, not a link, that this user owns and no other may use."""
    facts = directory.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & 0o077
