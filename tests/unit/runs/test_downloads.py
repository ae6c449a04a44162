"""Deciding what to download, and where it may go."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elyra_neurodesk.runs.downloads import FileDiffers, UnsafeName, plan, safe_target
from elyra_neurodesk.runs.results import RunOutput

CONTENT = b"content"
SHA = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


def output(
    path: str = "a/b.txt", task: str = "task", sha256: str = SHA, etag: str = "", size: int = 7
) -> RunOutput:
    return RunOutput(task, path, f"p/run/{task}/{path}", size, sha256, etag)


def put(target: Path, content: bytes = CONTENT) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "task/../../x",
        "task//x",
        "/etc/passwd",
        "task/.",
        "task/..",
        "task/a\0b",
        "task/",
    ],
)
def test_a_name_that_leaves_the_directory_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeName):
        safe_target(tmp_path, name)


@pytest.mark.parametrize("name", ["task/a\\b", "task/..a", "task/a b\n%2e"])
def test_any_other_name_of_a_file_is_kept(tmp_path: Path, name: str) -> None:
    assert safe_target(tmp_path, name) == tmp_path / name


def test_a_link_out_of_the_directory_is_refused(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "task").symlink_to(outside)
    with pytest.raises(UnsafeName):
        plan([output()], inside, overwrite=True)
    (inside / "task").unlink()
    (inside / "task").mkdir()
    (inside / "task" / "b.txt").symlink_to(outside / "b.txt")
    with pytest.raises(UnsafeName):
        plan([output("b.txt")], inside, overwrite=True)


@given(st.text(min_size=1, max_size=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_name_is_the_target_is_below_the_directory(tmp_path: Path, name: str) -> None:
    try:
        target = safe_target(tmp_path.resolve(), name)
    except UnsafeName:
        return
    assert target.resolve().is_relative_to(tmp_path.resolve())
    assert target != tmp_path.resolve()


@pytest.mark.parametrize("known", [output(), output(sha256="", etag=MD5), output(sha256="", etag="abc-2")])
def test_a_file_that_is_there_and_right_is_skipped(tmp_path: Path, known: RunOutput) -> None:
    there = put(tmp_path / "task/a/b.txt")
    assert plan([known], tmp_path) == ([], [there])


@pytest.mark.parametrize("content", [b"CONTENT", b"longer than that"])
def test_a_file_that_is_there_and_differs_stops_unless_it_may_be_replaced(
    tmp_path: Path, content: bytes
) -> None:
    put(tmp_path / "task/a/b.txt", content)
    with pytest.raises(FileDiffers):
        plan([output()], tmp_path)
    wanted, there = plan([output()], tmp_path, overwrite=True)
    assert (len(wanted), there) == (1, [])


def test_a_directory_in_a_files_place_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "task/a/b.txt").mkdir(parents=True)
    with pytest.raises(FileDiffers):
        plan([output()], tmp_path, overwrite=True)


def test_planning_writes_nothing(tmp_path: Path) -> None:
    plan([output()], tmp_path / "new")
    assert not (tmp_path / "new").exists()
