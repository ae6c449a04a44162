"""``elyra-neurodesk local``: what it says of Neurodesk's modules."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from elyra_neurodesk.backend.config import CVMFS_CLAIM, Config, save_config
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.cli.main import run
from tests.support.neurodesk_tree import Tool, make_tree


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a home whose backend is down and whose CVMFS claim is ``tmp_path/claim``."""
    made = Home(tmp_path / "home")
    made.make()
    save_config(made, Config(claims={CVMFS_CLAIM: str(tmp_path / "claim")}))
    return made


@pytest.mark.parametrize("kind", ["cvmfs", "directory", "none"])
def test_status_says_what_it_found_of_neurodesk(
    home: Home, tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    claim = tmp_path / "claim"
    if kind != "none":
        make_tree(claim, [Tool("fsl", "6.0.7.16", "20240807")])
    if kind == "cvmfs":
        try:
            os.setxattr(claim, "user.revision", b"8421")
        except OSError as problem:
            pytest.skip(f"no extended attributes here: {problem}")
    assert run(["local", "status", "--home", str(home.path)]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("modules"))
    assert {
        "cvmfs": f"CVMFS, revision 8421, mounted at {claim}",
        "directory": f"the directory {claim}",
        "none": f"none: {claim} does not exist",
    }[kind] in line
    assert run(["local", "status", "--json", "--home", str(home.path)]) == 0
    told = json.loads(capsys.readouterr().out)["neurodesk"]
    assert (told["kind"], told["directory"]) == (kind, str(claim))
    assert told["revision"] == ("8421" if kind == "cvmfs" else "")
