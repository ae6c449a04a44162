"""Declared modules: found, refused, and loaded by reading their files."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.modules import (
    ContainerGone,
    ModuleRetired,
    ModuleUnavailable,
    load,
    resolve,
)
from elyra_neurodesk.record.model import Module
from tests.support.neurodesk_tree import Tool, make_tree

TOOLS = [
    Tool("fsl", "6.0.4", "20210105", {"bet": "echo 4"}),
    Tool("fsl", "6.0.7.16", "20240807", {"bet": "echo 7"}, env={"FSLDIR": "BASEPATH/opt/fsl"}),
    Tool("ants", "2.5.4", "20250423", {"N4": "echo n4"}, category="image_registration", format=2),
    Tool("mrtrix3", "3.0.3", "20221108", {"mrconvert": "echo"}, retired=True),
    Tool("new", "1", "20251101", {"new": "echo"}, format=2, retired=True),
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tree", TOOLS)


@pytest.fixture(autouse=True)
def no_lmod(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand for an image without Lmod; what Lmod does is tested beside this file."""
    monkeypatch.setattr("elyra_neurodesk.bootstrapper.lmod.LMOD_CMD", "/nowhere/lmod")


def try_load(
    requested: list[str], root: Path, strict: str = "error", **environment: str
) -> tuple[list[Module], dict[str, str], str]:
    stream = io.StringIO()
    modules, new = load(requested, root, strict, {"PATH": "/usr/bin:/bin", **environment}, Log(stream))
    return modules, new, stream.getvalue()


def test_a_module_is_resolved_to_its_version_and_container(root: Path) -> None:
    module, file = resolve("fsl", root)
    container = f"{root}/containers/fsl_6.0.7.16_20240807"
    assert module == Module("fsl", "fsl/6.0.7.16", container, via="", status="default")
    assert file.container == "fsl_6.0.7.16_20240807"


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        ("fsl/9", ModuleUnavailable, "Available: fsl/6.0.7.16, fsl/6.0.4."),
        ("fls", ModuleUnavailable, "Similar: fsl."),
        ("../x", ModuleUnavailable, "is not in"),
        ("", ModuleUnavailable, "is not in"),
        ("$(touch /tmp/x)", ModuleUnavailable, "is not in"),
        ("mrtrix3", ModuleRetired, "retired"),
        ("new", ModuleRetired, "retired"),
    ],
)
def test_a_module_that_cannot_be_used_is_refused_with_what_there_is(
    root: Path, request_: str, error: type[ModuleUnavailable], words: str
) -> None:
    with pytest.raises(ModuleUnavailable) as caught:
        resolve(request_, root)
    assert type(caught.value) is error
    assert words in str(caught.value)
    assert caught.value.exit_status == 12


def test_a_container_that_is_gone_is_refused(root: Path) -> None:
    (root / "containers/fsl_6.0.4_20210105").rename(root / "elsewhere")
    with pytest.raises(ContainerGone, match=r"fsl/6\.0\.4 names .*fsl_6\.0\.4_20210105, which is not there"):
        resolve("fsl/6.0.4", root)


def test_an_image_that_is_gone_is_refused(root: Path) -> None:
    container = root / "containers/ants_2.5.4_20250423"
    (container / f"{container.name}.simg").rmdir()
    with pytest.raises(ContainerGone, match=r"the image of the module ants/2\.5\.4 is not in"):
        resolve("ants", root)


def test_a_module_file_without_a_container_is_refused(root: Path) -> None:
    (root / "neurodesk-modules/structural_imaging/fsl/6.0.4.lua").write_text('setenv("A", "1")\n')
    with pytest.raises(ModuleUnavailable, match="puts no container on PATH"):
        resolve("fsl/6.0.4", root)


def test_what_the_files_say_is_done_where_there_is_no_lmod(root: Path) -> None:
    modules, new, said = try_load(["fsl/6.0.7.16", "ants/2.5"], root)
    fsl, ants = (f"{root}/containers/{name}" for name in ("fsl_6.0.7.16_20240807", "ants_2.5.4_20250423"))
    assert new["PATH"] == f"{ants}:{fsl}:/usr/bin:/bin"
    assert new["FSLDIR"] == f"{fsl}/fsl_6.0.7.16_20240807.simg/opt/fsl"
    assert [(one.via, one.status, one.container) for one in modules] == [
        ("module file", "exact", fsl),
        ("module file", "other", ants),
    ]
    lines = said.splitlines()
    assert lines[0].endswith(f"module fsl/6.0.7.16: fsl/6.0.7.16 from {fsl} (module file)")
    assert "warning: the module ants/2.5 is not there as written: loaded ants/2.5.4" in lines[1]


def test_every_missing_module_is_logged_before_the_first_one_stops_the_task(root: Path) -> None:
    stream = io.StringIO()
    with pytest.raises(ModuleUnavailable, match="'afni/1'"):
        load(["fsl", "afni/1", "mrtrix3"], root, "error", {}, Log(stream))
    assert "ND-MODULE-002: the module mrtrix3/3.0.3" in stream.getvalue()


@pytest.mark.parametrize("strict", ["warn", "off"])
def test_without_strictness_missing_modules_are_recorded_and_the_others_loaded(
    root: Path, strict: str
) -> None:
    modules, new, said = try_load(["no/1", "mrtrix3", "fsl"], root, strict)
    assert [(one.requested, one.module, one.status, one.via) for one in modules] == [
        ("no/1", "", "unknown", ""),
        ("mrtrix3", "", "retired", ""),
        ("fsl", "fsl/6.0.7.16", "default", "module file"),
    ]
    assert new["PATH"].startswith(str(root))
    assert ("ND-MODULE-001" in said, "ND-MODULE-002" in said) == (strict == "warn", strict == "warn")


def test_nothing_is_loaded_when_one_is_missing_and_nothing_is_asked_for_without_modules(root: Path) -> None:
    assert try_load([], root) == ([], {"PATH": "/usr/bin:/bin"}, "")
    assert try_load([], root / "nothing")[0] == []


def test_of_two_versions_of_a_tool_the_last_one_stays(root: Path) -> None:
    modules, new, said = try_load(["fsl/6.0.7.16", "fsl/6.0.4"], root)
    assert [one.status for one in modules] == ["replaced", "exact"]
    assert "fsl_6.0.7.16" not in new["PATH"]
    assert "warning: module fsl/6.0.7.16 is replaced by fsl/6.0.4" in said


def test_a_bundle_brings_the_modules_that_it_names(root: Path) -> None:
    place = root / "neurodesk-modules/workflows/bundle"
    place.mkdir(parents=True)
    (place / "1.lua").write_text(
        '-- neurodesk-bundle-v1\nappend_path("MODULEPATH", pathJoin(root, "modules"))\n'
        'depends_on("fsl/6.0.4")\ndepends_on("ants/2.5.4")\ndepends_on("bundle/1")\n'
    )
    modules, new, _ = try_load(["bundle"], root, MODULEPATH="/m")
    assert [one.module for one in modules] == ["fsl/6.0.4", "ants/2.5.4", "bundle/1"]
    assert [Path(part).name for part in new["PATH"].split(":")[:2]] == [
        "ants_2.5.4_20250423",
        "fsl_6.0.4_20210105",
    ]
    assert new["MODULEPATH"] == f"/m:{root}/containers/modules"
    (root / "containers/fsl_6.0.4_20210105").rename(root / "elsewhere")
    with pytest.raises(ContainerGone):
        try_load(["bundle"], root)


def test_what_a_file_does_beyond_what_can_be_read_is_said(root: Path) -> None:
    with (root / "neurodesk-modules/structural_imaging/fsl/6.0.4.lua").open("a") as stream:
        stream.write('setenv("A", compute())\n')
    modules, _, said = try_load(["fsl/6.0.4"], root)
    assert modules[0].via == "module file"
    assert "warning: not all that the file of fsl/6.0.4 does could be read" in said


def test_a_container_that_is_a_link_is_named_as_what_it_really_is(root: Path) -> None:
    real = root / "containers/fsl_6.0.4_20210105"
    real.rename(root / "containers/fsl_6.0.4_20260101")
    (root / "containers/fsl_6.0.4_20260101/fsl_6.0.4_20210105.simg").mkdir(exist_ok=True)
    real.symlink_to("fsl_6.0.4_20260101")
    assert resolve("fsl/6.0.4", root)[0].container == f"{root}/containers/fsl_6.0.4_20260101"
