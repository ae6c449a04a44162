"""Tells whether a repository has changed since it was read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from elyra_neurodesk.modules.tree import CANONICAL, CATEGORIES, subdirectories


def revision_of(root: Path) -> str:
    """Return the CVMFS revision that is mounted, "" where the file system does not have it."""
    try:
        return os.getxattr(root, "user.revision").decode(errors="replace").strip("\0\n ")
    except (OSError, AttributeError):  # not every system has extended attributes
        return ""


def fingerprint(root: Path) -> str:
    """Return a text that changes when the repository does: its revision, else times of change.

    Without a revision the time and size of every module file count, and the time of every container's
    directory, which changes when its image goes.
    """
    revision = revision_of(root)
    if revision:
        return f"revision {revision}"
    digest = hashlib.sha256()
    folders = [root / CATEGORIES, *subdirectories(root / CATEGORIES), root / CANONICAL]
    for folder in [*folders, *(tool for place in folders for tool in subdirectories(place))]:
        digest.update(_stamps(folder))
    digest.update(_stamps(root / "containers"))
    return f"sha256 {digest.hexdigest()}"


def _stamps(folder: Path) -> bytes:
    try:
        with os.scandir(folder) as entries:
            found = []
            for entry in entries:
                facts = entry.stat(follow_symlinks=False)
                found.append(f"{entry.name}\0{facts.st_mtime_ns}\0{facts.st_size}")
    except OSError:
        return b"\0"
    return "\n".join([str(folder), *sorted(found)]).encode(errors="surrogateescape")
