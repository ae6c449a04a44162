"""Reads the state of a container's directory: whether its commands run, and which they are.

``containers/<tool>_<version>_<date>/`` holds a container's image and one wrapper per command. A retired
container keeps its wrappers, which print a notice and exit 0, and has lost its image (neurocommand,
``cvmfs/sync_containers_to_cvmfs.sh``). The guard applies the rule to one wrapper, in a kernel
(``wrappers.py``) and in bash (``guard.bash``), and must stand alone there: a test keeps the three alike.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

RETIREMENT_NOTICE = "This container was disabled due to a known bug or vulnerability"
"""What the wrappers of a retired container print first."""

READY, RETIRED, GONE = "ready", "retired", "gone"

_HEAD = 4096  # bytes of a wrapper that are read


@dataclass(frozen=True)
class ContainerState:
    """A container's directory: its state (`READY`, `RETIRED` or `GONE`) and its commands."""

    state: str
    commands: frozenset[str]


def read_container(directory: Path) -> ContainerState:
    """Look at a container's directory.

    Raises:
        OSError: it seems to be there, but cannot be read: a mount that is failing.
    """
    if not _exists(directory):
        return ContainerState(GONE, frozenset())
    commands = read_commands(directory)
    if _exists(directory / f"{directory.name}.simg"):
        return ContainerState(READY, commands)
    # A tree without images, whose wrappers run something else, is as good as one with them.
    head = next((text for name in sorted(commands) if (text := _read_head(directory / name))), "")
    if RETIREMENT_NOTICE in head:
        return ContainerState(RETIRED, commands)
    return ContainerState(GONE if ".simg" in head else READY, commands)


def read_commands(directory: Path) -> frozenset[str]:
    """Return the commands that a container offers: the lines of its ``commands.txt``.

    Raises:
        OSError: there is one that cannot be read.
    """
    try:
        text = (directory / "commands.txt").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    names = (line.strip() for line in text.splitlines())
    return frozenset(name for name in names if name and "/" not in name)


def _exists(path: Path) -> bool:
    """Say whether a path is there; unlike ``Path.exists``, the same in every Python for a failing mount."""
    try:
        path.stat()
    except OSError as problem:
        if problem.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise
    return True


def _read_head(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return stream.read(_HEAD).decode(errors="replace")
    except OSError:
        return ""
