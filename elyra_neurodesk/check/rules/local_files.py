"""Files beside a notebook that its code reads and its task does not get."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path

from elyra_neurodesk.check.events import UNKNOWN, Event, RunCommand, UseString
from elyra_neurodesk.check.report import Finding, finding

_MAX_PATH = 500  # characters


def local_file_findings(
    node: str, folder: Path, events: Sequence[Event], present: Iterable[str]
) -> list[Finding]:
    """Return a finding for each file of the notebook's directory that is read and will not be there.

    Only files that exist here count, and only where Python or R is seen to read them: any other string, and a
    word of a command above all, may be the name of something that the task makes, and that an earlier run in
    JupyterLab has left beside the notebook.

    Args:
        node: its label.
        folder: the notebook's directory on this machine.
        events: what it does.
        present: names and patterns of the files that exist when the task starts.
    """
    there = tuple(present)
    made: set[str] = set()
    words: set[str] = set()
    findings: dict[str, Finding] = {}
    for event in events:
        if isinstance(event, RunCommand):
            words.update(posixpath.normpath(word) for word in event.words if word)
        if not isinstance(event, UseString) or not _is_relative(event.text):
            continue
        name = posixpath.normpath(event.text)
        if event.use in ("write", "create"):
            made.add(name)
        elif event.use == "read" and name not in findings and not _is_there(name, made, there):
            path = folder / name
            if path.exists() and not name.startswith("..") and not _may_be_made(name, words):
                what = f"'{name}' is read and lies beside the notebook, but is not among the dependencies"
                findings[name] = finding("ND-CHECK-305", node, event.at, what)
    return list(findings.values())


def _is_relative(text: str) -> bool:
    if not text or len(text) > _MAX_PATH or UNKNOWN in text or text[0] in "/~" or "\0" in text:
        return False
    return "://" not in text and "\n" not in text and posixpath.normpath(text) != "."


def _is_there(name: str, made: set[str], present: Sequence[str]) -> bool:
    """Return whether a name, or something below it or above it, is made before or sent along."""
    return any(
        known == name or known.startswith(f"{name}/") or name.startswith(f"{known}/") or fnmatch(name, known)
        for known in (*made, *map(posixpath.normpath, present))
    )


def _may_be_made(name: str, words: Iterable[str]) -> bool:
    """Return whether a command has the name, or a part of it that its tool may add a suffix to."""
    return any(len(word) > 1 and name.startswith(word) for word in words)
