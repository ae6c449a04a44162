"""What an installation puts where Elyra looks for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.jupyter import JupyterHome

LIST = "from elyra.metadata.metadata_app import MetadataApp as A; A.main()"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # from a copy: a build leaves files behind
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "source")], check=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--verbose",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        ".",
    ]
    built = subprocess.run(command, check=True, cwd=folder / "source", capture_output=True, text=True)
    (folder / "build.log").write_text(built.stdout + built.stderr, "utf-8")
    (path,) = folder.glob("*.whl")
    return path


def test_elyra_lists_this_machines_configuration_and_no_clusters(wheel: Path, tmp_path: Path) -> None:
    # Elyra looks below sys.prefix: take a virtual environment that borrows our packages
    prefix = tmp_path / "venv"
    venv.create(prefix, with_pip=False)
    (site,) = prefix.glob("lib/python3*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    python = prefix / "bin/python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    home = JupyterHome(tmp_path / "home")
    listed = json.loads(home.run(str(python), "-c", LIST, "list", "runtimes", "--json").stdout)
    names = {instance["display_name"] for instance in listed}
    assert names == {"Neurodesk (this machine)"}


def test_the_build_warns_of_nothing(wheel: Path) -> None:
    log = wheel.with_name("build.log").read_text("utf-8")
    assert "Successfully built elyra-neurodesk" in log
    assert not re.findall(r".*Warning:.*", log)


def test_the_wheel_carries_templates_schemas_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "elyra_neurodesk/py.typed" in names
    assert "elyra_neurodesk/elyra_adapter/neurodesk.json" in names
    tracked = subprocess.run(
        ["git", "ls-files", "elyra_neurodesk"], check=True, cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    assert set(tracked) <= names
