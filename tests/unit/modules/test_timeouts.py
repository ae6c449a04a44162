"""Functions that may hang are given up."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from elyra_neurodesk.modules import timeouts
from elyra_neurodesk.modules.timeouts import answers, read_with_timeout


def test_a_directory_that_can_be_listed_or_not_answers(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "gone", Path("/proc/self/mem")):
        assert answers(directory, 30)
    assert read_with_timeout(30, tmp_path, lambda: "read") == "read"


def test_one_that_does_not_is_not_asked_again_before_it_has_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with subprocess.Popen(["sleep", "60"]) as waits:
        monkeypatch.setitem(timeouts._waiting, tmp_path, waits)
        try:
            assert not answers(tmp_path, 30)
            assert read_with_timeout(30, tmp_path, pytest.fail) is None
        finally:
            waits.kill()
    assert answers(tmp_path, 30)
    assert tmp_path not in timeouts._waiting
