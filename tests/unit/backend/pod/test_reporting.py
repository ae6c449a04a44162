from __future__ import annotations

from pathlib import Path

from elyra_neurodesk.backend.pod.reporting import can_report, reporting
from elyra_neurodesk.backend.pod.scratch import reserve

POD = {
    "volumes": {"cv": {"kind": "claim", "path": "/cvmfs"}, "tmp": {"kind": "empty", "path": "/t"}},
    "init_containers": [{"name": "waits"}],
    "main": {
        "command": ["sh", "-c", "exit 0"],
        "args_in_file": True,
        "env": [["A", "1"]],
        "mounts": [{"volume": "cv", "path": "/cvmfs"}, {"volume": "tmp", "path": "/t"}],
    },
}


def test_only_the_bootstrapper_can_report() -> None:
    assert can_report(POD)
    assert not can_report({"main": {"command": ["python", "train.py"]}})
    assert not can_report({"main": {"command": []}})


def test_a_reporting_pod_has_no_claims_and_is_told_the_problem() -> None:
    pod = reporting(POD, "costs $5")
    assert list(pod["volumes"]) == ["tmp"]
    assert pod["main"]["mounts"] == [{"volume": "tmp", "path": "/t"}]
    assert pod["main"]["env"] == [["A", "1"], ["NEURODESK_POD_PROBLEM", "costs $$5"]]
    assert pod["init_containers"] == []
    assert "cv" in POD["volumes"]


def test_room_is_kept_and_given_back(tmp_path: Path) -> None:
    release = reserve(tmp_path, 4096)
    assert [path.stat().st_size for path in tmp_path.iterdir()] == [4096]
    release()
    release()
    assert list(tmp_path.iterdir()) == []
