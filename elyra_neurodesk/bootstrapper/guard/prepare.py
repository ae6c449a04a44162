"""Lays out the guard's files beside the task's, and says which variables lead to them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from elyra_neurodesk.bootstrapper.guard.kernel import notes

DIRECTORY = "guard"
KINDS = (".py", ".bash", ".sh", ".R")


def lay_out(reports: Path) -> Path:
    """Write the files that user processes load below ``reports``; returns their directory.

    They are written also where this package is on disk: a kernel may run as another Python, and from a
    zipapp there is no file to load.

    Raises:
        OSError: they cannot be written.
    """
    target = reports / DIRECTORY
    target.mkdir(exist_ok=True)
    for item in resources.files(f"{__package__}.kernel").iterdir():
        if item.name.endswith(KINDS):
            path = target / item.name
            path.write_bytes(item.read_bytes())
            path.chmod(0o755 if path.suffix == ".sh" else 0o644)
    return target


def environment(directory: Path, mode: str, old: Mapping[str, str], script: bool) -> dict[str, str]:
    """Return the variables that make bash and R load their part.

    Args:
        directory: what `lay_out` returned.
        mode: ``error`` or ``warn``.
        old: the environment so far; start-up files that the user has set are still read.
        script: whether a script is run: it has no kernel to watch its module loads, so Lmod is watched.
    """
    new = {
        notes.MODE: mode,
        notes.NOTES: str(directory / "notes"),
        notes.FINDINGS: str(directory / "findings.jsonl"),
        "BASH_ENV": str(directory / "guard.bash"),
        "R_PROFILE_USER": str(directory / "guard.R"),
    }
    for name, kept in (
        ("BASH_ENV", "NEURODESK_GUARD_BASH_ENV"),
        ("R_PROFILE_USER", "NEURODESK_GUARD_R_PROFILE"),
    ):
        if old.get(name) and old[name] != new[name]:
            new[kept] = old[name]
    shim, lmod = directory / "lmod.sh", old.get("LMOD_CMD", "")
    if script and os.access(lmod, os.X_OK) and os.access(shim, os.X_OK):  # not where nothing may be executed
        new["LMOD_CMD"], new["NEURODESK_GUARD_LMOD"] = str(shim), lmod
    return new
