"""The files that a task was given to run: its notebook or script and those submitted beside it, by hash.

Those that it has written since are found by comparing with them.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from elyra_neurodesk.record.model import SubmittedFile
from elyra_neurodesk.storage.interface import file_sha256

MAX_FILES = 500
"""How many of the files beside the notebook a record lists; the archive's hash covers all of them."""

MAX_HASHED = 256 << 20
"""Bytes that are hashed for that list: half a second of every task's time at most.

A larger file is not hashed again to find out whether it was changed.
"""


@dataclass(frozen=True)
class FileState:
    """What tells whether a file has been written.

    Attributes:
        size: bytes.
        modified: time of the last modification, ns since the epoch.
        inode: its number, which another file put in its place does not have.
        changed: time of the last change of content, links or mode, ns since the epoch.
        sha256: hash of the content, "" where it is not known.
    """

    size: int
    modified: int
    inode: int
    changed: int
    sha256: str = ""

    @classmethod
    def of(cls, found: os.stat_result, sha256: str = "") -> FileState:
        """Return the state that ``stat`` tells of a file."""
        return cls(found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns, sha256)


@dataclass(frozen=True)
class FileManifest:
    """The files that were there before the first cell.

    Attributes:
        source: the notebook or script.
        files: the other files of the archive, by path.
        unlisted: how many more there are than `MAX_FILES` and `MAX_HASHED` allow.
        states: all regular files that were there, those of other tasks too, by path.
    """

    source: SubmittedFile
    files: tuple[SubmittedFile, ...] = ()
    unlisted: int = 0
    states: Mapping[str, FileState] = field(default_factory=dict, repr=False)

    def is_changed(self, path: str, file: Path, now: os.stat_result) -> bool:
        """Tell whether a file is new, or has another content than before anything ran.

        Its hash is only made where times or inode differ and it is not large: a link, a copy onto itself and
        ``touch`` change nothing.

        Args:
            path: below the working directory.
            file: where it is.
            now: what ``lstat`` tells of it.

        Raises:
            OSError: it cannot be read.
        """
        before = self.states.get(path)
        if before is None:
            return True
        after = FileState.of(now, before.sha256)
        if after == before:
            return False
        if after.size == before.size and before.sha256 and after.size <= MAX_HASHED:
            return file_sha256(file) != before.sha256
        # the times of links and mode say nothing of the content
        return (after.size, after.modified, after.inode) != (before.size, before.modified, before.inode)


def snapshot(directory: Path, source: str, inputs: Mapping[str, str]) -> FileManifest:
    """Hash the notebook or script and the other files of the archive.

    Args:
        directory: the working directory, before anything ran in it.
        source: the notebook or script, relative to it.
        inputs: files that came from other tasks, with their hashes.

    Raises:
        OSError: the notebook or script cannot be read.
    """
    files: list[SubmittedFile] = []
    states: dict[str, FileState] = {}
    unlisted, hashed = 0, 0
    for path in sorted(_walk(directory)):
        file = directory / path
        found = file.lstat()
        if stat.S_ISREG(found.st_mode):
            states[path] = FileState.of(found, inputs.get(path, ""))
        if path == source or path in inputs:
            continue
        try:
            size = file.stat().st_size
            if len(files) >= MAX_FILES or hashed + size > MAX_HASHED:
                unlisted += 1
                continue
            files.append(SubmittedFile(path, size, file_sha256(file)))
            if path in states:
                states[path] = replace(states[path], sha256=files[-1].sha256)
        except OSError:  # a link to nothing: the archive's hash still covers it
            unlisted += 1
            continue
        hashed += size
    notebook = directory / source
    submitted = SubmittedFile(source, notebook.stat().st_size, file_sha256(notebook))
    return FileManifest(submitted, tuple(files), unlisted, states)


def _walk(directory: Path) -> Iterator[str]:
    for folder, _, names in os.walk(directory):
        for name in names:
            yield Path(folder, name).relative_to(directory).as_posix()
