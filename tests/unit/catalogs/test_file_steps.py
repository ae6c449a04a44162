"""Files in and out of volumes, and command lines of the user's own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elyra_neurodesk.catalogs.loader import components
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.steps import Ran, artifact, files, run_step

SHELLS = [name for name in ("dash", "bash --posix", "busybox sh") if shutil.which(name.split()[0])]
NASTY = """echo "$HOME" '$(id)' `echo now` "a  b" \\\\ ü >out; echo $((1 + 1)) >>out
printf '%s\\n' 'second line' >>out"""


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    return artifact(tmp_path / "my volume", **{"sub-01_T1w__nii__gz": "t1", "sub-01_T2w__nii__gz": "t2"})


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(
        tmp_path / "cvmfs",
        [
            Tool("fsl", "6.0.7.16", "20250131", {"fslinfo": "echo old"}, env={"FSLDIR": "BASEPATH/opt/fsl"}),
            Tool("fsl", "6.0.7.22", "20260416", {"fslinfo": "echo new"}),
            Tool("fsl", "6.0.7.4", "20231005", {"fslinfo": "echo older"}),
            Tool("mrtrix3", "3.0.4", "20240320", {"mrinfo": "echo chosen"}, default=True),
            Tool("mrtrix3", "3.0.8", "20260107", {"mrinfo": "echo newest"}),
            Tool("ants", "2.6.0", "20250424", {"N4": "echo n4"}, format=2),
            Tool("afni", "26.0.07", "20260128", {"3dinfo": ""}, retired=True),
        ],
    )


def files_in(tmp_path: Path, path: str, shell: str = "sh") -> Ran:
    return run_step(components()["files-in"], tmp_path / "run", tmp_path / "no", shell=shell, Path=path)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/sub-01_T1w.nii.gz", ["sub-01_T1w.nii.gz"]),
        ("/*T?w*", ["sub-01_T1w.nii.gz", "sub-01_T2w.nii.gz"]),
        ("", ["sub-01_T1w.nii.gz", "sub-01_T2w.nii.gz"]),
    ],
)
def test_a_file_a_pattern_and_a_folder_come_in(
    tmp_path: Path, volume: Path, shell: str, pattern: str, found: list[str]
) -> None:
    ran = files_in(tmp_path, f"{volume}{pattern}", shell)
    assert (ran.status, list(ran.outputs["Files"])) == (0, found)


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("data/x", 2, "does not begin with /"),
        ("/nowhere/$(touch x)`id`", 13, "nothing at '/nowhere/$(touch x)`id`'"),
    ],
)
def test_a_path_with_nothing_there_fails_and_is_never_evaluated(
    tmp_path: Path, path: str, status: int, message: str
) -> None:
    ran = files_in(tmp_path, path)
    assert ran.status == status
    assert message in ran.errors
    assert not list(tmp_path.rglob("x"))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("rule", "status", "left"),
    [("replace", 0, b"t1"), ("keep", 0, b"old"), ("stop", 15, b"old"), ("ask", 2, b"old")],
)
def test_files_go_out_and_a_file_that_is_there_is_treated_as_asked(
    tmp_path: Path, volume: Path, shell: str, rule: str, status: int, left: bytes
) -> None:
    target = tmp_path / "the target"
    target.mkdir()
    (target / "sub-01_T1w.nii.gz").write_bytes(b"old")
    ran = run_step(
        components()["files-out"],
        tmp_path / "run",
        tmp_path / "no",
        {"Files": volume},
        shell=shell,
        Folder=str(target),
        If_a_file_is_there=rule,
    )
    assert (ran.status, files(target)["sub-01_T1w.nii.gz"]) == (status, left)
    if status == 0:
        assert files(target)["sub-01_T2w.nii.gz"] == b"t2"


@pytest.mark.parametrize("shell", SHELLS)
def test_one_series_of_several_is_picked_with_its_companions(tmp_path: Path, shell: str) -> None:
    names = ("dwi__nii__gz", "dwi__bval", "dwi__bvec", "dwi__json", "t1__nii__gz", "t1__json")
    folder = artifact(tmp_path / "converted", **dict.fromkeys(names, "x"))
    pick = components()["files-pick"]
    ran = run_step(pick, tmp_path / "a", tmp_path, {"Files": folder}, shell=shell, Patterns="d*.nii* none")
    assert list(ran.outputs["Picked"]) == ["dwi.bval", "dwi.bvec", "dwi.json", "dwi.nii.gz"]
    ran = run_step(
        pick,
        tmp_path / "b",
        tmp_path,
        {"Files": folder},
        shell=shell,
        Patterns="t1.nii.gz",
        With_companions="false",
    )
    assert list(ran.outputs["Picked"]) == ["t1.nii.gz"]
    ran = run_step(pick, tmp_path / "c", tmp_path, {"Files": folder}, shell=shell, Patterns="$(touch y)")
    assert ran.status == 13
    assert "no file is like '$(touch y)'" in ran.errors
    assert not list(tmp_path.rglob("y"))


@pytest.mark.parametrize("shell", SHELLS)
def test_two_folders_become_one_unless_a_name_is_in_both(tmp_path: Path, volume: Path, shell: str) -> None:
    other = artifact(tmp_path / "other", mask__nii="m")
    gather = components()["files-gather"]
    ran = run_step(gather, tmp_path / "a", tmp_path, {"First": volume, "Second": other}, shell=shell)
    assert list(ran.outputs["Gathered"]) == ["mask.nii", "sub-01_T1w.nii.gz", "sub-01_T2w.nii.gz"]
    ran = run_step(gather, tmp_path / "b", tmp_path, {"First": other, "Second": other}, shell=shell)
    assert (ran.status, "of one name: ./mask.nii" in ran.errors) == (15, True)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_command_line_arrives_exactly_as_typed(tmp_path: Path, shell: str) -> None:
    ran = run_step(
        components()["command-0"], tmp_path / "run", tmp_path / "no", shell=shell, Command_line=NASTY
    )
    assert ran.status == 0, ran.errors
    out = ran.outputs["Results"]["out"].decode()
    assert out == f"{tmp_path / 'run'} $(id) now a  b \\ ü\n2\nsecond line\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ("fsl/6.0.7.16", "old"),
        ("fsl/6.0.7", "new"),
        ("fsl", "new"),
        ("fsl/6.0.7.4", "older"),
        ("ants fsl/6.0.7.16", "old"),
    ],
)
def test_a_module_resolves_as_lmod_would(
    tmp_path: Path, tree: Path, shell: str, modules: str, said: str
) -> None:
    ran = run_step(
        components()["command-0"],
        tmp_path / "run",
        tree,
        shell=shell,
        Modules=modules,
        Command_line="fslinfo >out",
    )
    assert ran.status == 0, ran.errors
    assert ran.outputs["Results"]["out"].decode() == f"{said}\n"


def test_a_tool_without_a_version_is_the_one_that_the_tree_marks(tmp_path: Path, tree: Path) -> None:
    ran = run_step(
        components()["command-0"], tmp_path / "run", tree, Modules="mrtrix3", Command_line="mrinfo >out"
    )
    assert ran.outputs["Results"]["out"] == b"chosen\n"


def test_a_modules_variables_are_set(tmp_path: Path, tree: Path) -> None:
    ran = run_step(
        components()["command-0"],
        tmp_path / "run",
        tree,
        Modules="fsl/6.0.7.16",
        Command_line='echo "$FSLDIR" >out',
    )
    top = tree / "containers/fsl_6.0.7.16_20250131"
    assert ran.outputs["Results"]["out"].decode() == f"{top}/fsl_6.0.7.16_20250131.simg/opt/fsl\n"


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("modules", "status", "message"),
    [
        ("fsl/9.9", 12, "the module fsl/9.9 is not in"),
        ("fsl/9.9", 12, "Near: 6.0.7.16 6.0.7.22 6.0.7.4"),
        ("antz", 12, "Near: ants"),
        ("afni", 12, "is retired"),
        ("../../etc", 2, "is not a module"),
    ],
)
def test_a_module_that_cannot_be_had_stops_the_command(
    tmp_path: Path, tree: Path, shell: str, modules: str, status: int, message: str
) -> None:
    ran = run_step(
        components()["command-0"],
        tmp_path / "run",
        tree,
        shell=shell,
        Modules=modules,
        Command_line="touch out",
    )
    assert (ran.status, ran.outputs) == (status, {})
    assert message in ran.errors


@pytest.mark.parametrize("shell", SHELLS)
def test_inputs_are_files_or_folders_and_a_failure_in_a_pipe_is_one(
    tmp_path: Path, volume: Path, shell: str
) -> None:
    one = artifact(tmp_path / "one", T1__nii="head")
    two = components()["command-2"]
    given = {"Input 1": one, "Input 2": volume}
    ran = run_step(
        two, tmp_path / "a", tmp_path, given, shell=shell, Command_line='cat "$INPUT1" "$INPUT2"/* >out'
    )
    assert ran.outputs["Results"]["out"] == b"headt1t2"
    ran = run_step(two, tmp_path / "b", tmp_path, given, shell=shell, Command_line="false | true; touch out")
    assert (ran.status, ran.outputs) == (1, {})
    assert ran.errors.startswith("ND-STEP-004: Neurodesk command (two inputs): the command failed with exit")
