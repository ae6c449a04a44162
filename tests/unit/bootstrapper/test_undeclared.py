"""Which files nobody declared are kept."""

from __future__ import annotations

import itertools
import os
import struct
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper import undeclared
from elyra_neurodesk.bootstrapper.file_manifest import FileManifest, snapshot
from elyra_neurodesk.bootstrapper.spec import KeepLimits
from elyra_neurodesk.bootstrapper.undeclared import WrittenFile, choose, written_files
from tests.unit.bootstrapper.test_file_manifest import lay

AMPLE = KeepLimits()


@pytest.fixture
def given(tmp_path: Path) -> FileManifest:
    """A directory with a notebook, a dependency and an input of another task."""
    from hashlib import sha256

    lay(tmp_path, a_ipynb="nb", lib__h_py="code", in_csv="from before")
    return snapshot(tmp_path, "a.ipynb", {"in.csv": sha256(b"from before").hexdigest()})


def written(root: Path, manifest: FileManifest, leave_out: tuple[str, ...] = ()) -> list[str]:
    return sorted(file.path for file, readable in written_files(root, manifest, leave_out) if readable)


def test_nothing_is_written_where_nothing_ran(tmp_path: Path, given: FileManifest) -> None:
    assert written(tmp_path, given) == []


def test_new_and_changed_files_are_found_at_any_depth(tmp_path: Path, given: FileManifest) -> None:
    lay(tmp_path, new_csv="1", out__deep__b_txt="2", lib__h_py="edit", in_csv="more than before")
    assert written(tmp_path, given) == ["in.csv", "lib/h.py", "new.csv", "out/deep/b.txt"]
    assert written(tmp_path, given, ("new.csv", "in.csv")) == ["lib/h.py", "out/deep/b.txt"]


def test_what_has_the_same_content_was_not_changed(tmp_path: Path, given: FileManifest) -> None:
    for name in ("a.ipynb", "lib/h.py"):
        os.utime(tmp_path / name, ns=(1, 1))
    (tmp_path / "in.csv").chmod(0o600)
    copy = tmp_path / "copy"
    copy.write_text("code")
    copy.replace(tmp_path / "lib/h.py")
    (tmp_path / "in.csv").unlink()
    lay(tmp_path, in_csv="from before")
    assert written(tmp_path, given) == ["a.ipynb"]  # the notebook itself has no hash to compare with


def test_a_change_that_leaves_size_and_time_is_found_by_the_hash(tmp_path: Path, given: FileManifest) -> None:
    before = (tmp_path / "lib/h.py").stat()
    (tmp_path / "lib/h.py").write_text("CODE")
    os.utime(tmp_path / "lib/h.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert written(tmp_path, given) == ["lib/h.py"]


def test_links_and_special_files_are_left_alone(tmp_path: Path, given: FileManifest) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    lay(outside, big_nii="x")
    (tmp_path / "link.nii").symlink_to(outside / "big.nii")
    (tmp_path / "all").symlink_to(outside)
    (tmp_path / "same.ipynb").symlink_to("a.ipynb")
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    assert written(tmp_path, given) == []


def core_dump() -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<H", 4) + bytes(100)


def test_what_programs_leave_for_themselves_is_neither_kept_nor_named(
    tmp_path: Path, given: FileManifest
) -> None:
    for name in (
        "__pycache__/h.cpython-312.pyc",
        "lib/__pycache__/h.pyc",
        ".ipynb_checkpoints/a-checkpoint.ipynb",
        ".nv/ComputeCache/index",
        ".cache/fontconfig/x",
        ".config/matplotlib/x",
        ".git/HEAD",
        ".ssh/id_rsa",
        "fontlist-v390.json",
        ".nfs000000001",
        ".bash_history",
        ".Rhistory",
        ".DS_Store",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "core").write_bytes(core_dump())
    (tmp_path / "core.4711").write_bytes(core_dump())
    lay(tmp_path, core_csv="1", dot__x="1")
    (tmp_path / "core.1").write_text("a file of the user's own that is called so")
    (tmp_path / ".bidsignore").write_text("x")
    assert written(tmp_path, given) == [".bidsignore", "core.1", "core.csv", "dot/x"]


def test_the_smallest_are_kept_first_and_the_rest_is_counted_and_named(
    tmp_path: Path, given: FileManifest
) -> None:
    for name, size in {"b": 3, "a": 3, "c": 4, "d": 5, "e": 9, "f": 10}.items():
        (tmp_path / name).write_bytes(bytes(size))
    kept, unkept = choose(tmp_path, given, KeepLimits(9, 11), ("d",))
    assert kept == [WrittenFile(3, "a"), WrittenFile(3, "b"), WrittenFile(4, "c")]
    lost = unkept.recorded()
    assert lost is not None
    assert (lost.files, lost.size, lost.complete, lost.problem) == (2, 19, True, "")
    assert [(one.path, one.size, one.reason) for one in lost.named] == [
        ("f", 10, "file limit"),
        ("e", 9, "task limit"),
    ]


def test_off_keeps_nothing_and_names_what_there_was(tmp_path: Path, given: FileManifest) -> None:
    lay(tmp_path, new_csv="1", empty_txt="")
    kept, unkept = choose(tmp_path, given, KeepLimits(0, 0), ())
    lost = unkept.recorded()
    assert lost is not None
    assert (kept, lost.files, {one.reason for one in lost.named}) == ([], 2, {"off"})


def test_many_files_are_counted_and_few_of_them_kept_and_named(
    tmp_path: Path, given: FileManifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undeclared, "MAX_KEPT", 10)
    for number in range(1000):
        (tmp_path / f"{number:04}.txt").write_bytes(bytes(number % 100))
    kept, unkept = choose(tmp_path, given, AMPLE, ())
    assert [file.path for file in kept] == [f"{number * 100:04}.txt" for number in range(10)]
    lost = unkept.recorded()
    assert lost is not None
    assert lost.files == 990
    assert lost.size == 10 * sum(range(100))
    assert [one.path for one in lost.named] == [
        *(f"{number * 100 + 99:04}.txt" for number in range(10)),
        *(f"{number * 100 + 98:04}.txt" for number in range(10)),
    ]
    assert {one.reason for one in lost.named} == {"number"}


def test_a_search_that_takes_too_long_ends_and_says_so(tmp_path: Path, given: FileManifest) -> None:
    for number in range(50):
        (tmp_path / f"{number}.txt").write_text("")
    seconds = itertools.count(step=10)
    kept, unkept = choose(tmp_path, given, AMPLE, (), clock=lambda: float(next(seconds)))
    assert len(kept) == 7
    lost = unkept.recorded()
    assert lost is not None
    assert (lost.files, lost.complete) == (0, False)


def test_names_that_no_object_can_have_are_named_and_printable(tmp_path: Path, given: FileManifest) -> None:
    os.makedirs(os.fsencode(tmp_path) + b"/d")  # noqa: PTH103
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/d/\xff.csv")).write_text("1")
    kept, unkept = choose(tmp_path, given, AMPLE, ())
    lost = unkept.recorded()
    assert lost is not None
    assert (kept, [(one.path, one.reason) for one in lost.named]) == ([], [("d/\\xff.csv", "name")])


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_directory_that_cannot_be_read_is_named(tmp_path: Path, given: FileManifest) -> None:
    lay(tmp_path, closed__in_txt="2")
    (tmp_path / "closed").chmod(0)
    try:
        kept, unkept = choose(tmp_path, given, AMPLE, ())
    finally:
        (tmp_path / "closed").chmod(0o700)
    lost = unkept.recorded()
    assert lost is not None
    assert (kept, [(one.path, one.reason) for one in lost.named]) == ([], [("closed/", "unreadable")])
