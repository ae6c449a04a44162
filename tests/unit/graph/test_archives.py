"""Archives hold what the node needs, named by content, and nothing from outside."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from elyra_neurodesk.graph.archives import ArchiveBuilder
from elyra_neurodesk.graph.dependencies import (
    DependencyMissing,
    DependencyOutsideTree,
    LinkBroken,
    LinkLoop,
    dependency_files,
    unmatched_patterns,
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name in ("n.ipynb", "a.py", "b.py", "c.txt", "data/d.py", "data/deep/e.csv", ".git/config", ".env"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, "utf-8")
    return root


@pytest.mark.parametrize(
    ("patterns", "recursive", "expected"),
    [
        ((), False, set()),
        (("a.py",), False, {"a.py"}),
        (("*.py",), False, {"a.py", "b.py"}),
        (("*.py",), True, {"a.py", "b.py", "data/d.py"}),
        (("data",), False, {"data/d.py", "data/deep/e.csv"}),
        (("data/*.py",), False, {"data/d.py"}),
        (("./c.txt", "a.py"), False, {"c.txt", "a.py"}),
        (("*.r",), False, set()),
    ],
)
def test_patterns_take_what_elyra_takes(
    tree: Path, patterns: tuple[str, ...], recursive: bool, expected: set[str]
) -> None:
    found = dependency_files(tree, "n.ipynb", patterns, recursive, "node")
    assert set(found) == expected | {"n.ipynb"}


def test_a_star_with_subdirectories_takes_everything_but_hidden_directories(tree: Path) -> None:
    found = dependency_files(tree, "n.ipynb", ("*",), True, "node")
    assert {"a.py", "data/deep/e.csv", ".env"} <= set(found)
    assert ".git/config" not in found


def test_a_missing_dependency_is_named_with_its_node(tree: Path) -> None:
    with pytest.raises(DependencyMissing, match=r"Node 'Run BET': 'gone\.txt'"):
        dependency_files(tree, "n.ipynb", ("gone.txt",), False, "Run BET")


@pytest.mark.parametrize("pattern", ["*.nii", "gone/**", "[xyz].nii"])
def test_a_wildcard_may_match_nothing_and_is_reported(tree: Path, pattern: str) -> None:
    assert set(dependency_files(tree, "n.ipynb", (pattern,), False, "node")) == {"n.ipynb"}
    patterns = (pattern, "*.py", "gone.txt", pattern)
    assert unmatched_patterns(tree, patterns, False, "node") == (pattern,)


def test_links_inside_are_followed_and_links_outside_are_refused(tree: Path, tmp_path: Path) -> None:
    (tree / "inside").symlink_to(tree / "data")
    (tmp_path / "secret").write_text("x", "utf-8")
    (tree / "outside").symlink_to(tmp_path / "secret")
    assert "inside/d.py" in dependency_files(tree, "n.ipynb", ("inside",), False, "node")
    for pattern in ("outside", "../secret"):
        with pytest.raises(DependencyOutsideTree):
            dependency_files(tree, "n.ipynb", (pattern,), False, "node")


def test_equal_content_gives_one_archive_whatever_its_times(tree: Path) -> None:
    import os

    with ArchiveBuilder() as builder:
        first = builder.add(tree / "n.ipynb", ("a.py",), False, "one")
        os.utime(tree / "a.py", (1, 1))
        second = builder.add(tree / "n.ipynb", ("./a.py",), False, "two")
        assert first.sha256 == second.sha256
        assert len(builder.archives) == 1
        with tarfile.open(first.path) as archive:
            assert archive.getnames() == ["a.py", "n.ipynb"]
            assert {(member.mtime, member.uid) for member in archive} == {(0, 0)}
        folder = first.path.parent
    assert not folder.exists()


def test_different_content_gives_different_names(tree: Path) -> None:
    with ArchiveBuilder() as builder:
        one = builder.add(tree / "n.ipynb", (), False, "one")
        two = builder.add(tree / "n.ipynb", ("a.py",), False, "one")
    assert one.sha256 != two.sha256


def test_links_in_a_directory_are_followed_and_what_they_lead_to_is_packed(tree: Path) -> None:
    (tree / "more").mkdir()
    (tree / "more/again").symlink_to(tree / "data")
    (tree / "more/c.txt").symlink_to("../c.txt")
    (tree / "abs").symlink_to(tree / "more")
    with ArchiveBuilder() as builder:
        archive = builder.add(tree / "n.ipynb", ("abs",), False, "node")
        with tarfile.open(archive.path) as packed:
            names = packed.getnames()
            content = packed.extractfile("abs/c.txt")
            assert content is not None
            assert content.read() == b"c.txt"
    assert names == ["abs/again/d.py", "abs/again/deep/e.csv", "abs/c.txt", "n.ipynb"]


@pytest.mark.parametrize("pattern", ["data", "data/**", "data/gone.nii", "data/*.nii", "**"])
def test_a_dangling_link_is_named(tree: Path, pattern: str) -> None:
    (tree / "data/gone.nii").symlink_to("nowhere.nii")
    with pytest.raises(LinkBroken, match=r"Node 'Run BET': .*'nowhere.nii' named 'data/gone.nii'"):
        dependency_files(tree, "n.ipynb", (pattern,), False, "Run BET")


@pytest.mark.parametrize("pattern", ["data", "data/**"])
@pytest.mark.parametrize("target", [".", "..", "loop"])
def test_a_loop_of_links_is_named(tree: Path, pattern: str, target: str) -> None:
    (tree / "data/deep/loop").symlink_to(target)
    with pytest.raises(LinkLoop, match="Node 'Run BET': the link 'data/deep/loop' leads back"):
        dependency_files(tree, "n.ipynb", (pattern,), False, "Run BET")


def test_a_link_out_of_the_tree_below_a_directory_is_refused(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (tree / "data/big").symlink_to(tmp_path / "big")
    with pytest.raises(DependencyOutsideTree, match="'data/big'"):
        dependency_files(tree, "n.ipynb", ("data",), False, "node")


def test_a_wildcard_for_some_files_does_not_enter_links_that_leave_the_tree(
    tree: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.py").write_text("x", "utf-8")
    (tree / "data/big").symlink_to(tmp_path)
    (tree / ".#a.py").symlink_to("user@host.1234")  # an editor's lock
    found = dependency_files(tree, "n.ipynb", ("*.py",), True, "node")
    assert set(found) == {"a.py", "b.py", "data/d.py", "n.ipynb"}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("data/**", {"data/d.py", "data/deep/e.csv"}),
        ("data/**/*.csv", {"data/deep/e.csv"}),
        ("**/deep/e.csv", {"data/deep/e.csv"}),
        ("[ab].py", {"a.py", "b.py"}),
        ("*/*.py", {"data/d.py"}),
    ],
)
def test_two_stars_stand_for_everything_below(tree: Path, pattern: str, expected: set[str]) -> None:
    found = dependency_files(tree, "n.ipynb", (pattern,), False, "node")
    assert set(found) == expected | {"n.ipynb"}


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tree: Path) -> None:
    for name in ("run[1].ipynb", "data/x*.txt"):
        (tree / name).write_text(name, "utf-8")
    (tree / "data/xy.txt").write_text("", "utf-8")
    found = dependency_files(tree, "run[1].ipynb", ("data/x*.txt",), False, "node")
    assert set(found) == {"run[1].ipynb", "data/x*.txt"}


@pytest.mark.parametrize("patterns", [(), ("helper.py",), ("*.py",)])
def test_a_directory_is_listed_only_for_a_wildcard_and_other_files_are_not_looked_at(
    tmp_path: Path, patterns: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(100):
        (tmp_path / f"{number}.dat").touch()
    (tmp_path / "helper.py").write_text("x", "utf-8")
    for number in range(50):
        (tmp_path / f"{number}.ipynb").write_text(str(number), "utf-8")
    listed: list[object] = []
    looked_at: list[str] = []
    real_scandir, real_stat = os.scandir, os.stat
    monkeypatch.setattr(os, "scandir", lambda path: (listed.append(path), real_scandir(path))[1])
    monkeypatch.setattr(
        os, "stat", lambda path, **more: (looked_at.append(str(path)), real_stat(path, **more))[1]
    )
    with ArchiveBuilder() as builder:
        for number in range(50):
            builder.add(tmp_path / f"{number}.ipynb", patterns, False, "node")
        assert len(builder.archives) == 50
        listings = [path for path in listed if str(path) == str(tmp_path)]
    assert len(listings) <= (50 if patterns == ("*.py",) else 0)
    assert not [path for path in looked_at if path.endswith(".dat")]
