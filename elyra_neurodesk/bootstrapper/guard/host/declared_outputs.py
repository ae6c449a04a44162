"""Looks at a task's declared outputs: images that cannot be read, empty files, files that are not new."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.file_manifest import MAX_HASHED, FileManifest
from elyra_neurodesk.bootstrapper.guard.host import images
from elyra_neurodesk.bootstrapper.guard.kernel.judge import finding
from elyra_neurodesk.storage.interface import file_sha256

_MAX_FILES = 2000
_MAX_SECONDS = 20.0  # of all files


def findings_of(
    files: Sequence[str],
    directory: Path,
    manifest: FileManifest | None,
    inputs: Mapping[str, str],
    patterns: Sequence[str],
) -> Iterator[dict[str, Any]]:
    """Yield what is wrong with the declared outputs, as `kernel.judge.finding` makes it.

    Args:
        files: their paths below the working directory.
        directory: the working directory.
        manifest: the files that the task was submitted with.
        inputs: SHA-256, by path, of the files that came from other tasks.
        patterns: the declarations.
    """
    deadline = time.monotonic() + _MAX_SECONDS
    given = _Given(manifest, inputs)
    for path in files[:_MAX_FILES]:
        file = directory / path
        if time.monotonic() > deadline:
            return
        try:
            size = file.stat().st_size
            problem = images.problem_of(file, deadline) if images.is_nifti(path) else ""
            same = "" if problem or size == 0 else given.same_as(path, file, size, path in patterns)
        except OSError:  # the upload says why
            continue
        if problem:
            yield finding(
                "ND-GUARD-011",
                path,
                f"the declared output {path} {problem}",
                "Look at the tool that writes it: most likely it was ended, or its disk was full.",
            )
        elif size == 0:
            yield _suspicious(path, "is empty")
        elif same == path:
            yield _suspicious(path, "was there before, and nothing has changed it")
        elif same:
            yield _suspicious(path, f"has the same content as {same}, which the task was given")


class _Given:
    """The files that a task was given, by size, then by hash."""

    def __init__(self, manifest: FileManifest | None, inputs: Mapping[str, str]) -> None:
        submitted = manifest.files if manifest is not None else ()
        states = manifest.states if manifest is not None else {}
        self._by_size: dict[int, dict[str, str]] = {}
        known = {item.path: (item.size, item.sha256) for item in submitted}
        known |= {path: (states[path].size, sha256) for path, sha256 in inputs.items() if path in states}
        for path, (size, sha256) in known.items():
            self._by_size.setdefault(size, {}).setdefault(sha256, path)
        self._paths = set(known)

    def same_as(self, path: str, file: Path, size: int, named: bool) -> str:
        """Return the given file with the content of an output, "" if there is none.

        A wildcard also means given files: only where the output is ``named`` is the same path worth telling.
        """
        candidates = self._by_size.get(size)
        if not candidates or size > MAX_HASHED or (path in self._paths and not named):
            return ""
        return candidates.get(file_sha256(file), "")


def _suspicious(path: str, what: str) -> dict[str, Any]:
    return finding(
        "ND-GUARD-012",
        path,
        f"the declared output {path} {what}",
        "Look at the code that should write it.",
        "warning",
    )
