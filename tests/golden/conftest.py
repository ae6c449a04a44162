"""One process makes all golden texts: Elyra is imported once, and no other test has touched it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.compare import texts

ROOT = Path(__file__).parents[2]
Made = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return a function from a group's name to the files that the present code makes of it."""
    work = tmp_path_factory.mktemp("golden").resolve()
    kept = {
        name: value for name, value in os.environ.items() if name in ("PATH", "LD_LIBRARY_PATH", "TMPDIR")
    }
    environment = {
        **kept,
        "HOME": str(work / "home"),
        "PYTHONPATH": str(ROOT),
        "NEURODESK_CVMFS_ROOT": str(work / "cvmfs"),
        "NEURODESK_APPS_JSON": str(work / "no-apps.json"),
        # wide, so that the length of this run's temporary paths breaks no line; help is 80 wide at most
        "COLUMNS": "250",
        "TERM": "dumb",
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.golden.produce", str(work)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (
        f"the goldens could not be made:\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    )

    def group(name: str) -> dict[str, str]:
        problem = work / f"{name}.error"
        if problem.exists():
            pytest.fail(f"{name} could not be made:\n{problem.read_text('utf-8')}")
        return texts(work / "made" / name)

    return group
