"""Kernels that tests need and pip does not register."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

HAS_BASH = importlib.util.find_spec("bash_kernel") is not None


def write_bash_kernel(folder: Path) -> None:
    """Write what ``python -m bash_kernel.install`` would to a directory of JUPYTER_PATH."""
    place = folder / "kernels" / "bash"
    place.mkdir(parents=True)
    argv = [sys.executable, "-m", "bash_kernel", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Bash", "language": "bash", "env": {"PS1": "$"}}
    (place / "kernel.json").write_text(json.dumps(spec))
