"""The files that a task was given to run: its notebook or script and those submitted beside it, by hash."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.record.model import SubmittedFile
from elyra_neurodesk.storage.interface import file_sha256

MAX_FILES = 500
"""How many of the files beside the notebook a record lists; the archive's hash covers all of them."""

MAX_HASHED = 256 << 20
"""Bytes that are hashed for that list: half a second of every task's time at most."""


@dataclass(frozen=True)
class FileManifest:
    """The files that were there before the first cell.

    Attributes:
        source: the notebook or script.
        files: the other files of the archive, by path.
        unlisted: how many more there are than `MAX_FILES` and `MAX_HASHED` allow.
    """

    source: SubmittedFile
    files: tuple[SubmittedFile, ...] = ()
    unlisted: int = 0


def snapshot(directory: Path, source: str, inputs: Collection[str]) -> FileManifest:
    """Hash the notebook or script and the other files of the archive.

    Args:
        directory: the working directory, before anything ran in it.
        source: the notebook or script, relative to it.
        inputs: files that came from other tasks, which have hashes already.

    Raises:
        OSError: the notebook or script cannot be read.
    """
    files: list[SubmittedFile] = []
    unlisted, hashed = 0, 0
    for path in sorted(_walk(directory)):
        if path == source or path in inputs:
            continue
        file = directory / path
        try:
            size = file.stat().st_size
            if len(files) >= MAX_FILES or hashed + size > MAX_HASHED:
                unlisted += 1
                continue
            files.append(SubmittedFile(path, size, file_sha256(file)))
        except OSError:  # a link to nothing: the archive's hash still covers it
            unlisted += 1
            continue
        hashed += size
    notebook = directory / source
    submitted = SubmittedFile(source, notebook.stat().st_size, file_sha256(notebook))
    return FileManifest(submitted, tuple(files), unlisted)


def _walk(directory: Path) -> Iterator[str]:
    for folder, _, names in os.walk(directory):
        for name in names:
            yield Path(folder, name).relative_to(directory).as_posix()
