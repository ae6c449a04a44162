from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.guard.kernel import notes
from elyra_neurodesk.bootstrapper.guard.kernel.loads import check
from tests.support.neurodesk_tree import Tool, make_tree


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(notes.FINDINGS, str(tmp_path / "findings.jsonl"))
    monkeypatch.setenv("MODULEPATH", "/some")
    return make_tree(
        tmp_path / "root",
        [
            Tool("fsl", "6.0.7.22", "20250101", {"bet": ""}),
            Tool("old", "1.0", "20200101", {"x": ""}, retired=True),
        ],
    )


def judged(request: str, loaded: str, *paths: Path) -> list[str]:
    after = {"LOADEDMODULES": loaded, "PATH": ":".join(map(str, paths)) + ":/bin", "MODULEPATH": "/m"}
    return [item["code"].removeprefix("ND-GUARD-") for item in check([request], {"PATH": "/bin"}, after, "")]


def test_a_load_that_did_what_it_says_is_right(root: Path) -> None:
    path = root / "containers/fsl_6.0.7.22_20250101"
    assert judged("fsl/6.0.7.22", "fsl/6.0.7.22", path) == []
    assert judged("fsl", "fsl/6.0.7.22", path) == []


def test_a_module_that_is_not_loaded_afterwards_was_not_loaded(root: Path) -> None:
    assert judged("nope/9.9", "fsl/6.0.7.22") == ["001"]
    assert judged("fs", "fsl/6.0.7.22") == ["001"]


def test_another_version_is_a_finding(root: Path) -> None:
    assert judged("fsl/6.0.7", "fsl/6.0.7.22", root / "containers/fsl_6.0.7.22_20250101") == ["008"]
    assert judged("fsl/6.0", "fsl/6.0.7.22", root / "containers/fsl_6.0.7.22_20250101") == ["008"]


def test_a_load_of_a_container_that_is_not_there_is_a_finding(root: Path) -> None:
    assert judged("fsl/6.0.7.22", "fsl/6.0.7.22", root / "containers/fsl_gone_1") == ["001"]


def test_a_retired_container_is_a_finding(root: Path) -> None:
    assert judged("old/1.0", "old/1.0", root / "containers/old_1.0_20200101") == ["003"]


def test_a_finding_has_what_lmod_printed_and_the_missing_tree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("MODULEPATH", raising=False)
    found = check(["a/1"], {}, {}, "Lmod has detected\nthe following error\nmore", 4)[0]
    assert found["message"] == "the module a/1 was not loaded: Lmod has detected the following error"
    assert "MODULEPATH is empty" in found["hint"]
    assert found["line"] == 4
