"""A task waits for room on the store's disk, with a word and not without end."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.room import RoomWaitingStorage
from elyra_neurodesk.storage import directory
from elyra_neurodesk.storage.directory import DirectoryStorage
from elyra_neurodesk.storage.errors import TaskErrors, TaskStoreFull


class Disk:
    """A full disk that has room again after some looks."""

    def __init__(self, full: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = full
        self._write = directory.os.write
        monkeypatch.setattr(directory.os, "write", self.write)

    def write(self, descriptor: int, content: bytes) -> int:
        if self.left > 0:
            self.left -= 1
            raise OSError(28, "No space left on device")
        return self._write(descriptor, content)


def store_at(root: Path, said: io.StringIO, seconds: float = 60) -> RoomWaitingStorage:
    store = DirectoryStorage(root, "bucket", TaskErrors(root.as_uri(), "bucket"))
    store.ensure_bucket()
    return RoomWaitingStorage(store, root, Log(said), seconds, sleep=lambda seconds: None)


def test_objects_are_stored_when_there_is_room_and_it_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    store = store_at(tmp_path, said)
    (tmp_path / "file").write_bytes(b"content")
    Disk(3, monkeypatch)
    store.put("a", b"content")
    Disk(2, monkeypatch)
    assert store.put_file("b", tmp_path / "file").size == 7
    assert store.get("a") == store.get("b") == b"content"
    assert said.getvalue().count("waiting for room, up to 1 min: storing ") == 1


def test_a_disk_that_stays_full_ends_the_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_at(tmp_path, io.StringIO(), seconds=0.01)
    Disk(10**9, monkeypatch)
    with pytest.raises(TaskStoreFull):
        store.put("a", b"content")


def test_a_file_larger_than_the_disk_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = io.StringIO()
    store = store_at(tmp_path, said)
    usage = shutil._ntuple_diskusage(5, 5, 0)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    Disk(10**9, monkeypatch)
    with pytest.raises(TaskStoreFull):
        store.put("a", b"content")
    assert said.getvalue() == ""
