from __future__ import annotations

import os
from pathlib import Path

import pytest

from elyra_neurodesk.modules import tree
from elyra_neurodesk.modules.containers import ContainerState, read_container
from elyra_neurodesk.modules.fingerprint import fingerprint
from tests.support.neurodesk_tree import Tool, make_tree

FSL = Tool("fsl", "6.0.7.16", "20240807", {"bet": "echo bet", "flirt": "echo flirt"})
NEW = Tool("fsl", "6.0.7.22", "20260416", {"bet": "echo bet"}, category="diffusion_imaging", format=2)
OLD = Tool("mrtrix3", "3.0.3", "20221108", {"mrconvert": "echo"}, retired=True)


def test_both_formats_and_every_category_are_read(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL, NEW])
    make_tree(tmp_path, [Tool("fsl", "6.0.7.16", "20240807", FSL.commands, category="workflows")])
    found = tree.scan(tmp_path)
    fsl = found.tools["fsl"]
    assert sorted(fsl.files) == ["6.0.7.16", "6.0.7.22"]
    assert fsl.categories == {
        "6.0.7.16": ("structural_imaging", "workflows"),
        "6.0.7.22": ("diffusion_imaging",),
    }
    assert found.containers == {
        ("fsl", "6.0.7.16"): "fsl_6.0.7.16_20240807",
        ("fsl", "6.0.7.22"): "fsl_6.0.7.22_20260416",
    }
    assert found.states["fsl_6.0.7.16_20240807"] == ContainerState("ready", frozenset({"bet", "flirt"}))


def test_one_tool_is_found_without_reading_the_others(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL, NEW, OLD])
    assert tree.tool_names(tmp_path) == ["fsl", "mrtrix3"]
    assert tree.find_tool(tmp_path, "fsl").choose("6.0.7") == "6.0.7.22"
    assert tree.find_tool(tmp_path, "no").files == {}


def test_a_tool_that_is_in_no_category_is_read_from_the_canonical_place(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL])
    for path in (tmp_path / "neurodesk-modules/structural_imaging/fsl").iterdir():
        path.unlink()
    (tmp_path / "neurodesk-modules/structural_imaging/fsl").rmdir()
    assert tree.find_tool(tmp_path, "fsl").choose("") == "6.0.7.16"
    assert tree.scan(tmp_path).tools["fsl"].categories == {}


def test_other_files_than_module_files_are_passed_over(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL])
    place = tmp_path / "neurodesk-modules/structural_imaging/fsl"
    for name in ("README", ".6.1.lua.swp", "7.0.lua~", "#7.1.lua#", ".#7.2.lua", "__init__.lua", ".version"):
        (place / name).write_text("text")
    (place / "8.0").write_text("#%Module1.0\nprepend-path PATH /x\n")
    assert sorted(tree.find_tool(tmp_path, "fsl").files) == ["6.0.7.16", "8.0"]


def test_a_notice_without_an_image_is_a_retired_container(tmp_path: Path) -> None:
    make_tree(tmp_path, [OLD])
    assert read_container(tmp_path / "containers/mrtrix3_3.0.3_20221108").state == "retired"


@pytest.mark.parametrize(
    ("wrapper", "state"),
    [
        ('#!/bin/bash\nsingularity exec /cvmfs/x/containers/t_1_2/t_1_2.simg c "$@"\n', "gone"),
        ("#!/bin/sh\nexec /usr/bin/c\n", "ready"),
        (None, "ready"),
    ],
)
def test_an_image_is_missed_only_where_a_wrapper_needs_it(
    tmp_path: Path, wrapper: str | None, state: str
) -> None:
    container = tmp_path / "t_1_20250101"
    container.mkdir()
    if wrapper:
        (container / "c").write_text(wrapper)
        (container / "commands.txt").write_text("c\n")
    assert read_container(container).state == state
    assert read_container(tmp_path / "nothing").state == "gone"


def test_a_name_that_was_rebuilt_resolves_to_the_newest_build(tmp_path: Path) -> None:
    make_tree(
        tmp_path, [Tool("t", "1", "20250101", {"c": ""}, retired=True), Tool("t", "1", "20260101", {"c": ""})]
    )
    found = tree.scan(tmp_path)
    assert found.containers == {("t", "1"): "t_1_20260101"}
    assert found.states["t_1_20250101"].state == "retired"


def test_the_mark_of_a_default_is_read(tmp_path: Path) -> None:
    make_tree(tmp_path, [Tool("t", "1", "20250101", default=True), Tool("t", "2", "20250101")])
    assert tree.find_tool(tmp_path, "t").choose("") == "1"


def test_the_fingerprint_follows_every_change_that_matters(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL])
    seen = [fingerprint(tmp_path)]
    module = tmp_path / "neurodesk-modules/structural_imaging/fsl/6.0.7.16.lua"
    os.utime(module, ns=(1, 1))
    seen.append(fingerprint(tmp_path))
    (tmp_path / "containers/fsl_6.0.7.16_20240807/fsl_6.0.7.16_20240807.simg").rmdir()
    os.utime(tmp_path / "containers/fsl_6.0.7.16_20240807", ns=(2, 2))
    seen.append(fingerprint(tmp_path))
    make_tree(tmp_path, [NEW])
    seen.append(fingerprint(tmp_path))
    assert len(set(seen)) == len(seen)
    assert fingerprint(tmp_path) == seen[-1]


def test_a_cvmfs_revision_is_the_fingerprint(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL])
    try:
        os.setxattr(tmp_path, "user.revision", b"8421")
    except OSError as problem:
        pytest.skip(f"no extended attributes here: {problem}")
    assert fingerprint(tmp_path) == "revision 8421"


def test_a_directory_that_holds_no_modules_is_not_a_tree(tmp_path: Path) -> None:
    assert not tree.is_tree(tmp_path)
    assert not tree.is_tree(tmp_path / "nothing")
    assert tree.is_tree(make_tree(tmp_path / "tree", [FSL]))
