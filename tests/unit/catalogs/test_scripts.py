"""What runs in the containers, run by the shells that containers have, on a tree in Neurodesk's shape."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from elyra_neurodesk.catalogs.loader import Component, ToolSource, components
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.steps import Ran, artifact, run_step

SHELLS = [name for name in ("dash", "bash --posix", "busybox sh") if shutil.which(name.split()[0])]
# notes its arguments, and "extracts" a brain
BET = 'printf "%s\\n" "$@" >arguments; cp "$1" "$2.nii.gz"; echo mask >"$2_mask.nii.gz"'
FAST = 'for last; do :; done; for n in seg pve_0 pve_1 pve_2; do cp "$last" "${last##*/}"; done'


def tool(name: str, version: str, date: str, retired: bool = False, **commands: str) -> Tool:
    return Tool(name, version, date, commands, retired=retired)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return make_tree(
        tmp_path / "cvmfs",
        [
            tool("fsl", "6.0.7.16", "20250131", bet=BET, show='printf "%s|" "$@" >words', fail="exit 7"),
            tool("fsl", "6.0.7.22", "20260416", bet=BET),
            tool("ants", "2.5.4", "20250423", retired=True, N4BiasFieldCorrection=""),
        ],
    )


def bet(tmp_path: Path, tree: Path, head: Path, **options: str) -> Ran:
    return run_step(components()["fsl-bet"], tmp_path / "run", tree, {"Image": head}, **options)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_tool_gets_its_file_under_its_own_name_and_leaves_named_files(
    tmp_path: Path, tree: Path, shell: str
) -> None:
    head = artifact(tmp_path / "head", **{"sub-01_T1w__nii__gz": "head", "sub-01_T1w__json": "{}"})
    ran = bet(tmp_path, tree, head, shell=shell, Robust_centre="true")
    assert (ran.status, ran.errors) == (0, "")
    assert ran.outputs == {
        "Brain": {"sub-01_T1w_brain.nii.gz": b"head"},
        "Mask": {"sub-01_T1w_brain_mask.nii.gz": b"mask\n"},
    }
    assert "bet" in ran.out
    assert ran.out.count(" -R") == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_optional_arguments_are_left_out_and_others_arrive_exactly(
    tmp_path: Path, tree: Path, shell: str
) -> None:
    step = _showing(components()["fsl-bet"])
    head = artifact(tmp_path / "head", T1__nii="head")
    ran = run_step(step, tmp_path / "run", tree, {"Image": head}, shell=shell)
    assert _words(ran)[2:] == ["-f", "0.5", "-g", "0", "-m"]
    ran = run_step(
        step,
        tmp_path / "again",
        tree,
        {"Image": head},
        shell=shell,
        Vertical_gradient="",
        Reduce_bias_and_neck="True",
        More_arguments="""-c '10 20' "$(touch x)" `id` a\\ b *""",
    )
    more = ["-c", "10 20", "$(touch x)", "`id`", "a b", "*"]
    assert _words(ran)[2:] == ["-f", "0.5", "-m", "-B", *more]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"Fractional_intensity_threshold": "much"}, "'Fractional intensity threshold' is 'much'"),
        ({"More_arguments": "'open"}, "a quote is not closed: 'open"),
    ],
)
def test_a_value_that_the_tool_does_not_know_is_named(
    tmp_path: Path, tree: Path, shell: str, options: dict[str, str], message: str
) -> None:
    head = artifact(tmp_path / "head", T1__nii="head")
    ran = bet(tmp_path, tree, head, shell=shell, **options)
    assert ran.status == 2
    assert ran.errors.startswith("ND-STEP-006: FSL BET: ")
    assert message in ran.errors


def test_a_choice_is_checked_before_the_tool_starts(tmp_path: Path, tree: Path) -> None:
    make_tree(tree, [tool("fsl", "6.0.7.16", "20250131", flirt="touch ran")])
    head = artifact(tmp_path / "head", T1__nii="head")
    ran = run_step(
        components()["fsl-flirt"], tmp_path / "run", tree, {"Image": head, "Reference": head}, Cost="best"
    )
    assert ran.status == 2
    assert ran.errors.endswith(
        "'Cost' is 'best', which is not one of: corratio|mutualinfo|normmi|normcorr|leastsq|labeldiff|bbr"
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_a_container_that_is_not_there_is_named_with_its_neighbours(
    tmp_path: Path, tree: Path, shell: str
) -> None:
    shutil.rmtree(tree / "containers/fsl_6.0.7.16_20250131")
    ran = bet(tmp_path, tree, artifact(tmp_path / "head", T1__nii="head"), shell=shell)
    assert ran.status == 12
    assert ran.errors.startswith("ND-STEP-002: FSL BET: container fsl_6.0.7.16_20250131 is not in")
    assert "Near: fsl_6.0.7.22_20260416" in ran.errors


def test_a_retired_container_fails_before_its_wrapper_runs(tmp_path: Path, tree: Path) -> None:
    head = artifact(tmp_path / "head", T1__nii="head")
    ran = run_step(components()["ants-n4biasfieldcorrection"], tmp_path / "run", tree, {"Image": head})
    assert (ran.status, "is retired" in ran.errors) == (12, True)


def test_a_container_without_the_command_and_a_missing_repository_are_named(
    tmp_path: Path, tree: Path
) -> None:
    head = artifact(tmp_path / "head", T1__nii="head")
    ran = run_step(components()["fsl-fast"], tmp_path / "run", tree, {"Brain": head})
    assert (ran.status, "has no command fast" in ran.errors) == (12, True)
    ran = run_step(components()["fsl-fast"], tmp_path / "run", tmp_path / "no", {"Brain": head})
    assert (ran.status, ran.errors[:11]) == (11, "ND-STEP-001")


def test_a_tool_that_leaves_nothing_fails_though_it_finished_successfully(tmp_path: Path, tree: Path) -> None:
    make_tree(tree, [tool("fsl", "6.0.7.16", "20250131", bet="echo container was disabled; exit 0")])
    ran = bet(tmp_path, tree, artifact(tmp_path / "head", T1__nii="head"))
    assert ran.status == 14
    assert (
        ran.errors == "ND-STEP-007: FSL BET: bet finished successfully but left no 'Brain' (T1_brain.nii.gz)."
    )


def test_a_tools_own_exit_status_is_the_steps(tmp_path: Path, tree: Path) -> None:
    make_tree(tree, [tool("fsl", "6.0.7.16", "20250131", bet="echo why >&2; exit 7")])
    ran = bet(tmp_path, tree, artifact(tmp_path / "head", T1__nii="head"))
    assert ran.status == 7
    assert ran.errors == "ND-STEP-004: FSL BET: bet failed with exit status 7; its messages are above."


@pytest.mark.parametrize("shell", SHELLS)
def test_one_of_several_images_is_not_guessed(tmp_path: Path, tree: Path, shell: str) -> None:
    ran = bet(tmp_path, tree, artifact(tmp_path / "head", a__nii="1", b__nii="2"), shell=shell)
    assert ran.status == 13
    assert "has 2 such files: a.nii b.nii. Put 'Pick files' before it." in ran.errors
    ran = bet(tmp_path, tree, artifact(tmp_path / "notes", a__txt="1"), shell=shell)
    assert "has no file like *.nii.gz *.nii, but: a.txt" in ran.errors


def test_a_file_of_another_catalog_gets_the_ending_that_its_content_asks_for(
    tmp_path: Path, tree: Path
) -> None:
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    plain.write_bytes(b"nifti")
    packed.write_bytes(gzip.compress(b"nifti"))
    assert "image.nii " in bet(tmp_path, tree, plain).out
    assert "image.nii.gz " in bet(tmp_path, tree, packed).out


def test_a_name_that_tools_stumble_over_is_made_plain(tmp_path: Path, tree: Path) -> None:
    head = tmp_path / "head"
    head.mkdir()
    (head / "-my scan; $(id) ü.nii.gz").write_text("head")
    ran = bet(tmp_path, tree, head)
    assert ran.status == 0
    (name,) = ran.outputs["Brain"]
    assert name.startswith("_-my_scan____id")
    assert name.endswith("__brain.nii.gz")
    assert name.isascii()


def test_a_tools_own_image_needs_no_repository(tmp_path: Path) -> None:
    make_tree(tmp_path / "image", [tool("fsl", "6.0.7.16", "20250131", bet=BET)])
    head = artifact(tmp_path / "head", T1__nii="head")
    own = str(tmp_path / "image/containers/fsl_6.0.7.16_20250131")
    ran = run_step(
        components()["fsl-bet"],
        tmp_path / "run",
        tmp_path / "no",
        {"Image": head},
        ToolSource("image"),
        path=own,
    )
    assert (ran.status, list(ran.outputs)) == (0, ["Brain", "Mask"])
    ran = run_step(
        components()["fsl-bet"], tmp_path / "run", tmp_path / "no", {"Image": head}, ToolSource("image")
    )
    assert (ran.status, "the image has no command bet" in ran.errors) == (12, True)


def _showing(component: Component) -> Component:
    """Return the component with a program in place of its own that notes its words as an output."""
    files, words = [], []
    for item in component.source["args"]:
        if isinstance(item, list) and item[0] in ("in", "env"):
            files.append(item)
        elif not isinstance(item, list) or item[0] != "out":
            words.append(item)
    outputs = [{"name": "Words", "type": "Text", "description": "words"}]
    args = [*files, "show", *words[1:], ["out", "Words", "words", {"outputPath": "Words"}]]
    return replace(component, source={**component.source, "outputs": outputs, "args": args})


def _words(ran: Ran) -> Sequence[str]:
    assert ran.status == 0, ran.errors
    return ran.outputs["Words"]["words"].decode().split("|")[:-1]
