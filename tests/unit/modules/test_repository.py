"""What is found where a Neurodesk repository is expected."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from elyra_neurodesk.modules import repository
from elyra_neurodesk.modules.repository import (
    WAYS_TO_A_REPOSITORY,
    Repository,
    absence,
    directory_problems,
    find_repository,
)
from tests.support.neurodesk_tree import Tool, make_tree

FSL = Tool("fsl", "6.0.7.16", "20240807")


def test_a_mounted_repository_is_told_with_its_revision(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL])
    try:
        os.setxattr(tmp_path, "user.revision", b"8421\n")
    except OSError as problem:
        pytest.skip(f"no extended attributes here: {problem}")
    found = find_repository(tmp_path)
    assert found == Repository("cvmfs", str(tmp_path), revision="8421")
    assert found.text == f"CVMFS, revision 8421, mounted at {tmp_path}"


def test_a_directory_of_its_shape_is_told_as_one(tmp_path: Path) -> None:
    make_tree(tmp_path, [FSL])
    found = find_repository(tmp_path)
    assert found == Repository("directory", str(tmp_path))
    assert found.text.startswith(f"the directory {tmp_path}")


def test_without_one_the_line_says_why_and_how_to_get_it(tmp_path: Path) -> None:
    for place, problem in ((tmp_path, "holds no modules"), (tmp_path / "gone", "does not exist")):
        found = find_repository(place)
        assert found == Repository("none", str(place), problem=f"{place} {problem}")
        assert found.text.startswith(f"none: {place} {problem}.")
        assert WAYS_TO_A_REPOSITORY in found.text
        assert absence(place) == f"{place} {problem}"


def test_an_empty_directory_of_modules_is_none_and_one_with_a_category_is_one(tmp_path: Path) -> None:
    (tmp_path / "neurodesk-modules").mkdir()
    assert absence(tmp_path) == f"{tmp_path} holds no modules"
    (tmp_path / "neurodesk-modules/functional_imaging").mkdir()
    assert absence(tmp_path) == ""


def test_a_mount_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "ANSWER_TIMEOUT", 0.05)
    monkeypatch.setattr(repository, "is_tree", lambda root: time.sleep(5))
    found = find_repository(tmp_path)
    assert found == Repository("none", str(tmp_path), problem=f"{tmp_path} does not answer")
    assert absence(tmp_path) == ""


def test_directories_are_told_by_what_is_wrong_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, gone = str(tmp_path), str(tmp_path / "gone")
    assert directory_problems([there, gone, there]) == {there: "", gone: "not found"}
    assert directory_problems([]) == {}
    monkeypatch.setattr(repository, "ANSWER_TIMEOUT", 0.0)
    assert directory_problems([there]) == {there: "does not answer"}
