"""Makes the directories of a task: one for the user's files and one beside it for ours."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.bootstrapper.disk import FULL, DiskFull, disk_full
from elyra_neurodesk.errors import NeurodeskError

NAME = "jupyter-work-dir"  # Elyra's own name for it
FALLBACK = "/tmp"  # noqa: S108 - the directory made below it is new


class WorkDirNotWritable(NeurodeskError):
    """No directory can be written."""

    code = "ND-DISK-002"
    hint = "Set ELYRA_WRITABLE_CONTAINER_DIR to a directory that the container's user can write."
    exit_status = DiskFull.exit_status


@dataclass(frozen=True)
class WorkDir:
    """The two directories of a task.

    Attributes:
        files: the working directory of notebook or script.
        reports: the executed notebook, HTML, log and record, out of the way of what the user writes.
    """

    files: Path
    reports: Path


def create(current: Path, environment: Mapping[str, str]) -> WorkDir:
    """Make both directories in the current one if it is writable, else in the fallback.

    Raises:
        WorkDirNotWritable: neither is writable.
        DiskFull: there is no space for a directory.
    """
    fallback = Path(environment.get("ELYRA_WRITABLE_CONTAINER_DIR") or FALLBACK)
    problems = []
    for base in (current, fallback):
        try:
            return _create_in(base)
        except OSError as problem:
            if problem.errno in FULL:
                raise disk_full(base) from problem
            problems.append(f"{base} ({problem.strerror})")
    raise WorkDirNotWritable(f"no working directory can be made in {' or '.join(problems)}.")


def _create_in(base: Path) -> WorkDir:
    if not os.access(base, os.W_OK | os.X_OK):
        raise PermissionError(13, os.strerror(13))
    for attempt in range(1, 10_000):
        name = NAME if attempt == 1 else f"{NAME}-{attempt}"
        place = WorkDir(base.resolve() / name, base.resolve() / f"{name}.reports")
        try:
            place.files.mkdir()
            place.reports.mkdir()
        except FileExistsError:
            continue
        return place
    raise FileExistsError(17, "too many working directories there")
