"""The snapshot of each run in its own directory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from elyra_neurodesk.backend.db.catalog import Catalog, NotFound
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, now
from elyra_neurodesk.backend.db.snapshot import UnreadableSnapshot
from elyra_neurodesk.backend.db.state import RunNotEnded, RunStore
from elyra_neurodesk.backend.db.states import FAILED, PENDING
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.snapshots import FILE, Snapshots, read_snapshot


class Kept:
    """Runs with snapshots in a home."""

    def __init__(self, path: Path) -> None:
        self.home = Home(path)
        self.home.make()
        database = Database(self.home.database)
        catalog = Catalog(database)
        self.experiment = catalog.ensure_default_experiment()
        self.runs = RunStore(database)
        self.snapshots = Snapshots(self.home, self.runs, catalog)

    def add(self, run_id: str) -> Path:
        """Add a run to the database alone, and return where its snapshot goes."""
        run = RunRow(run_id, self.experiment, "", "", "", "", "", "", {}, PENDING, AVAILABLE, now())
        self.runs.add(run, "text", [])
        return self.home.run_directory(run_id) / FILE

    def end(self, run_id: str) -> None:
        self.runs.advance(run_id, FAILED, finished_at=now(), message="why")


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "home")


def test_it_is_written_whole_for_its_owner_alone(kept: Kept) -> None:
    file = kept.add("r")
    kept.snapshots.write("r")
    assert [path.name for path in file.parent.iterdir()] == [FILE]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = read_snapshot(kept.home, "r")
    assert found is not None
    assert found.run == kept.runs.run("r")


def test_a_crash_while_it_is_written_leaves_the_one_before(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept.add("r")
    kept.snapshots.write("r")
    before = file.read_bytes()
    kept.end("r")
    child = os.fork()
    if child == 0:
        monkeypatch.setattr(os, "fsync", lambda descriptor: os._exit(9))  # as a power cut at this moment
        kept.snapshots.write("r")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert file.read_bytes() == before
    assert len(list(file.parent.iterdir())) == 2  # what was being written is beside it, and never read
    kept.snapshots.write_missing(pause_seconds=0)
    found = read_snapshot(kept.home, "r")
    assert found is not None
    assert found.run.message == "why"


def test_what_is_missing_or_older_than_the_end_is_written(kept: Kept) -> None:
    files = {run_id: kept.add(run_id) for run_id in ("missing", "stale", "whole")}
    for run_id in ("stale", "whole"):
        kept.end(run_id)
        kept.snapshots.write(run_id)
    os.utime(files["stale"], (1, 1))
    before = files["whole"].stat().st_ino
    kept.snapshots.write_missing(pause_seconds=0)
    assert all(file.exists() for file in files.values())
    assert files["stale"].stat().st_mtime > 1
    assert files["whole"].stat().st_ino == before


def test_a_run_that_is_gone_gets_no_directory(kept: Kept) -> None:
    kept.snapshots.write("r")
    assert not kept.home.run_directory("r").exists()


def test_a_file_that_cannot_be_written_is_logged_and_no_error(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    kept.add("r")
    kept.home.run_directory("r").write_text("in the way")
    kept.snapshots.write("r")
    assert "what the database knows of run r is not kept" in caplog.text


def test_only_a_run_that_has_ended_is_deleted_and_its_snapshot_with_it(kept: Kept) -> None:
    file = kept.add("r")
    kept.snapshots.write("r")
    with pytest.raises(RunNotEnded):
        kept.snapshots.delete("r")
    assert file.exists()
    kept.end("r")
    kept.snapshots.delete("r")
    assert not file.exists()
    with pytest.raises(NotFound):
        kept.snapshots.delete("r")


def test_a_deletion_that_is_interrupted_does_not_bring_the_run_back(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = kept.add("r")
    kept.end("r")
    kept.snapshots.write("r")

    def interrupted(run_id: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kept.runs, "delete", interrupted)
    with pytest.raises(KeyboardInterrupt):
        kept.snapshots.delete("r")
    assert not file.exists()
    assert kept.runs.run("r").state == FAILED


def test_anything_else_in_its_place_is_refused_and_not_waited_for(kept: Kept) -> None:
    assert read_snapshot(kept.home, "none") is None
    directory = kept.home.run_directory("r")
    directory.mkdir()
    assert read_snapshot(kept.home, "r") is None
    os.mkfifo(directory / FILE)
    with pytest.raises(UnreadableSnapshot, match="not a regular file"):
        read_snapshot(kept.home, "r")
    (directory / FILE).unlink()
    kept.add("other")
    kept.snapshots.write("other")
    (directory / FILE).write_bytes((kept.home.run_directory("other") / FILE).read_bytes())
    with pytest.raises(UnreadableSnapshot, match="that of the run 'other'"):
        read_snapshot(kept.home, "r")
