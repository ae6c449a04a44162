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
from typing import Any

import pytest

from elyra_neurodesk.catalogs.loader import components
from tests.integration.catalogs.home import PALETTE
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


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of a virtual environment with the package, which borrows the other packages."""
    # Elyra looks below sys.prefix
    prefix = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(prefix, with_pip=False)
    (site,) = prefix.glob("lib/python3*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    installed = prefix / "bin/python"
    subprocess.run([installed, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    return str(installed)


def listed(python: str, home: Path, what: str) -> list[dict[str, Any]]:
    """Return the metadata instances of a schemaspace that Elyra's command line lists."""
    # elsewhere than in the repository, whose package would be imported instead of the installed one
    done = JupyterHome(home).run(python, "-c", LIST, "list", what, "--json", cwd=home)
    return list(json.loads(done.stdout))


def test_elyra_lists_this_machines_configuration_and_no_clusters(python: str, tmp_path: Path) -> None:
    names = {instance["display_name"] for instance in listed(python, tmp_path, "runtimes")}
    assert names == {"Neurodesk (this machine)"}


def test_elyra_lists_the_runtime_images(python: str, tmp_path: Path) -> None:
    names = {item["metadata"]["image_name"] for item in listed(python, tmp_path, "runtime-images")}
    ours = {
        json.loads(path.read_text("utf-8"))["metadata"]["image_name"]
        for path in (ROOT / "runtime-images").glob("*.json")
    }
    assert len(ours) >= 4
    assert ours <= names


def test_elyras_palette_has_the_tools_without_a_line_of_configuration(python: str, tmp_path: Path) -> None:
    home = JupyterHome(tmp_path)
    (home.home / ".local/share/jupyter/runtime").mkdir(parents=True)
    out = home.run(python, "-c", PALETTE, cwd=tmp_path).stdout
    found = json.loads(out[out.index('{"palette"') :])
    labels = {node["label"] for group in found["palette"]["categories"] for node in group["node_types"]}
    assert {component.name for component in components().values()} <= labels


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
