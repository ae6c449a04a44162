"""Check with deptry that setup.cfg declares every package that is imported: ``python tools/dependencies.py``.

deptry reads requirements from pyproject.toml or from a requirements file, not from setup.cfg, so this hands
it those of setup.cfg as a file. Its settings are in pyproject.toml, ``[tool.deptry]``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from configparser import ConfigParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ("local", "bootstrapper")
"""The extras that elyra_neurodesk imports from; the packages of ``test`` and ``demo`` are used beside it."""


def main() -> int:
    """Run deptry on elyra_neurodesk, and return its exit status (0: nothing missing, nothing unused)."""
    config = ConfigParser(interpolation=None)
    config.read_string((ROOT / "setup.cfg").read_text("utf-8"))
    extras = config["options.extras_require"]
    requirements = [config["options"]["install_requires"], *(extras[name] for name in EXTRAS)]
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("\n".join(requirements))
        file.flush()
        command = [sys.executable, "-m", "deptry", ".", "--requirements-files", file.name]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
