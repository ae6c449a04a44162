from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.disk import DiskFull, mention_full_disk
from elyra_neurodesk.bootstrapper.script import ScriptFailed
from elyra_neurodesk.storage.errors import TaskStorageError


def have_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """Have a disk of 2 MiB with so many bytes free."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: (2 << 20, (2 << 20) - free, free))


def test_a_failure_on_a_full_disk_names_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    have_free(monkeypatch, 4096)
    error = mention_full_disk(ScriptFailed("a.py ended with exit status 1: No space left."), Path("/w"))
    assert isinstance(error, ScriptFailed)
    assert error.message.endswith("left; the disk that holds /w is full: 0 of 2 MiB are free.")
    assert error.hint == DiskFull.hint


def test_other_failures_stay_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    have_free(monkeypatch, 1 << 20)
    failed = ScriptFailed("a.py ended with exit status 1.")
    assert mention_full_disk(failed, tmp_path) is failed
    have_free(monkeypatch, 0)
    stored = TaskStorageError("no")
    assert mention_full_disk(stored, tmp_path) is stored


def test_a_disk_that_cannot_be_asked_changes_nothing(tmp_path: Path) -> None:
    failed = ScriptFailed("a.py ended with exit status 1.")
    assert mention_full_disk(failed, tmp_path / "gone") is failed
