"""Which files a notebook or script takes along."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from elyra_neurodesk.errors import NeurodeskError


class DependencyMissing(NeurodeskError):
    """A node's notebook, script or dependency does not exist."""

    code = "ND-FILE-001"
    hint = "Correct the node's file or its list of dependencies (relative to the notebook's directory)."


class DependencyOutsideTree(NeurodeskError):
    """A dependency lies outside the notebook's directory, perhaps through a symbolic link."""

    code = "ND-FILE-002"
    hint = "Copy it beside the notebook or below, or mount it into the task as a data volume."


def dependency_files(
    directory: Path, file: str, patterns: Iterable[str], recursive: bool, node: str
) -> dict[str, Path]:
    """Return the files of one archive: name in the archive to path.

    Patterns mean what they mean in Elyra (elyra/util/archive.py): relative to the notebook's directory, with
    wildcards; with ``recursive`` a wildcard also matches in sub-directories. A directory stands for all files
    in it. Hidden directories are left out.

    Args:
        directory: the notebook's directory.
        file: the notebook or script in it.
        patterns: the node's dependencies.
        recursive: the node's "include subdirectories".
        node: the node's label, for messages.

    Raises:
        DependencyMissing: the file or a dependency does not exist or matches nothing.
        DependencyOutsideTree: something resolves to a place outside ``directory``.
    """
    root = directory.resolve()
    found: dict[str, Path] = {}
    for pattern in (file, *patterns):
        matches = [file] if pattern == file else list(_matches(root, pattern, recursive))
        files = [name for match in matches for name in _files(root, match)]
        # Elyra's own default dependencies "*.py" and "*.r" may match nothing
        if not files and pattern not in ("*.py", "*.r"):
            raise DependencyMissing(f"Node '{node}': '{pattern}' does not exist in '{directory}'.")
        for name in files:
            path = root / name
            if not path.resolve().is_relative_to(root):
                raise DependencyOutsideTree(
                    f"Node '{node}': '{name}' leads outside of the notebook's directory '{directory}'."
                )
            found[name] = path
    return found


def _matches(root: Path, pattern: str, recursive: bool) -> Iterator[str]:
    if Path(pattern).is_absolute():
        yield os.path.relpath(pattern, root)
        return
    if not glob.has_magic(pattern) or (root / pattern).exists():
        yield os.path.normpath(pattern)
        return
    # a wildcard stands for files; Path.glob has no say over hidden ones
    found = glob.glob(pattern, root_dir=root, include_hidden=True)  # noqa: PTH207
    if recursive:
        head, tail = os.path.split(pattern)
        deep = str(Path(head, "**", tail))
        found += glob.glob(deep, root_dir=root, recursive=True, include_hidden=True)  # noqa: PTH207
    yield from (name for name in found if (root / name).is_file())


def _files(root: Path, name: str) -> Iterator[str]:
    path = root / name
    if path.is_file():
        if not any(part.startswith(".") and part != ".." for part in Path(name).parent.parts):
            yield name
    elif path.is_dir():
        for current, folders, files in os.walk(path):
            folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
            for entry in sorted(files):
                yield str((Path(current) / entry).relative_to(root))
