"""The files that a node declares as outputs: which they are, and where they are stored."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import glob
from pathlib import Path

from elyra_neurodesk.bootstrapper.archive import escapes
from elyra_neurodesk.bootstrapper.spec import TASK_RECORD
from elyra_neurodesk.errors import NeurodeskError

# what notebooks leave for KFP's pages (elyra/kfp/bootstrapper.py); KFP 2 shows neither, so they are kept
VISUALISATIONS = ("mlpipeline-ui-metadata.json", "mlpipeline-metrics.json")


class OutputMissing(NeurodeskError):
    """A declared output does not exist."""

    code = "ND-OUTPUT-001"
    hint = (
        "Make the node write it relative to its working directory, or remove it from the node's output files."
    )
    exit_status = 14


class OutputRefused(NeurodeskError):
    """A declared output cannot be stored under the task's directory."""

    code = "ND-OUTPUT-002"
    hint = "Declare outputs as paths relative to the node's working directory, without '..'."
    exit_status = 14


def check(patterns: Sequence[str]) -> None:
    """Refuse declarations that lead out of the working directory or take our record's name.

    Raises:
        OutputRefused: there is one.
    """
    for pattern in patterns:
        if escapes(pattern):
            raise OutputRefused(f"the declared output {pattern!r} is outside the working directory.")
        if os.path.normpath(pattern) == TASK_RECORD:
            raise OutputRefused(f"the declared output {pattern!r} has the name of the task's record.")


def find(patterns: Sequence[str], directory: Path) -> tuple[list[str], list[str]]:
    """Find the declared files.

    A pattern is first taken as the name of a file or directory (names may hold brackets), then as a glob
    (``**`` crosses directories). A directory stands for all files in it.

    Returns:
        The paths relative to ``directory``, sorted, and the patterns that match no file.
    """
    found: set[str] = set()
    missing = []
    for pattern in patterns:
        literal = os.path.lexists(directory / pattern)
        names = [pattern] if literal else glob(pattern, root_dir=directory, recursive=True)  # noqa: PTH207
        files = {file for name in names for file in _files(directory, os.path.normpath(name))}
        files.discard(TASK_RECORD)
        if not files:
            missing.append(pattern)
        found |= files
    return sorted(found), missing


def visualisations(directories: Sequence[Path], since: float) -> list[Path]:
    """Return the files for KFP's pages that the user's code wrote, each from the first directory that has it.

    Args:
        directories: the working directory, then ``ELYRA_WRITABLE_CONTAINER_DIR``.
        since: seconds since the epoch; older files are another task's.
    """
    found = []
    for name in VISUALISATIONS:
        for directory in directories:
            path = directory / name
            if path.is_file() and path.stat().st_mtime >= since:
                found.append(path)
                break
    return found


def _files(directory: Path, name: str) -> list[str]:
    path = directory / name
    if path.is_file():  # follows a link: what counts is what the node declared
        return [Path(name).as_posix()]
    files = []
    for base, _, names in os.walk(path):
        files += [Path(base, item).relative_to(directory) for item in names if Path(base, item).is_file()]
    return [file.as_posix() for file in files]
