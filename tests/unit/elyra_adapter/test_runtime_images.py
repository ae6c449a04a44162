from __future__ import annotations

import json
from pathlib import Path

import pytest
from elyra.metadata.manager import MetadataManager
from jupyter_core import paths

from elyra_neurodesk.elyra_adapter.runtime_images import newest_neurodesktop, runtime_images

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The directories of a user's runtime images and of those that are installed."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "own"))
    monkeypatch.setattr(paths, "SYSTEM_JUPYTER_PATH", [str(tmp_path / "installed")])
    found = tuple(tmp_path / name / "metadata" / "runtime-images" for name in ("own", "installed"))
    for folder in found:
        folder.mkdir(parents=True)
    return found[0], found[1]


def write(folder: Path, name: str, image: str) -> None:
    content = {
        "display_name": name,
        "schema_name": "runtime-image",
        "metadata": {"image_name": image, "pull_policy": "IfNotPresent"},
    }
    (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")


def test_the_images_are_those_that_elyra_lists(folders: tuple[Path, Path]) -> None:
    own, installed = folders
    write(own, "one", "a/b:1")
    write(installed, "one", "a/b:2")
    write(installed, "two", "c/d:3")
    (own / "broken.json").write_text("{", "utf-8")
    mine = {image["image_name"] for image in runtime_images()}
    elyras = MetadataManager(schemaspace="runtime-images").get_all()
    assert mine == {instance.metadata["image_name"] for instance in elyras}
    assert {"a/b:1", "c/d:3"} <= mine
    assert "a/b:2" not in mine


def test_the_newest_neurodesktop_of_the_catalog_is_found() -> None:
    catalog = [
        json.loads(path.read_text("utf-8"))["metadata"] for path in (ROOT / "runtime-images").glob("*.json")
    ]
    newest = max(path.stem for path in (ROOT / "runtime-images").glob("neurodesktop-*.json"))
    assert newest_neurodesktop(catalog).startswith(f"vnmd/{newest.replace('-', ':', 1)}")
    assert newest_neurodesktop([{"image_name": "x/neurodesktop:20250101"}]) == "x/neurodesktop:20250101"
    assert newest_neurodesktop([{"image_name": "x/neurodesktop:latest"}, {}]) == ""
