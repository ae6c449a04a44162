"""A command that is only asked for its help or version is told from one that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.guard.kernel.questions import asks_for_help
from tests.support.neurodesk_tree import Tool, make_tree


@pytest.mark.parametrize(
    "words",
    ["c3d --help", "c3d -h", "antsRegistration --help 1", "git clone -h", "recon-all -version", "bids help"],
)
@pytest.mark.parametrize("status", [0, 1, 2, 125, 255])
def test_an_option_that_means_nothing_else_is_a_question(words: str, status: int) -> None:
    assert asks_for_help(words.split(), status)


@pytest.mark.parametrize(
    "words",
    ["bet a.nii b.nii", "fslstats a.nii -V", "run -- --help", "du -h /data/one", "bet help.nii out.nii", ""],
)
def test_other_commands_are_none(words: str) -> None:
    assert not asks_for_help(words.split(), 1)


@pytest.mark.parametrize("status", [126, 127, 137, -9])
def test_what_is_missing_or_was_killed_gives_no_answer(status: int) -> None:
    assert not asks_for_help(["c3d", "--help"], status)


def test_a_tool_without_arguments_is_asked_and_a_program_of_ones_own_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_tree(tmp_path, [Tool("fsl", "6.0.7.16", "20250131", {"bet": "exit 1"})])
    directory = root / "containers/fsl_6.0.7.16_20250131"
    monkeypatch.setenv("PATH", "/nowhere")
    assert asks_for_help([f"{directory}/bet"], 1)
    assert not asks_for_help(["bet"], 1)
    monkeypatch.setenv("PATH", str(directory))
    assert asks_for_help(["bet"], 1)
    assert not asks_for_help(["./run_all"], 1)
