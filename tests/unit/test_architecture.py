"""docs/architecture.md says what the configuration of import-linter, the packages and the patches are."""

from __future__ import annotations

import io
import re
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
import tomllib

from elyra_neurodesk.bootstrapper.zipapp import build_zipapp
from elyra_neurodesk.patches import PATCHES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]


def rows(title: str) -> list[list[str]]:
    """Return the cells of a section's table, without its head."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    lines = [line for line in found[1].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def layers() -> list[list[str]]:
    (contract,) = (contract for contract in CONTRACTS if contract.get("exhaustive"))
    return [[name.strip(" ()") for name in layer.split("|")] for layer in contract["layers"]]


def test_the_layers_are_those_that_import_linter_checks() -> None:
    assert [re.findall(r"`(\w+)`", first) for first, _ in rows("Layers")] == layers()


def test_every_package_on_disk_is_a_layer() -> None:
    folder = ROOT / "elyra_neurodesk"
    present = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert present - {"__init__"} == {name for layer in layers() for name in layer}


def test_what_a_container_gets_may_reach_nothing_but_what_is_sent_to_it() -> None:
    (contract,) = (
        contract
        for contract in CONTRACTS
        if contract.get("source_modules") == ["elyra_neurodesk.bootstrapper"]
    )
    forbidden = {name.removeprefix("elyra_neurodesk.") for name in contract["forbidden_modules"]}
    sent = {
        name.split("/")[1].removesuffix(".py")
        for name in zipfile.ZipFile(io.BytesIO(build_zipapp())).namelist()
        if name.startswith("elyra_neurodesk/")
    }
    assert forbidden == {name for layer in layers() for name in layer} - sent


def test_the_patches_are_listed_in_their_order() -> None:
    assert [first.strip("`") for first, _ in rows("Patches")] == [patch.__name__ for patch in PATCHES]


@pytest.mark.parametrize(("name", "file"), [(first, where) for first, where, _ in rows("Types")])
def test_a_type_is_where_the_page_says(name: str, file: str) -> None:
    module = file.strip("`").removesuffix(".py").replace("/", ".")
    assert getattr(import_module(module), name.strip("`")).__module__ == module


def test_links_and_paths_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
    for path in re.findall(r"`((?:elyra_neurodesk|tools|docs)/[\w./]+)`", PAGE):
        assert (ROOT / path).exists(), path
