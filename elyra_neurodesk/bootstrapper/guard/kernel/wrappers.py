"""Neurodesk's command wrappers, as transparent-singularity makes them and neurocommand retires them.

A wrapper is a script ``…/containers/<tool>_<version>_<date>/<command>`` beside a ``commands.txt``; it calls
``singularity exec`` with the image ``<directory>.simg`` beside it. When a container is retired
(neurocommand, cvmfs/sync_containers_to_cvmfs.sh), each wrapper becomes an ``echo`` that exits 0, and the
image is deleted.
"""

# ruff: noqa: PTH110, PTH113, PTH118, PTH119, PTH120, PTH123
from __future__ import annotations

import os
import re
import shutil

NOTICE = "This container was disabled due to a known bug or vulnerability"
_SIZE = 8192  # bytes of a wrapper that are read; real ones have less than one thousand
_PRINTS = re.compile(r"\s*(?:#.*|echo\b.*|printf\b.*|exit\s+0|)\s*")
_RUNS = re.compile(r"apptainer|singularity|\.simg|\.sif")


def container_of(path: str) -> str | None:
    """Return the container directory of a wrapper, None if ``path`` is none."""
    directory = os.path.dirname(path)
    parent = os.path.basename(os.path.dirname(directory))
    if parent == "containers" and os.path.isfile(os.path.join(directory, "commands.txt")):
        return directory
    return None


def find(command: str) -> str | None:
    """Return the path of the wrapper that a shell would run for ``command``, None if it would not run one."""
    path = shutil.which(command)
    return path if path and container_of(path) else None


def is_retired(path: str) -> bool:
    """Tell whether a wrapper is a notice: by its text, or because it only prints and its image is gone."""
    directory = container_of(path)
    if directory is None:
        return False
    try:
        with open(path, "rb") as file:
            text = file.read(_SIZE).decode("utf-8", "replace")
    except OSError:
        return False
    if NOTICE in text:
        return True
    prints_only = all(_PRINTS.fullmatch(line) for line in text.splitlines())
    return prints_only and not _has_image(directory)


def retired_container(directory: str) -> bool:
    """Tell whether a container's directory is one without its image whose first wrapper is a notice."""
    if _has_image(directory):
        return False
    try:
        with open(os.path.join(directory, "commands.txt"), encoding="utf-8") as file:
            names = [line.strip() for line in file][:20]
    except (OSError, UnicodeDecodeError):
        return False
    return any(is_retired(os.path.join(directory, name)) for name in names if name)


def _has_image(directory: str) -> bool:
    name = os.path.basename(directory)
    return any(os.path.exists(os.path.join(directory, name + kind)) for kind in (".simg", ".sif"))
