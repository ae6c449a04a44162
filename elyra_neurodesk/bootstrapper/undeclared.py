"""Files that a task created or changed in its working directory and did not declare as outputs.

The smallest ones are kept first, so that as many as possible fit into the limits of `KeepLimits`; of equal
ones that whose path sorts first. What a program leaves for itself (caches, compiled code, core dumps:
`is_junk`) is neither kept nor named. Symbolic links and special files are left alone, and so are other file
systems that are mounted below the directory.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from elyra_neurodesk.bootstrapper.file_manifest import FileManifest
from elyra_neurodesk.bootstrapper.outputs import VISUALISATIONS
from elyra_neurodesk.bootstrapper.spec import KeepLimits
from elyra_neurodesk.record.model import NotKept, UnkeptFile, WhyNotKept
from elyra_neurodesk.storage.partfile import is_part

MAX_KEPT = 1000
"""How many files are kept at most."""

MAX_NAMED = 20
"""How many of the files that were not kept a record names: the largest."""

MAX_SECONDS = 60.0
"""How long files are looked for: a directory on a slow network file system may hold millions."""

MAX_KEY = 1024
"""Bytes of an object's key (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html)."""

JUNK_DIRECTORIES = frozenset(
    {
        # of Python and its tools
        "__pycache__",
        ".ipynb_checkpoints",
        ".ipython",
        ".jupyter",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".virtual_documents",
        "dask-scratch-space",
        "dask-worker-space",
        # of other programs, where the home directory is the working directory
        ".cache",
        ".config",
        ".dbus",
        ".fontconfig",
        ".java",
        ".local",
        ".matlab",
        ".matplotlib",
        ".mozilla",
        ".npm",
        ".nv",  # CUDA's compiled kernels
        ".Rproj.user",
        ".apptainer",
        ".singularity",
        ".vnc",
        # credentials, which belong into no object store
        ".aws",
        ".docker",
        ".gnupg",
        ".kube",
        ".pki",
        ".ssh",
        # of version control: what is checked out counts
        ".git",
        ".svn",
        ".hg",
    }
)
_JUNK_FILE = re.compile(
    r".*\.py[co]|\.DS_Store|Thumbs\.db|\.nfs[0-9a-f]+|\.fuse_hidden[0-9a-f]+|\.?fontlist-v[0-9]+\.json|"
    r"\.(bash|python|zsh|sqlite)_history|\.(octave_hist|Rhistory|lesshst|viminfo|wget-hsts)|"
    r"\.(Xauthority|netrc|pgpass|git-credentials)"
)
_CORE = re.compile(r"core(\..+)?")
_ELF_CORE = 4  # e_type ET_CORE (elf.h)


@dataclass(frozen=True, order=True)
class WrittenFile:
    """A file that the task wrote; the order is that in which files are kept.

    Attributes:
        size: bytes.
        path: below the working directory (POSIX).
    """

    size: int
    path: str


@dataclass
class Unkept:
    """Counts files that are not kept and remembers the largest.

    Attributes:
        files: how many.
        size: bytes of all of them.
        complete: whether all files were looked at.
        problem: why files could not be stored, "".
    """

    files: int = 0
    size: int = 0
    complete: bool = True
    problem: str = ""
    _named: list[tuple[WrittenFile, WhyNotKept]] = field(default_factory=list)

    def add(self, file: WrittenFile, reason: WhyNotKept) -> None:
        """Count a file."""
        self.files += 1
        self.size += file.size
        self._named.append((file, reason))
        if len(self._named) >= 2 * MAX_NAMED:
            self._cut()

    def recorded(self) -> NotKept | None:
        """Return what the task's record says, None where every file was looked at and kept."""
        if not self.files and self.complete:
            return None
        self._cut()
        named = tuple(UnkeptFile(printable(file.path), file.size, reason) for file, reason in self._named)
        return NotKept(self.files, self.size, named, self.complete, self.problem)

    def _cut(self) -> None:
        self._named.sort(key=lambda item: (-item[0].size, item[0].path))
        del self._named[MAX_NAMED:]


def choose(
    directory: Path,
    manifest: FileManifest | None,
    limits: KeepLimits,
    leave_out: Collection[str],
    clock: Callable[[], float] = time.monotonic,
) -> tuple[list[WrittenFile], Unkept]:
    """Return the files to keep, in that order, and those that are not kept.

    However many files there are, no more than some thousand names are in memory.

    Args:
        directory: the working directory.
        manifest: what was there before, None where nothing ran.
        limits: how much may be kept.
        leave_out: paths of files that are stored anyway.
        clock: seconds; replaced by tests.
    """
    unkept = Unkept()
    candidates: list[WrittenFile] = []
    until = clock() + MAX_SECONDS
    for file, readable in written_files(directory, manifest, leave_out):
        if not readable:
            unkept.add(file, "unreadable")
        elif not limits.task:
            unkept.add(file, "off")
        elif file.size > limits.file:
            unkept.add(file, "file limit")
        elif not _is_text(file.path):
            unkept.add(file, "name")
        else:
            candidates.append(file)
            if len(candidates) >= 2 * MAX_KEPT:
                _keep_smallest(candidates, unkept)
        if clock() > until:
            unkept.complete = False
            break
    _keep_smallest(candidates, unkept)
    chosen, total = [], 0
    for file in candidates:
        total += file.size
        if total > limits.task:
            unkept.add(file, "task limit")
        else:
            chosen.append(file)
    return chosen, unkept


def written_files(
    directory: Path, manifest: FileManifest | None, leave_out: Collection[str] = ()
) -> Iterator[tuple[WrittenFile, bool]]:
    """Yield files below a directory that are new or changed, and whether that could be seen.

    A directory that cannot be read is yielded itself, with a slash at its end.
    """
    device = directory.stat().st_dev
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(directory / folder) as entries:
                for entry in entries:
                    path = folder + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if _is_inside(entry, device):
                            waiting.append(f"{path}/")
                    elif entry.is_file(follow_symlinks=False) and path not in leave_out:
                        yield from _if_written(entry, path, manifest)
        except OSError:
            yield WrittenFile(0, folder), False


def _is_inside(entry: os.DirEntry[str], device: int) -> bool:
    try:
        return entry.name not in JUNK_DIRECTORIES and entry.stat(follow_symlinks=False).st_dev == device
    except OSError:  # removed by a process that still runs
        return False


def _if_written(
    entry: os.DirEntry[str], path: str, manifest: FileManifest | None
) -> Iterator[tuple[WrittenFile, bool]]:
    if path in VISUALISATIONS:  # which are stored under names of their own
        return
    try:
        now = entry.stat(follow_symlinks=False)
        changed = manifest is None or manifest.is_changed(path, Path(entry.path), now)
        if changed and not is_junk(Path(entry.path)):
            yield WrittenFile(now.st_size, path), True
    except FileNotFoundError:
        return
    except OSError:
        yield WrittenFile(0, path), False


def is_junk(path: Path) -> bool:
    """Tell whether a file is something that a program leaves for itself."""
    if _JUNK_FILE.fullmatch(path.name) or is_part(path.name):
        return True
    return bool(_CORE.fullmatch(path.name)) and _is_core_dump(path)


def _is_core_dump(path: Path) -> bool:
    """Tell whether a file's ELF header says that it is a core dump; others are called "core", too."""
    with path.open("rb") as file:
        head = file.read(18)
    order = "big" if head[5:6] == b"\2" else "little"
    return head[:4] == b"\x7fELF" and int.from_bytes(head[16:18], order) == _ELF_CORE  # type: ignore[arg-type]


def _keep_smallest(candidates: list[WrittenFile], unkept: Unkept) -> None:
    """Sort candidates and leave as many as are kept at most."""
    candidates.sort()
    for file in candidates[MAX_KEPT:]:
        unkept.add(file, "number")
    del candidates[MAX_KEPT:]


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:  # bytes of a file's name that are not UTF-8
        return False
    return True


def printable(path: str) -> str:
    """Return a path as text, the bytes that are not UTF-8 escaped."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
