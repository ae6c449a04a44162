"""The object store in a directory: whole objects or none, all of them listed, whatever their names."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from elyra_neurodesk.storage import directory
from elyra_neurodesk.storage.directory import DirectoryStorage
from elyra_neurodesk.storage.errors import (
    ClientErrors,
    NoSuchBucket,
    NoSuchObject,
    StorageDenied,
    StorageError,
    StoreFull,
    TaskErrors,
    TaskNoSuchObject,
    TaskStoreFull,
)
from elyra_neurodesk.storage.interface import Transfer
from elyra_neurodesk.storage.partfile import PART_PREFIX, is_part, part_beside, remove_leftovers

NAMES = [
    "plain.nii.gz",
    "100%25 %2F.txt",
    "line\nbreak\r.txt",
    "tab\t and \x01\x7f",
    "back\\slash?*[a]'\"",
    "ünï 日本 .tsv",
    "no utf-8 \udcff.bin",
    ".hidden",
    "-rf",
    " ",
    "x" * 251,
    "y" * 255,
    "ü" * 127,
    f"{PART_PREFIX}a user's own",
]


@pytest.fixture
def storage(tmp_path: Path) -> DirectoryStorage:
    made = DirectoryStorage(tmp_path / "store", "bucket", ClientErrors("file:///store", "bucket", "ours"))
    made.ensure_bucket()
    return made


def everything(top: Path) -> list[str]:
    return sorted(str(path.relative_to(top)) for path in top.rglob("*") if not path.is_dir())


def transfer(content: bytes) -> Transfer:
    return Transfer(len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("name", NAMES)
def test_any_name_that_the_file_system_allows_goes_there_and_comes_back(
    storage: DirectoryStorage, tmp_path: Path, name: str
) -> None:
    source, back = tmp_path / "source", tmp_path / "back"
    source.write_bytes(b"content")
    assert storage.put_file(f"run/{name}/{name}", source) == transfer(b"content")
    assert storage.get(f"run/{name}/{name}") == b"content"
    assert storage.download(f"run/{name}/{name}", back) == transfer(b"content")
    assert back.read_bytes() == b"content"
    assert [(item.key, item.size) for item in storage.list("run/")] == [(f"run/{name}/{name}", 7)]


def test_a_listing_is_complete_and_ordered_by_key(storage: DirectoryStorage, tmp_path: Path) -> None:
    keys = [
        "run/sub-01.html",
        "run/sub-01/anat.nii",
        "run/sub-01/anat/a/b/c",
        "run/sub-010",
        "run/sub-0",
        "run2/x",
    ]
    for key in keys:
        storage.put(key, b"1")
    many = tmp_path / "store/bucket/run/many"
    many.mkdir()
    for number in range(1200):
        (many / f"{number:04}").touch()
        keys.append(f"run/many/{number:04}")
    assert [item.key for item in storage.list("run/")] == sorted(
        key for key in keys if key.startswith("run/")
    )
    assert [item.key for item in storage.list("run/sub-01")] == sorted(
        key for key in keys if key.startswith("run/sub-01")
    )
    assert [item.key for item in storage.list("")] == sorted(keys)
    assert storage.list("nothing/here") == storage.list("run/sub-0/x") == storage.list("../") == []


def test_an_object_is_replaced_whole(storage: DirectoryStorage, tmp_path: Path) -> None:
    storage.put("key", b"old and long")
    storage.put("key", b"new")
    assert storage.get("key") == b"new"
    assert everything(tmp_path / "store") == ["bucket/key"]


def test_size_and_absence_are_told(storage: DirectoryStorage) -> None:
    storage.put("a/b", b"123")
    found = storage.stat("a/b")
    assert found is not None
    assert found.size == 3
    assert storage.stat("a/c") is storage.stat("a/b/c") is storage.stat("a") is None
    for key in ("a/c", "a/b/c", "a"):
        with pytest.raises(NoSuchObject, match=re.escape(f"'{key}'")):
            storage.get(key)


@pytest.mark.parametrize(
    ("begin", "end"), [(0, None), (0, 4), (3, 7), (10, None), (99, None), (4, 4), (8, 99)]
)
def test_a_part_of_an_object_is_read(storage: DirectoryStorage, begin: int, end: int | None) -> None:
    storage.put("a", b"0123456789")
    pieces: list[bytes] = []
    storage.stream("a", pieces.append, begin, end)
    assert b"".join(pieces) == b"0123456789"[begin:end]


def test_a_bucket_that_is_not_there_is_named(tmp_path: Path) -> None:
    storage = DirectoryStorage(tmp_path / "store", "ghost", ClientErrors("file:///store", "ghost", "ours"))
    for call in (
        lambda: storage.get("x"),
        lambda: storage.put("x", b""),
        lambda: storage.list(""),
        lambda: storage.stat("x"),
    ):
        with pytest.raises(NoSuchBucket, match="'ghost'"):
            call()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("bucket", ["", ".", "..", "a/b", "/etc", "a\0b"])
def test_a_bucket_is_one_name(tmp_path: Path, bucket: str) -> None:
    with pytest.raises(StorageError, match="is not the name of a bucket"):
        DirectoryStorage(tmp_path, bucket, ClientErrors("file:///store", bucket, "ours"))


@pytest.mark.parametrize("key", ["", "/", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a\0b"])
def test_nothing_is_read_or_written_outside(storage: DirectoryStorage, tmp_path: Path, key: str) -> None:
    (tmp_path / "x").write_text("secret")
    for call in (lambda: storage.get(key), lambda: storage.put(key, b"1"), lambda: storage.stat(key)):
        with pytest.raises(StorageError, match="is not the name of a file below"):
            call()
    assert everything(tmp_path) == ["x"]


def test_a_deleted_object_leaves_no_empty_directory(storage: DirectoryStorage, tmp_path: Path) -> None:
    storage.put("study/one/job/a", b"1")
    storage.put("study/two/b", b"2")
    storage.delete("study/one/job/a")
    storage.delete("study/one/job/a")
    storage.delete("study/two/b/c")
    assert [item.key for item in storage.list("")] == ["study/two/b"]
    assert [path.name for path in (tmp_path / "store/bucket/study").iterdir()] == ["two"]
    storage.delete("study/two/b")
    assert list((tmp_path / "store/bucket").iterdir()) == []


def test_a_symbolic_link_is_not_an_object(storage: DirectoryStorage, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "store/bucket/link").symlink_to(tmp_path / "secret")
    with pytest.raises(NoSuchObject):
        storage.get("link")
    assert storage.stat("link") is None
    assert storage.list("") == []


def test_a_file_where_a_directory_must_be_is_one_line(storage: DirectoryStorage) -> None:
    storage.put("a", b"1")
    storage.put("d/e", b"1")
    for key in ("a/b", "a/b/c", "d"):
        with pytest.raises(StorageError, match="a file and a directory cannot have the same name"):
            storage.put(key, b"2")
    assert [item.key for item in storage.list("")] == ["a", "d/e"]


def test_a_file_is_moved_without_a_copy(storage: DirectoryStorage, tmp_path: Path) -> None:
    source = tmp_path / "output.nii"
    source.write_bytes(b"x" * 100_000)
    inode = source.stat().st_ino
    assert storage.put_file("run/output.nii", source, move=True) == transfer(b"x" * 100_000)
    stored = tmp_path / "store/bucket/run/output.nii"
    assert stored.stat().st_ino == inode
    assert not source.exists()
    assert everything(tmp_path) == ["store/bucket/run/output.nii"]


def test_without_leave_a_file_stays_and_is_copied(storage: DirectoryStorage, tmp_path: Path) -> None:
    source = tmp_path / "output.nii"
    source.write_bytes(b"before")
    storage.put_file("output.nii", source)
    source.write_bytes(b"after!")
    assert storage.get("output.nii") == b"before"


def test_a_file_that_a_process_may_still_write_is_copied(storage: DirectoryStorage, tmp_path: Path) -> None:
    source = tmp_path / "log.txt"
    source.write_bytes(b"before")
    code = "import sys; f = open(sys.argv[1], 'r+b'); print(1, flush=True); input(); f.write(b'AFTER!')"
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(source)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout
    assert writer.stdout.readline() == "1\n"
    assert storage.put_file("log.txt", source, move=True) == transfer(b"before")
    writer.communicate("\n", timeout=20)
    assert source.read_bytes() == b"AFTER!"
    assert storage.get("log.txt") == b"before"


def test_a_process_that_opens_the_file_meanwhile_does_not_change_the_object(
    storage: DirectoryStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel holds the other process's open() back until the lease ends."""
    source = tmp_path / "log.txt"
    source.write_bytes(b"before")
    link = os.link
    threads = []

    def slow_link(*names: object, **options: object) -> None:
        if not threads:
            threads.append(threading.Thread(target=write))
            threads[0].start()
            time.sleep(0.5)  # the thread waits in open() by now; if it does not, the object is the same
        link(*names, **options)  # type: ignore[arg-type]

    def write() -> None:
        with source.open("r+b") as file:
            file.write(b"AFTER!")

    monkeypatch.setattr(directory.os, "link", slow_link)
    done = storage.put_file("log.txt", source, move=True)
    threads[0].join(50)
    assert not threads[0].is_alive()
    stored = storage.get("log.txt")
    assert done == transfer(stored)
    assert source.read_bytes() == b"AFTER!"
    assert stored == b"before"


def test_a_file_with_two_names_or_a_link_to_it_is_copied(storage: DirectoryStorage, tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"1")
    (tmp_path / "b").hardlink_to(source)
    (tmp_path / "c").symlink_to(source)
    for name in ("a", "b", "c"):
        storage.put_file(name, tmp_path / name, move=True)
        assert (tmp_path / name).exists()
        assert (tmp_path / "store/bucket" / name).stat().st_nlink == 1


@pytest.mark.parametrize("moved", [True, False])
def test_a_failure_before_the_name_is_given_leaves_the_old_object_and_the_file(
    storage: DirectoryStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moved: bool
) -> None:
    storage.put("key", b"old")
    source = tmp_path / "source"
    source.write_bytes(b"new")

    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(directory.os, "fsync", fail)
    with pytest.raises(StoreFull, match=r"disk is full \(\d+ of \d+ MiB are free\)"):
        storage.put_file("key", source, move=moved)
    assert storage.get("key") == b"old"
    assert source.read_bytes() == b"new"
    assert everything(tmp_path) == ["source", "store/bucket/key"]


def test_what_a_crash_leaves_is_not_listed_not_read_and_removed(
    storage: DirectoryStorage, tmp_path: Path
) -> None:
    storage.put("run/a", b"1")
    left = part_beside(tmp_path / "store/bucket/run/a")
    left.write_bytes(b"half")
    assert is_part(left.name)
    assert [item.key for item in storage.list("")] == ["run/a"]
    with pytest.raises(StorageError):
        storage.get(f"run/{left.name}")
    assert remove_leftovers(tmp_path / "store") == 1
    assert everything(tmp_path / "store") == ["bucket/run/a"]


def test_a_file_that_is_being_written_is_no_leftover(storage: DirectoryStorage, tmp_path: Path) -> None:
    used = part_beside(tmp_path / "store/bucket/a")
    with used.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert remove_leftovers(tmp_path / "store") == 0
        assert used.exists()
    assert remove_leftovers(tmp_path / "store") == 1


def test_a_users_file_with_the_prefix_of_leftovers_stays(storage: DirectoryStorage, tmp_path: Path) -> None:
    storage.put(f"{PART_PREFIX}mine", b"1")
    assert remove_leftovers(tmp_path / "store") == 0
    assert [item.key for item in storage.list("")] == [f"{PART_PREFIX}mine"]


def test_many_at_once_write_one_key_and_readers_see_one_of_them(storage: DirectoryStorage) -> None:
    contents = [bytes([number]) * 50_000 for number in range(8)]
    storage.put("key", contents[0])
    wrong: list[int] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            if (seen := storage.get("key")) not in contents:
                wrong.append(len(seen))

    readers = [threading.Thread(target=read) for _ in range(2)]
    writers = [threading.Thread(target=storage.put, args=("key", content)) for content in contents * 3]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert not wrong
    assert storage.get("key") in contents


def test_a_directory_that_may_not_be_written_is_one_line(
    storage: DirectoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(directory.os, "fsync", refuse)
    with pytest.raises(StorageDenied, match="not permitted"):
        storage.put("key", b"1")


def test_a_task_gets_errors_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = DirectoryStorage(tmp_path, "bucket", TaskErrors("file:///store", "bucket"))
    storage.ensure_bucket()
    with pytest.raises(TaskNoSuchObject) as missing:
        storage.get("key")
    assert missing.value.exit_status == 13

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(directory.os, "write", full)
    with pytest.raises(TaskStoreFull, match="storing /store/bucket/key: its disk is full") as failed:
        storage.put("key", b"1")
    assert failed.value.exit_status == 15
    assert everything(tmp_path) == []
