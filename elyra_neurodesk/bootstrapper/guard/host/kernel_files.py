"""Writes the kernel's part of the guard beside the task's files, and names the variables that lead to it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from elyra_neurodesk.bootstrapper.guard import kernel
from elyra_neurodesk.bootstrapper.guard.kernel import notes

DIRECTORY = "guard"
PYTHON = "python"
"""Directory below it that other Pythons than a kernel have on their path; it holds nothing else to import."""
KINDS = (".py", ".bash", ".sh", ".R")


def write_kernel_files(reports: Path) -> Path:
    """Write the files that the user's processes load below ``reports``; returns their directory.

    They are written also where this package is on disk: a kernel may run another Python, and a zipapp has
    no file to load.

    Raises:
        OSError: they cannot be written.
    """
    target = reports / DIRECTORY
    target.mkdir(exist_ok=True)
    for item in resources.files(kernel).iterdir():
        if item.name.endswith(KINDS):
            path = target / PYTHON / item.name if item.name == "sitecustomize.py" else target / item.name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(item.read_bytes())
            path.chmod(0o755 if path.suffix == ".sh" else 0o644)
    return target


def environment(directory: Path, mode: str, old: Mapping[str, str], script: bool) -> dict[str, str]:
    """Return the variables that make bash and R load the guard.

    Args:
        directory: what `write_kernel_files` returned.
        mode: ``error`` or ``warn``.
        old: the environment so far; start-up files that the user has set are still read.
        script: whether the task runs a script: no kernel watches its module loads, so Lmod is wrapped, and
            its Python loads the guard by itself.
    """
    new = {
        notes.MODE: mode,
        notes.NOTES: str(directory / "notes"),
        notes.FINDINGS: str(directory / "findings.jsonl"),
        "BASH_ENV": str(directory / "guard.bash"),
        "R_PROFILE_USER": str(directory / "guard.R"),
        notes.PYTHON: str(directory / PYTHON),
    }
    if script:
        new["PYTHONPATH"] = os.pathsep.join(filter(None, (new[notes.PYTHON], old.get("PYTHONPATH"))))
    for name, kept in (
        ("BASH_ENV", "NEURODESK_GUARD_BASH_ENV"),
        ("R_PROFILE_USER", "NEURODESK_GUARD_R_PROFILE"),
    ):
        if old.get(name) and old[name] != new[name]:
            new[kept] = old[name]
    wrapper, lmod = directory / "lmod.sh", old.get("LMOD_CMD", "")
    if script and os.access(lmod, os.X_OK) and os.access(wrapper, os.X_OK):  # not on a mount with noexec
        new["LMOD_CMD"], new["NEURODESK_GUARD_LMOD"] = str(wrapper), lmod
    return new
