"""Archives hold what the node needs, named by content, and nothing from outside."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from elyra_neurodesk.submit.archives import ArchiveBuilder
from elyra_neurodesk.submit.dependencies import DependencyMissing, DependencyOutsideTree, dependency_files


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


@pytest.mark.parametrize("pattern", ["gone.txt", "*.nii"])
def test_a_missing_dependency_is_named_with_its_node(tree: Path, pattern: str) -> None:
    with pytest.raises(DependencyMissing, match="Node 'Run BET'") as caught:
        dependency_files(tree, "n.ipynb", (pattern,), False, "Run BET")
    assert pattern in str(caught.value)


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
