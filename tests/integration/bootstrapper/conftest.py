from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kernels import HAS_BASH, write_bash_kernel
from tests.support.objectstore import ObjectStore, running_nanio

_kernels = tempfile.TemporaryDirectory(prefix="kernels")


def pytest_configure() -> None:
    """Have a bash kernel before the tests of this folder are collected: some are skipped without one."""
    if HAS_BASH:
        write_bash_kernel(Path(_kernels.name))
        os.environ["JUPYTER_PATH"] = os.pathsep.join(
            [_kernels.name, *filter(None, [os.environ.get("JUPYTER_PATH")])]
        )


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """One object store for all tests of the session; each test has a pipeline directory of its own."""
    with running_nanio(tmp_path_factory.mktemp("store")) as store:
        yield store


@pytest.fixture
def directory(tmp_path: Path) -> str:
    """A pipeline directory (slug) that no other test uses."""
    return tmp_path.name.replace("_", "-").lower()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small Neurodesk-shaped tree whose module files name the real mount point."""
    root = tmp_path / "cvmfs"
    modules = root / "neurodesk-modules" / "image_reconstruction" / "tool"
    modules.mkdir(parents=True)
    for version in ("1.2.9", "1.2.10"):
        container = root / "containers" / f"tool_{version}_20250101"
        container.mkdir(parents=True)
        command = container / "mytool"
        command.write_text(f"#!/bin/sh\necho mytool {version} $TOOL_HOME\n")
        command.chmod(0o755)
        real = f"/cvmfs/neurodesk.ardc.edu.au/containers/tool_{version}_20250101"
        (modules / f"{version}.lua").write_text(
            f'-- lua\nprepend_path("PATH", "{real}")\nsetenv("TOOL_HOME", "{real}/x")\n'
        )
    return root
