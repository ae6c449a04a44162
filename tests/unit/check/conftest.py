"""A module index to check against, and short ways to check a few cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.modules.index import ModuleIndex
from elyra_neurodesk.modules.sources import current_index
from tests.support.neurodesk_tree import Tool, make_tree

TOOLS = (
    Tool("fsl", "6.0.4", "20210105", {"bet": "", "fast": "", "flirt": "", "fslmaths": ""}),
    Tool("fsl", "6.0.7.16", "20250131", {"bet": "", "bet2": "", "fast": "", "flirt": "", "fslmaths": ""}),
    Tool("fsl", "6.0.7.22", "20260101", {"bet": "", "bet2": "", "fast": "", "flirt": "", "fslmaths": ""}),
    Tool(
        "ants", "2.5.4", "20250301", {"antsRegistration": "", "N4BiasFieldCorrection": "", "ls": ""}, format=2
    ),
    Tool("afni", "22.3.07", "20221206", {"3dSkullStrip": "", "3dcopy": ""}),
    Tool("mrtrix3", "3.0.1", "20200101", {"mrconvert": ""}, retired=True),
    Tool("mrtrix3", "3.0.4", "20240101", {"mrconvert": "", "mrview": ""}),
    Tool("oldtool", "1.0", "20190101", {"oldcommand": ""}, retired=True),
)


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> ModuleIndex:
    folder = tmp_path_factory.mktemp("cvmfs")
    tree = make_tree(folder / "neurodesk", TOOLS)
    return current_index(root=tree, environment={"XDG_CACHE_HOME": str(folder / "cache")})


@pytest.fixture
def nothing(tmp_path: Path) -> ModuleIndex:
    environment = {"NEURODESK_CVMFS_ROOT": str(tmp_path / "none"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return current_index(environment=environment)
