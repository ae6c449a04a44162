from __future__ import annotations

import math
import subprocess
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper import cvmfs
from elyra_neurodesk.bootstrapper.cvmfs import CvmfsUnavailable, root_of, timeout_of, wait_for


def test_a_tree_is_seen_with_its_categories(tmp_path: Path) -> None:
    (tmp_path / "neurodesk-modules" / "b").mkdir(parents=True)
    (tmp_path / "neurodesk-modules" / "a").mkdir()
    (tmp_path / "neurodesk-modules" / "file").touch()
    seen = wait_for(str(tmp_path), "claim", 1)
    assert seen.categories == tuple(str(tmp_path / "neurodesk-modules" / name) for name in "ab")


def test_a_mount_that_hangs_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvmfs, "_PROBE", "import time; time.sleep(60)")
    waited: list[float] = []

    class Process(subprocess.Popen[bytes]):
        def communicate(
            self, input: bytes | None = None, timeout: float | None = None
        ) -> tuple[bytes, bytes]:
            waited.append(timeout or math.inf)
            return super().communicate(input, timeout)

    monkeypatch.setattr(subprocess, "Popen", Process)
    with pytest.raises(CvmfsUnavailable, match="/nowhere did not answer"):
        wait_for("/nowhere", "claim", 0.3)
    assert waited == [0.5]  # one attempt, which a machine under load still has time for


def test_root_and_timeout_come_from_the_environment_first() -> None:
    assert root_of({"NEURODESK_CVMFS_ROOT": "/a/"}, "/b") == "/a"
    assert root_of({}, "/b") == "/b"
    assert timeout_of({"NEURODESK_CVMFS_TIMEOUT": "3"}) == 3
    for wrong in ("", "x", "-1", "nan"):
        assert timeout_of({"NEURODESK_CVMFS_TIMEOUT": wrong}) == 40
