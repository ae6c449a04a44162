"""Declared modules through the Lmod that is installed here."""

from __future__ import annotations

import io
import os
import subprocess
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper import lmod
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.modules import ModuleRetired, load
from elyra_neurodesk.record.model import Module
from tests.support.neurodesk_tree import DEFAULT_ROOT, Tool, make_tree
from tests.unit.modules.lmod import COMMAND, loaded, needs_lmod

TOOLS = [
    Tool("fsl", "6.0.4", "20210105", {"bet": "echo four"}),
    Tool("fsl", "6.0.7.16", "20240807", {"bet": 'echo "seven $1"'}, env={"FSLDIR": "BASEPATH/opt/fsl"}),
    Tool("ants", "2.5.4", "20250423", {"env": "echo not env"}, category="image_registration", format=2),
    Tool("mrtrix3", "3.0.3", "20221108", {"mrconvert": "echo"}, retired=True),
]

pytestmark = needs_lmod


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "a tree", TOOLS)


def environment(root: Path, **more: str) -> dict[str, str]:
    places = sorted(map(str, (root / "neurodesk-modules").iterdir()))
    return {"PATH": os.environ["PATH"], "HOME": "/nowhere", "MODULEPATH": ":".join(places), **more}


def try_load(requested: list[str], root: Path, **more: str) -> tuple[list[Module], dict[str, str], str]:
    stream = io.StringIO()
    modules, new = load(requested, root, "error", environment(root, **more), Log(stream))
    return modules, new, stream.getvalue()


@pytest.mark.parametrize("published_at", [DEFAULT_ROOT, "here"])
def test_lmod_loads_them_wherever_the_repository_is(tmp_path: Path, published_at: str) -> None:
    root = tmp_path / "tree"
    make_tree(root, TOOLS, repository=str(root) if published_at == "here" else published_at)
    modules, new, said = try_load(["fsl/6.0.7", "ants"], root)
    assert [(one.module, one.via, one.status) for one in modules] == [
        ("fsl/6.0.7.16", "lmod", "other"),
        ("ants/2.5.4", "lmod", "default"),
    ]
    assert new["LOADEDMODULES"] == "fsl/6.0.7.16:ants/2.5.4"
    fsl = f"{root}/containers/fsl_6.0.7.16_20240807"
    assert fsl in new["PATH"].split(":")
    assert new["FSLDIR"] == f"{fsl}/fsl_6.0.7.16_20240807.simg/opt/fsl"
    assert DEFAULT_ROOT not in new["PATH"]
    assert "warning: the module fsl/6.0.7 is not there as written: loaded fsl/6.0.7.16" in said
    output = subprocess.run(["bet", "x"], env=new, capture_output=True, text=True, check=True).stdout
    assert output == "seven x\n"


def test_lmod_knows_afterwards_what_is_loaded(root: Path) -> None:
    _, new, _ = try_load(["fsl/6.0.4"], root)
    script = 'eval "$("$1" bash load fsl/6.0.7.16)"; echo "$LOADEDMODULES"; echo "$PATH"'
    command = ["bash", "--norc", "-c", script, "x", str(COMMAND)]
    done = subprocess.run(command, env=new, capture_output=True, text=True, check=True)
    names, path = done.stdout.splitlines()
    assert names == "fsl/6.0.7.16"
    assert "fsl_6.0.7.16_20240807" in path


def test_the_rest_of_the_environment_is_as_it_was(root: Path) -> None:
    odd = {
        "LINES_OF": "a\nb",
        "EMPTY": "",
        "QUOTED": "'\"$(id)`",
        "OLDPWD": "/o",
        "SHLVL": "7",
        "BYTES": "\udcff",
    }
    before = environment(root, **odd)
    _, new, _ = try_load(["fsl/6.0.4"], root, **odd)
    assert {name: new[name] for name in before if name != "PATH"} == {
        name: value for name, value in before.items() if name != "PATH"
    }
    added = {name for name in new if name not in before and not name.startswith(("_", "LMOD", "MODULE"))}
    assert added <= {"LOADEDMODULES"}
    assert "PWD" not in added


def test_a_retired_module_that_lmod_would_load_is_refused(root: Path) -> None:
    places = [root / "neurodesk-modules/structural_imaging"]
    assert loaded("mrtrix3", places) == "mrtrix3/3.0.3"
    with pytest.raises(ModuleRetired):
        try_load(["mrtrix3"], root)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo broken >&2; exit 1", "Lmod did not load the modules (broken)"),
        ("echo 'false'", "Lmod did not load the modules (exit status 3)"),
        ("echo ':'", "it did not load fsl/6.0.4"),
        ("echo 'export LOADEDMODULES=fsl/6.0.4'", "fsl/6.0.4 did not put"),
        ("echo 'exit 0'", "Lmod did not load the modules (exit status 0)"),
        ("sleep 30", "it took longer than 0.3 s"),
    ],
)
def test_an_lmod_that_fails_does_not_lose_the_task(
    root: Path, tmp_path: Path, script: str, words: str
) -> None:
    command = tmp_path / "lmod"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    seconds = "0.3" if "sleep" in script else "20"
    modules, new, said = try_load(["fsl/6.0.4"], root, LMOD_CMD=str(command), NEURODESK_CVMFS_TIMEOUT=seconds)
    assert words in said
    assert modules[0].via == "module file"
    assert new["PATH"].split(":")[0] == f"{root}/containers/fsl_6.0.4_20210105"


def test_a_module_of_the_same_name_from_elsewhere_is_not_taken(root: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "fsl"
    other.mkdir(parents=True)
    (other / "6.0.4.lua").write_text('prepend_path("PATH", "/elsewhere")\n')
    modules, new, said = try_load(["fsl/6.0.4"], root, MODULEPATH=str(other.parent))
    assert (modules[0].via, "/elsewhere" in new["PATH"]) == ("module file", False)
    assert "did not put" in said


def test_a_bundle_is_loaded_with_what_it_names(root: Path) -> None:
    place = root / "neurodesk-modules/workflows/bundle"
    place.mkdir(parents=True)
    (place / "1.lua").write_text(
        '-- neurodesk-bundle-v1\ndepends_on("fsl/6.0.4")\ndepends_on("ants/2.5.4")\n'
    )
    modules, new, _ = try_load(["bundle"], root)
    assert [(one.module, one.via) for one in modules] == [
        ("fsl/6.0.4", "lmod"),
        ("ants/2.5.4", "lmod"),
        ("bundle/1", "lmod"),
    ]
    assert new["LOADEDMODULES"].split(":")[-1] == "bundle/1"


def test_a_name_is_never_a_piece_of_shell(root: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises(lmod.LmodFailed):
        lmod.load([f"fsl/$(touch {mark})", f"; touch {mark}"], str(COMMAND), environment(root), root, 20)
    assert not mark.exists()


def test_lmod_is_found_by_the_environment_first(tmp_path: Path) -> None:
    mine = tmp_path / "lmod"
    mine.write_text("")
    assert lmod.find({"LMOD_CMD": str(mine)}) == lmod.LMOD_CMD
    mine.chmod(0o755)
    assert lmod.find({"LMOD_CMD": str(mine)}) == str(mine)
    assert lmod.find({}) == lmod.LMOD_CMD
