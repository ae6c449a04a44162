"""Finds the language that ran and its version, from what the interpreter itself reports."""

from __future__ import annotations

import json
import platform
import re
import subprocess
from pathlib import Path, PurePosixPath

from elyra_neurodesk.record.model import Language

_TIMEOUT = 5.0  # seconds for Rscript to say its version; it needs some milliseconds


def find(file: str, executed: Path, failed: bool) -> Language | None:
    """Return the language that a node's file ran in.

    Args:
        file: the notebook or script.
        executed: the executed notebook. Papermill writes into it what the kernel says of itself once its
            cells have run, also after one that raised (papermill/clientwrap.py).
        failed: whether the task has failed.

    Returns:
        None for a notebook that was not executed.
    """
    kind = PurePosixPath(file).suffix.lower()
    if kind == ".py":
        return Language("python", platform.python_version())
    if kind == ".r":
        return Language("r", _r_version())
    return _of_notebook(executed, failed)


def _of_notebook(executed: Path, failed: bool) -> Language | None:
    try:
        metadata = json.loads(executed.read_text(encoding="utf-8"))["metadata"]
        reported = metadata["language_info"]
        name, version = str(reported["name"]).lower(), reported.get("version")
        raised = bool(metadata.get("papermill", {}).get("exception"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    # a kernel that died in a cell gave no answer: what stands there then is that of the author's kernel
    answered = raised or not failed
    return Language(name, str(version) if answered and version else None)


def _r_version() -> str | None:
    try:
        done = subprocess.run(
            ["Rscript", "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"version (\d+(?:\.\d+)*)", done.stdout + done.stderr)
    return found[1] if found else None
