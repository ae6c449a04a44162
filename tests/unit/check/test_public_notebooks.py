"""Three notebooks written as people teach with Neurodesk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.report import Report
from elyra_neurodesk.modules.index import ModuleIndex
from elyra_neurodesk.modules.sources import current_index
from tests.support.neurodesk_tree import Tool, make_tree
from tests.unit.check.support import briefs, item, uses

DATA = Path(__file__).parents[2] / "data"
BET, BIDS, ONE = (DATA / f"notebooks/{name}.ipynb" for name in ("brain_extraction", "to_bids", "one_of_many"))

# what each of them loads, by cell and line; all of these exist
LOADS = {
    BET: ["fsl/6.0.7.16 ok 3:2"],
    BIDS: ["dcm2niix/v1.0.20240202 ok 8:2", "heudiconv/1.3.1 ok 15:1", "bidscoin/4.3.3 ok 18:2"],
    ONE: ["fsl/6.0.4 ok 4:3"],
}


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> ModuleIndex:
    folder = tmp_path_factory.mktemp("listed")
    environment = {"NEURODESK_CVMFS_ROOT": str(folder / "none"), "XDG_CACHE_HOME": str(folder)}
    return current_index(source=str(DATA / "apps.json"), environment=environment)


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> ModuleIndex:
    folder = tmp_path_factory.mktemp("mounted")
    fsl = {"bet": "", "robustfov": "", "fslmaths": ""}
    tools = (
        Tool("fsl", "6.0.4", "20210105", fsl),
        Tool("fsl", "6.0.7.16", "20250131", fsl),
        Tool("dcm2niix", "v1.0.20240202", "20260512", {"dcm2niix": "", "dcm2niibatch": ""}),
        Tool("heudiconv", "1.3.1", "20241105", {"heudiconv": "", "dcm2niix": ""}),
        Tool("bidscoin", "4.3.3", "20240716", {"bidsmapper": "", "bidscoiner": "", "dcm2niix": ""}),
        Tool("other", "1", "20240101", {"tree": "", "wget": "", "datalad": "", "find": "", "tar": ""}),
    )
    root = make_tree(folder / "tree", tools)
    return current_index(root=root, environment={"XDG_CACHE_HOME": str(folder)})


def report(path: Path, index: ModuleIndex) -> Report:
    return check_sources([item("node", path.name, path)], index)


@pytest.mark.parametrize("path", LOADS, ids=lambda path: path.stem)
@pytest.mark.parametrize("source", ["listed", "mounted"])
def test_they_are_found_to_be_right(path: Path, source: str, request: pytest.FixtureRequest) -> None:
    found = report(path, request.getfixturevalue(source))
    assert uses(found) == LOADS[path]
    assert [one.text for one in found.findings] == []


@pytest.mark.parametrize(
    ("path", "first"),
    [(BET, ["201 error 7:1", "201 error 17:2"]), (ONE, ["201 error 9:1"])],
    ids=["brain_extraction", "one_of_many"],
)
def test_without_their_loads_their_commands_are_missed(
    path: Path, first: list[str], mounted: ModuleIndex, tmp_path: Path
) -> None:
    content = json.loads(path.read_text("utf-8"))
    for cell in content["cells"]:
        cell["source"] = [line for line in cell["source"] if "module.load" not in line]
    copy = tmp_path / "copy.ipynb"
    copy.write_text(json.dumps(content), "utf-8")
    assert briefs(report(copy, mounted)) == first
