"""Bringing a run's outputs into a local directory, whole or not at all, file by file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.runs.results import RunOutput
from elyra_neurodesk.storage.interface import PARALLEL, BrowsableStorage
from elyra_neurodesk.storage.partfile import part_file

_MD5 = re.compile(r"[0-9a-f]{32}")


class UnsafeName(NeurodeskError):
    """An object's name would be written outside of the directory."""

    code = "ND-DOWNLOAD-001"
    hint = "Nothing was downloaded. Look at who else writes to the bucket."


class FileDiffers(NeurodeskError):
    """A file of this name exists and has other content."""

    code = "ND-DOWNLOAD-002"
    hint = "Choose an empty directory, or replace existing files with --overwrite."


class ContentDiffers(NeurodeskError):
    """The download is not what the task uploaded."""

    code = "ND-DOWNLOAD-003"
    hint = "Run the same command again; if it repeats, the object was changed after the task ended."


class CannotWrite(NeurodeskError):
    """The directory cannot be written to."""

    code = "ND-DOWNLOAD-004"
    hint = "Check free space and permissions; complete files are kept, and running it again continues."


@dataclass(frozen=True)
class Downloaded:
    """What a download did.

    Attributes:
        written: files written, in the order of the outputs.
        skipped: files that existed with the right content.
    """

    written: tuple[Path, ...]
    skipped: tuple[Path, ...]


@dataclass(frozen=True)
class Wanted:
    """One output and where it goes."""

    output: RunOutput
    target: Path


def plan(
    outputs: Iterable[RunOutput], directory: Path, overwrite: bool = False
) -> tuple[list[Wanted], list[Path]]:
    """Decide what to fetch, before anything is written.

    Args:
        outputs: what there is.
        directory: where it goes: ``<directory>/<task>/<path>``.
        overwrite: whether files with other content are replaced.

    Returns:
        What to fetch; and the files that exist with the right content.

    Raises:
        UnsafeName: a name leads out of the directory, directly or through a symbolic link in it.
        FileDiffers: a file has other content and ``overwrite`` is off.
        CannotWrite: an existing file cannot be read.
    """
    wanted: list[Wanted] = []
    there: list[Path] = []
    root = directory.resolve()
    for output in outputs:
        target = safe_target(root, f"{output.task}/{output.path}")
        if not os.path.lexists(target):
            wanted.append(Wanted(output, target))
        elif _same(target, output):
            there.append(target)
        elif overwrite and not target.is_dir():
            wanted.append(Wanted(output, target))
        else:
            raise FileDiffers(f"{target} exists already and differs from the run's '{output.key}'.")
    return wanted, there


def safe_target(root: Path, name: str) -> Path:
    """Return where the object called ``name`` goes below ``root`` (absolute, without symbolic links).

    Raises:
        UnsafeName: it would not be below ``root``.
    """
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise UnsafeName(
            f"the run has an output called {name!r}, which is not a valid file name below {root}."
        )
    target = root.joinpath(*parts)
    if not target.parent.resolve().is_relative_to(root) or target.is_symlink():
        raise UnsafeName(f"{target} leads out of {root} through a symbolic link.")
    return target


def download(
    storage: BrowsableStorage,
    outputs: Iterable[RunOutput],
    directory: Path,
    overwrite: bool = False,
    progress: Callable[[int], object] = lambda count: None,
) -> Downloaded:
    """Fetch ``outputs`` into ``directory``, several at once, verifying each.

    A file appears under its name only when it is complete and verified. Running it again fetches what is
    missing.

    Args:
        storage: the store.
        outputs: what to fetch.
        directory: where to; created where it does not exist.
        overwrite: whether files with other content are replaced.
        progress: called with the bytes of each piece that arrives, and of each file that is skipped.

    Raises:
        NeurodeskError: ``ND-DOWNLOAD-…``, or ``ND-STORE-…`` from the store; no further file is begun then.
    """
    wanted, there = plan(outputs, directory, overwrite)
    for path in there:
        progress(path.stat().st_size)
    with ThreadPoolExecutor(PARALLEL) as pool:
        fetches = [pool.submit(_fetch, storage, item, progress) for item in wanted]
        try:
            for fetch in fetches:
                fetch.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return Downloaded(tuple(item.target for item in wanted), tuple(there))


def _fetch(storage: BrowsableStorage, item: Wanted, progress: Callable[[int], object]) -> None:
    output, target = item.output, item.target
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part_file(target, 0o666) as (part, descriptor), part.open("wb") as file:

            def write(piece: bytes) -> None:
                file.write(piece)
                sha256.update(piece)
                md5.update(piece)
                progress(len(piece))

            storage.stream(output.key, write)
            file.flush()
            os.fsync(descriptor)
            if not _matches(output, part.stat().st_size, sha256.hexdigest(), md5.hexdigest()):
                raise ContentDiffers(
                    f"the download of '{output.key}' is not what the task uploaded: its hash differs."
                )
            part.replace(target)
    except OSError as problem:
        raise CannotWrite(f"{target} cannot be written: {problem.strerror or problem}.") from problem


def _matches(output: RunOutput, size: int, sha256: str, md5: str) -> bool:
    """Return whether content is the output's: by its record's hash, else by the store's tag, else by size."""
    if output.sha256:
        return sha256 == output.sha256
    if _MD5.fullmatch(output.etag):
        return md5 == output.etag
    return size == output.size


def _same(path: Path, output: RunOutput) -> bool:
    if not path.is_file() or path.stat().st_size != output.size:
        return False
    sha256, md5 = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                sha256.update(piece)
                md5.update(piece)
    except OSError as problem:
        raise CannotWrite(f"{path} exists and cannot be read: {problem.strerror}.") from problem
    return _matches(output, output.size, sha256.hexdigest(), md5.hexdigest())
