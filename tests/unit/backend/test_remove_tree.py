"""Work directories are removed, whatever their tasks did to them."""

from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.backend.remove_tree import remove_tree


def test_read_only_directories_are_removed_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o500)
    (work := tmp_path / "work").mkdir()
    (locked := work / "a" / "locked").mkdir(parents=True)
    (locked / "file").write_text("x")
    (work / "link").symlink_to(outside)
    locked.chmod(0o500)
    (work / "a").chmod(0o000)
    work.chmod(0o500)
    remove_tree(work)
    assert not work.exists()
    assert outside.is_dir()
    assert outside.stat().st_mode & 0o777 == 0o500


def test_a_link_in_place_of_the_directory_goes_and_its_target_stays(tmp_path: Path) -> None:
    (outside := tmp_path / "outside").mkdir()
    (outside / "file").write_text("x")
    (tmp_path / "work").symlink_to(outside)
    remove_tree(tmp_path / "work")
    assert not (tmp_path / "work").is_symlink()
    assert (outside / "file").read_text() == "x"


def test_a_directory_that_is_not_there_is_removed_already(tmp_path: Path) -> None:
    remove_tree(tmp_path / "none")
