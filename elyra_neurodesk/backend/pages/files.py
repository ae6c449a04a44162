"""Files that pages show: objects of the store and ends of logs. Nothing outside their directories."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.backend.db.catalog import NotFound
from elyra_neurodesk.record.undeclared import DIRECTORY
from elyra_neurodesk.storage.partfile import is_part

TAIL_LINES = 200
_TAIL_BYTES = 256 * 1024
MAX_FILES_LISTED = 5000


@dataclass(frozen=True)
class ListedFile:
    """An object of a run: its path below the run's directory in the store, and its size in bytes."""

    path: str
    size: int

    @property
    def undeclared(self) -> bool:
        """Whether it was kept although the task's node does not declare it as an output."""
        return self.path.split("/")[1:2] == [DIRECTORY]


def resolve_inside(directory: Path, path: str) -> Path:
    """Return the plain file ``path`` below ``directory``.

    Raises:
        NotFound: there is none, or ``path`` leads outside, by dots or by a symbolic link.
    """
    try:
        root = directory.resolve(strict=True)
        found = (root / path).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise NotFound(f"there is no file {path!r}.") from None
    if is_part(found.name) or root not in found.parents or not found.is_file():
        raise NotFound(f"there is no file {path!r}.")
    return found


def stored_files(directory: Path) -> list[ListedFile]:
    """Return the objects below ``directory``, by path; at most 5,000."""
    return sorted(_walk(directory), key=lambda item: item.path)


def _walk(directory: Path) -> Iterator[ListedFile]:
    count = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            file = Path(folder, name)
            if file.is_symlink() or is_part(name):
                continue
            count += 1
            if count > MAX_FILES_LISTED:
                return
            yield ListedFile(file.relative_to(directory).as_posix(), file.stat().st_size)


def tail(file: Path, lines: int = TAIL_LINES) -> tuple[str, bool]:
    """Return the last lines of a log, at most 256 KiB, and whether that is all of it."""
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - _TAIL_BYTES))
        content = stream.read(_TAIL_BYTES)
    found = content.decode("utf-8", "replace").splitlines()
    whole = size <= _TAIL_BYTES and len(found) <= lines
    return "\n".join(found[-lines:]), whole
