"""A run as a value apart from the database."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from elyra_neurodesk.backend.db.catalog import Catalog, NotFound
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow
from elyra_neurodesk.backend.db.snapshot import (
    RunSnapshot,
    UnreadableSnapshot,
    add_snapshot,
    order_by_creation,
    take_snapshot,
)
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import FAILED, SUCCEEDED

TEXT = "# a package\nname: ünicode\n"
PACKAGE = hashlib.sha256(TEXT.encode()).hexdigest()
ROW = RunRow(
    "r1", "e", "a run", "", "", "", "p", PACKAGE, {"n": [1, {"a": None}]}, FAILED, AVAILABLE, "2026-01-01"
)
OUTPUTS = {"parameters": {"x": 1.5}, "artifacts": {}}
TASKS = (
    TaskRow("r1", "a", 0, "A", (), SUCCEEDED, 2, 1, directory="/d", exit_code=0, outputs=OUTPUTS),
    TaskRow("r1", "b", 1, "B", ("a",), FAILED, message="no luck"),
)
SNAPSHOT = RunSnapshot(ROW, TASKS, TEXT, None, None, None)


class Tables:
    """A database, and what reads and writes it."""

    def __init__(self, file: Path) -> None:
        self.database = Database(file)
        self.runs, self.catalog = RunStore(self.database), Catalog(self.database)

    def add(self, *snapshots: RunSnapshot) -> None:
        with self.database.transaction() as connection:
            for snapshot in snapshots:
                add_snapshot(connection, snapshot)
            order_by_creation(connection)

    def take(self, run_id: str) -> RunSnapshot:
        return take_snapshot(self.runs, self.catalog, run_id)


@pytest.fixture
def old(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "old.sqlite")


@pytest.fixture
def new(tmp_path: Path) -> Tables:
    return Tables(tmp_path / "new.sqlite")


def with_version(tables: Tables, run_id: str = "r1") -> RunSnapshot:
    """Add a run of an uploaded version to a database and return its snapshot."""
    experiment = tables.catalog.add_experiment("trials", "about it")
    pipeline = tables.catalog.add_pipeline("uploaded", "", None)
    version = tables.catalog.add_version(pipeline.pipeline_id, "first", "", TEXT)
    run = replace(
        ROW,
        run_id=run_id,
        experiment_id=experiment.experiment_id,
        pipeline_id=pipeline.pipeline_id,
        version_id=version.version_id,
    )
    tables.runs.add(run, TEXT, [replace(task, run_id=run_id) for task in TASKS])
    return tables.take(run_id)


def test_a_snapshot_of_a_run_is_the_same_after_writing_and_reading(old: Tables) -> None:
    for snapshot in (SNAPSHOT, with_version(old)):
        assert RunSnapshot.from_bytes(snapshot.to_bytes()) == snapshot
        assert snapshot.to_bytes() == snapshot.to_bytes()


def test_a_file_of_this_version_can_be_read_by_later_ones() -> None:
    """Once written, such files are there for years: a field that is added needs a default for them."""
    content = gzip.compress((Path(__file__).parent / "snapshot.json").read_bytes())
    assert RunSnapshot.from_bytes(content) == SNAPSHOT


def test_a_run_is_added_to_another_database_with_all_that_it_refers_to(old: Tables, new: Tables) -> None:
    snapshot = with_version(old)
    new.add(snapshot)
    assert new.take("r1") == snapshot
    assert new.catalog.latest_version(snapshot.run.pipeline_id) == snapshot.version
    assert new.catalog.ensure_default_experiment() != snapshot.run.experiment_id


def test_runs_share_what_they_refer_to_and_the_experiment_has_the_time_of_the_last(
    old: Tables, new: Tables
) -> None:
    first = with_version(old)
    second = replace(
        first,
        run=replace(first.run, run_id="r2", created_at="2027-01-01"),
        tasks=tuple(replace(task, run_id="r2") for task in TASKS),
    )
    new.add(second, first)
    assert [run_id for run_id, _ in new.runs.ends()] == ["r2", "r1"]  # the newest first
    assert new.take("r1").version == new.take("r2").version == first.version
    assert new.catalog.experiment(first.run.experiment_id).last_run_created_at == "2027-01-01"


def test_a_run_whose_pipeline_has_lost_its_name_to_another_carries_its_package(
    old: Tables, new: Tables
) -> None:
    new.catalog.add_pipeline("uploaded", "", None)
    new.add(with_version(old))
    run = new.runs.run("r1")
    assert (run.pipeline_id, run.version_id) == ("", "")
    assert new.catalog.package_text(run.package) == TEXT


def test_what_was_deleted_is_left_out(old: Tables) -> None:
    snapshot = with_version(old)
    old.catalog.delete_experiment(snapshot.run.experiment_id)
    old.catalog.delete_pipeline(snapshot.run.pipeline_id)
    left = old.take("r1")
    assert (left.experiment, left.pipeline, left.version) == (None, None, None)
    assert left.package == TEXT
    with pytest.raises(NotFound):
        old.take("r2")


def test_a_run_that_cannot_be_added_leaves_nothing_of_itself_and_the_others(new: Tables) -> None:
    twice = replace(SNAPSHOT, run=replace(ROW, run_id="r2"))  # its tasks are those of r1
    with new.database.transaction() as connection:
        add_snapshot(connection, SNAPSHOT)
        with pytest.raises(sqlite3.IntegrityError):
            add_snapshot(connection, twice)
    assert new.take("r1") == SNAPSHOT
    assert new.runs.counts() == {FAILED: 1}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"plain text", "damaged"),
        (SNAPSHOT.to_bytes()[:-9], "damaged"),
        (SNAPSHOT.to_bytes()[:100] + b"\0" * 50 + SNAPSHOT.to_bytes()[150:], "damaged"),
        (gzip.compress(b"{"), "not JSON"),
        (gzip.compress(b"[" * 100_000), "not JSON"),
        (gzip.compress(b"\xff\xfe\xfa"), "not JSON"),
        (gzip.compress(b"[]"), "other content"),
        (gzip.compress(json.dumps({"run": {}}).encode()), "other content"),
        (replace(SNAPSHOT, package="another").to_bytes(), "its package is not the one"),
    ],
    # names without gzip's time: all workers of a session must have the same
    ids=["empty", "text", "cut", "zeros", "brace", "deep", "no UTF-8", "list", "no task", "another package"],
)
def test_what_is_not_a_snapshot_is_refused_in_one_line(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableSnapshot, match=why) as caught:
        RunSnapshot.from_bytes(content)
    assert "\n" not in str(caught.value)


def test_more_than_a_snapshot_can_have_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elyra_neurodesk.backend.db.snapshot._MAX_BYTES", 1 << 20)
    with pytest.raises(UnreadableSnapshot, match="more than 1 MiB"):
        RunSnapshot.from_bytes(gzip.compress(b" " * (1 << 21)))
