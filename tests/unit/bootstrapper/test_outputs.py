from __future__ import annotations

import os
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.outputs import VISUALISATIONS, OutputRefused, check, find, visualisations


@pytest.fixture
def work(tmp_path: Path) -> Path:
    for name in ("a.txt", "sub/b.txt", "sub/deep/c.txt", "x[1].txt", "task-record.json", "été.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "link.txt").symlink_to("a.txt")
    (tmp_path / "broken.txt").symlink_to("nowhere")
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "found", "missing"),
    [
        (["a.txt"], ["a.txt"], []),
        (["./a.txt", "sub/../a.txt"], ["a.txt"], []),
        (["sub"], ["sub/b.txt", "sub/deep/c.txt"], []),
        (["sub/"], ["sub/b.txt", "sub/deep/c.txt"], []),
        (["*.txt"], ["a.txt", "link.txt", "x[1].txt", "été.txt"], []),
        (["**/*.txt"], ["a.txt", "link.txt", "sub/b.txt", "sub/deep/c.txt", "x[1].txt", "été.txt"], []),
        (["x[1].txt"], ["x[1].txt"], []),
        (["empty", "no.txt", "broken.txt", "*.nii"], [], ["empty", "no.txt", "broken.txt", "*.nii"]),
        (["*.json"], [], ["*.json"]),
    ],
)
def test_patterns_find_files_and_tell_those_that_match_none(
    work: Path, patterns: list[str], found: list[str], missing: list[str]
) -> None:
    assert find(patterns, work) == (found, missing)


@pytest.mark.parametrize("pattern", ["../x", "/x", "a/../../x", "task-record.json", "./task-record.json", ""])
def test_outputs_outside_or_with_our_name_are_refused(pattern: str) -> None:
    with pytest.raises(OutputRefused):
        check([pattern])


def test_files_for_kfp_pages_are_found_in_the_first_directory_that_has_a_new_one(tmp_path: Path) -> None:
    work, writable = tmp_path / "work", tmp_path / "writable"
    for folder in (work, writable):
        folder.mkdir()
        for name in VISUALISATIONS:
            (folder / name).write_text("{}")
    began = (work / VISUALISATIONS[0]).stat().st_mtime - 1
    os.utime(work / VISUALISATIONS[1], (1, 1))
    expected = [work / VISUALISATIONS[0], writable / VISUALISATIONS[1]]
    assert visualisations((work, writable), began) == expected
    assert visualisations((work, writable), began + 3600) == []
