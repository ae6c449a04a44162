"""State, work and store are on one disk that gets full during a run: it goes on when there is room."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.e2e.test_broken_machine import MEBIBYTE, small_disk
from tests.support.backend import running_backend, wait_until
from tests.support.pipelines import notebook_node, write_pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SCRIPT = """\
import os, time
from pathlib import Path

Path(os.environ["SIGNS"], "begun").touch()
Path("a.bin").write_bytes(b"a" * 100_000)
os.symlink("a.bin", "copied.bin")
while not Path(os.environ["SIGNS"], "full").exists():
    time.sleep(0.05)
"""
AFTER = """\
from pathlib import Path

assert Path("copied.bin").stat().st_size == 100_000
Path("b").write_text("b")
"""


def test_a_run_on_a_disk_that_is_full_for_a_while_ends_well_and_whole(tmp_path: Path) -> None:
    folder, signs = tmp_path / "job", tmp_path / "signs"
    folder.mkdir()
    signs.mkdir()
    (folder / "first.py").write_text(SCRIPT, "utf-8")
    (folder / "after.py").write_text(AFTER, "utf-8")
    env = [{"env_var": "SIGNS", "value": str(signs)}]
    nodes = [
        notebook_node("first", "first.py", outputs=["a.bin", "copied.bin"], env_vars=env),
        notebook_node("after", "after.py", ["first"], outputs=["b"]),
    ]
    file = write_pipeline(folder / "job.pipeline", nodes)
    with small_disk(tmp_path / "backend", 24) as disk, running_backend(tmp_path) as backend:
        submission = backend.submit(file)
        wait_until((signs / "begun").exists, 60, "the first task")
        time.sleep(0.5)
        filler = disk / "filler"
        with filler.open("wb") as file_of_zeros:
            try:
                while True:
                    file_of_zeros.write(b"\0" * MEBIBYTE)
                    file_of_zeros.flush()
            except OSError:
                pass
        (signs / "full").touch()
        time.sleep(8)
        assert backend.run_json(submission["run_id"])["state"] == "RUNNING"
        # nothing half done is listed while the disk is full
        for key in backend.objects():
            if key.endswith(".bin"):
                assert len(backend.get(key)) == 100_000
        filler.unlink()
        run = backend.wait(submission["run_id"])
        assert run["state"] == "SUCCEEDED", run
        outputs = backend.outputs(submission)
        assert outputs["first/a.bin"] == outputs["first/copied.bin"] == b"a" * 100_000
        assert outputs["after/b"] == b"b"
        assert not list(backend.store.rglob(".elyra-neurodesk-part-*"))
