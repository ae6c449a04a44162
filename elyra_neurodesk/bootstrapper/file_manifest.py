"""What a task was given to run: its notebook or script and the files beside it, by hash."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.transport import file_sha256

LISTED = 500
"""How many of the files beside the notebook a record lists; the archive's hash covers all of them."""

LARGEST = 256 << 20
"""Bytes that are hashed for that list: half a second of every task's time at most."""


@dataclass(frozen=True)
class File:
    """A file as it was found: path below the working directory (POSIX), bytes, SHA-256."""

    path: str
    size: int
    sha256: str

    def as_record(self) -> dict[str, Any]:
        """Return the form in which a task record lists it."""
        return asdict(self)


@dataclass(frozen=True)
class Stock:
    """What was there before the first cell.

    Attributes:
        source: the notebook or script.
        files: the other files of the archive, by path.
        unlisted: how many more there are than `LISTED` and `LARGEST` allow.
    """

    source: File
    files: tuple[File, ...] = ()
    unlisted: int = 0


def take(directory: Path, source: str, inputs: Collection[str]) -> Stock:
    """Hash the notebook and what else the archive brought.

    Args:
        directory: the working directory, before anything ran in it.
        source: the notebook or script, relative to it.
        inputs: files that came from other tasks, which have hashes already.

    Raises:
        OSError: the notebook cannot be read.
    """
    files: list[File] = []
    unlisted, hashed = 0, 0
    for path in sorted(_walk(directory)):
        if path == source or path in inputs:
            continue
        file = directory / path
        try:
            size = file.stat().st_size
            if len(files) >= LISTED or hashed + size > LARGEST:
                unlisted += 1
                continue
            files.append(File(path, size, file_sha256(file)))
        except OSError:  # a link to nothing: the archive's hash still covers it
            unlisted += 1
            continue
        hashed += size
    notebook = directory / source
    return Stock(File(source, notebook.stat().st_size, file_sha256(notebook)), tuple(files), unlisted)


def _walk(directory: Path) -> Iterator[str]:
    for folder, _, names in os.walk(directory):
        for name in names:
            yield Path(folder, name).relative_to(directory).as_posix()
