"""Runtime images as Elyra's metadata."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from elyra.metadata.schemasproviders import ElyraSchemasProvider
from jsonschema import Draft7Validator

from elyra_neurodesk.catalogs.loader import BASE_IMAGE
from tools.runtime_images.instances import FAMILIES, Image, NoDatedTags, choose, images, write

SHIPPED = sorted((Path(__file__).parents[3] / "runtime-images").glob("*.json"))
DESKTOP, COMMAND = FAMILIES


def test_the_newest_dates_are_chosen_and_latest_only_where_there_are_none() -> None:
    tags = ["latest", "2026-08-07", "2026-09-23", "2025-12-31", "20260101", "v2026-09-23", "2026-09-23-arm64"]
    assert choose(tags, 2) == ["2026-09-23", "2026-08-07"]
    assert choose(["latest", "edge"], 2) == ["latest"]
    assert choose(["edge"], 2) == []


def test_an_image_with_a_digest_is_pulled_once_and_one_without_every_time() -> None:
    pinned = Image(DESKTOP, "2026-09-23", "sha256:" + "0" * 64)
    assert pinned.instance() == {
        "display_name": "Neurodesktop 2026-09-23",
        "schema_name": "runtime-image",
        "metadata": {
            "description": "JupyterLab, papermill, R and apptainer with Lmod and Neurodesk's modules. "
            "Pinned by its digest.",
            "tags": ["neurodesk", "jupyter"],
            "image_name": "vnmd/neurodesktop:2026-09-23@sha256:" + "0" * 64,
            "pull_policy": "IfNotPresent",
        },
    }
    assert Image(COMMAND, "latest").instance()["metadata"]["pull_policy"] == "Always"


def test_no_tag_that_says_when_is_an_error() -> None:
    with pytest.raises(NoDatedTags, match=r"ND-IMAGES-002.*vnmd/neurodesktop"):
        images(DESKTOP, ["edge"], lambda tag: "", 3, "vnmd/")


def test_a_family_replaces_its_own_files_only(tmp_path: Path) -> None:
    (tmp_path / "neurodesktop-2025-01-01.json").touch()
    (tmp_path / "mine.json").touch()
    made = [Image(DESKTOP, "2026-09-23")]
    assert write(tmp_path, DESKTOP, made) == (
        ["neurodesktop-2026-09-23.json"],
        ["neurodesktop-2025-01-01.json"],
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.json", "neurodesktop-2026-09-23.json"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_what_is_shipped_is_what_the_command_would_write(path: Path) -> None:
    content = json.loads(path.read_text("utf-8"))
    schema = json.loads((Path(ElyraSchemasProvider.schema_dir) / "runtime-image.json").read_text("utf-8"))
    Draft7Validator(schema).validate(content)
    name = content["metadata"]["image_name"]
    found = re.fullmatch(r"vnmd/(\w+):([\w.-]+)(?:@(sha256:[0-9a-f]{64}))?", name)
    assert found
    family = next(family for family in FAMILIES if family.name == found[1])
    image = Image(family, found[2], found[3] or "")
    assert (image.file, image.instance()) == (path.name, content)


def test_the_catalog_of_tools_runs_in_an_image_that_is_shipped() -> None:
    names = [json.loads(path.read_text("utf-8"))["metadata"]["image_name"] for path in SHIPPED]
    assert BASE_IMAGE in names
