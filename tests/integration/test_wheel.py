"""What an installation puts where Elyra looks for it."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.jupyter import JupyterHome

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # from a copy: a build leaves files behind
    subprocess.run(["git", "clone", "-q", str(ROOT), str(folder / "source")], check=True)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), "."]
    subprocess.run(command, check=True, cwd=folder / "source")
    (path,) = folder.glob("*.whl")
    return path


def test_elyra_lists_the_sample_configurations_of_an_installation(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as content:
        content.extractall(tmp_path)
    (data,) = tmp_path.glob("*.data/data")
    home = JupyterHome(tmp_path / "home")
    home.env["JUPYTER_PATH"] = str(data / "share/jupyter")
    listed = json.loads(home.run("elyra-metadata", "list", "runtimes", "--json").stdout)
    names = {instance["display_name"] for instance in listed}
    assert {"Neurodesk (this machine)", "Neurodesk (Minikube)", "Neurodesk (WSL2)"} <= names


def test_the_wheel_carries_templates_schemas_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "elyra_neurodesk/py.typed" in names
    assert "elyra_neurodesk/schemas/neurodesk.json" in names
    tracked = subprocess.run(
        ["git", "ls-files", "elyra_neurodesk"], check=True, cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    assert set(tracked) <= names
