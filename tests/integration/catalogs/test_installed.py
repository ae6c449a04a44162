"""The catalogs of an installation: images in their panel, tools in the palette."""

from __future__ import annotations

import json
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from elyra_neurodesk.catalogs.loader import components
from tests.integration.catalogs.home import PALETTE, ROOT
from tests.integration.test_wheel import LIST, wheel
from tests.support.jupyter import JupyterHome

__all__ = ["wheel"]  # the fixture


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the Python of a virtual environment with the package, which borrows the other packages."""
    prefix = tmp_path_factory.mktemp("installed") / "venv"
    venv.create(prefix, with_pip=False)
    (site,) = prefix.glob("lib/python3*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
    installed = prefix / "bin/python"
    subprocess.run([installed, "-m", "pip", "install", "--quiet", "--no-deps", wheel], check=True)
    return str(installed)


def test_elyra_lists_the_runtime_images(python: str, tmp_path: Path) -> None:
    home = JupyterHome(tmp_path)
    listed = json.loads(home.run(python, "-c", LIST, "list", "runtime-images", "--json", cwd=tmp_path).stdout)
    names = {item["metadata"]["image_name"] for item in listed}
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
