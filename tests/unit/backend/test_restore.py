"""Runs that were under way are added to a new database as their tasks' directories have them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.backend.db.catalog import Catalog
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import (
    CANCELED,
    CANCELING,
    FAILED,
    PENDING,
    RUNNING,
    SUCCEEDED,
    TaskChange,
)
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.pod.pod import POD, STATUS, write_handles
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.backend.restore import Restored, restore_runs
from elyra_neurodesk.backend.snapshots import FILE, Snapshots

OUTPUTS = {"parameters": {"x": 1}, "artifacts": {}}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


class Before:
    """The database before it was lost."""

    def __init__(self, home: Home) -> None:
        self.home = home
        database = Database(home.path / "before.sqlite")
        self.runs, catalog = RunStore(database), Catalog(database)
        self.experiment = catalog.ensure_default_experiment()
        self.snapshots = Snapshots(home, self.runs, catalog)

    def accept(self, run_id: str, *names: str) -> None:
        """Accept a run of tasks, each after the one before it."""
        run = RunRow(
            run_id, self.experiment, "a run", "", "", "", "p", "", {}, PENDING, AVAILABLE, f"2026-{run_id}"
        )
        parents = [(), *((name,) for name in names)]
        tasks = [TaskRow(run_id, name, place, name, parents[place]) for place, name in enumerate(names)]
        self.runs.add(run, "the package", tasks)
        self.snapshots.write(run_id)


@pytest.fixture
def before(home: Home) -> Before:
    return Before(home)


def attempt(home: Home, run_id: str, task: str, number: int, reason: str | None = None) -> Path:
    """Make an attempt's directory; without a reason it has not ended."""
    directory = home.run_directory(run_id) / task / str(number)
    directory.mkdir(parents=True)
    (directory / POD).write_text("{}")
    os.utime(directory / POD, (1_000_000_000, 1_000_000_000))
    if reason:
        content: dict[str, Any] = {"exit_code": 0, "reason": reason, "message": "", "outputs": OUTPUTS}
        (directory / STATUS).write_text(json.dumps(content))
        os.utime(directory / STATUS, (1_000_000_060, 1_000_000_060))
    return directory


def restore(home: Home, *run_ids: str) -> tuple[Restored, RunStore]:
    said: list[int] = []
    restored = restore_runs(home, run_ids, said.append)
    assert said == []  # as there is one batch
    return restored, RunStore(Database(home.database))


def tasks_of(runs: RunStore, run_id: str) -> dict[str, TaskRow]:
    return {task.name: task for task in runs.tasks(run_id)}


def test_a_run_goes_on_where_its_tasks_are(home: Home, before: Before) -> None:
    before.accept("r", "done", "runs", "waits")
    attempt(home, "r", "done", 1, "completed")
    running = attempt(home, "r", "runs", 1)
    handle = ProcessHandle.of(os.getpid())
    write_handles(running, handle)
    restored, runs = restore(home, "r")
    assert (restored.ended, restored.under_way, restored.problems) == (0, 1, [])
    run, tasks = runs.run("r"), tasks_of(runs, "r")
    assert (run.state, run.started_at) == (RUNNING, "2001-09-09T01:46:40.000000Z")
    done = tasks["done"]
    assert (done.state, done.attempt, done.outputs, done.exit_code) == (SUCCEEDED, 1, OUTPUTS, 0)
    assert (done.started_at, done.finished_at) == (
        "2001-09-09T01:46:40.000000Z",
        "2001-09-09T01:47:40.000000Z",
    )
    runs_now = tasks["runs"]
    assert (runs_now.state, runs_now.attempt, runs_now.directory) == (RUNNING, 1, str(running))
    assert ProcessHandle(runs_now.pid, runs_now.pid_started) == handle
    assert (tasks["waits"].state, tasks["waits"].attempt) == (PENDING, 0)


def test_a_run_that_has_not_begun_is_pending(home: Home, before: Before) -> None:
    before.accept("r", "a")
    _, runs = restore(home, "r")
    assert (runs.run("r").state, runs.run("r").started_at) == (PENDING, None)
    assert tasks_of(runs, "r")["a"].state == PENDING


def test_earlier_attempts_count_as_they_did(home: Home, before: Before) -> None:
    before.accept("r", "a")
    for number, reason in enumerate(("failed", "lost", "canceled", "OOMKilled", None), 1):
        attempt(home, "r", "a", number, reason)
    (home.run_directory("r") / "a" / "2" / STATUS).write_text("no JSON")
    _, runs = restore(home, "r")
    task = tasks_of(runs, "r")["a"]
    assert (task.state, task.attempt, task.failures, task.lost) == (RUNNING, 5, 2, 1)
    assert (task.pid, task.pid_started) == (0, "")  # the scheduler looks at the directory


def retried(before: Before) -> None:
    """Let a run fail in its second task and be retried."""
    before.accept("r", "a", "b")
    for name, end in (("a", SUCCEEDED), ("b", FAILED)):
        begun = {"attempt": 1, "directory": str(attempt(before.home, "r", name, 1, "failed"))}
        before.runs.advance_tasks("r", TaskChange((name,), RUNNING, begun), TaskChange((name,), end))
    before.runs.advance("r", FAILED)
    before.runs.reopen("r")
    before.snapshots.write("r")


def test_a_retried_run_keeps_what_had_succeeded_and_repeats_no_attempt_from_before(
    home: Home, before: Before
) -> None:
    retried(before)
    _, runs = restore(home, "r")
    tasks = tasks_of(runs, "r")
    assert (tasks["a"].state, tasks["a"].attempt) == (SUCCEEDED, 1)
    assert (tasks["b"].state, tasks["b"].attempt) == (PENDING, 1)


def test_the_attempt_that_a_retry_has_begun_goes_on(home: Home, before: Before) -> None:
    retried(before)
    attempt(home, "r", "b", 2)
    _, runs = restore(home, "r")
    task = tasks_of(runs, "r")["b"]
    assert (task.state, task.attempt, task.failures) == (RUNNING, 2, 0)


def test_a_run_that_was_being_canceled_is_canceled(home: Home, before: Before) -> None:
    before.accept("r", "a", "b")
    directory = attempt(home, "r", "a", 1)
    before.runs.advance_tasks("r", TaskChange(("a",), RUNNING, {"attempt": 1, "directory": str(directory)}))
    before.runs.cancel("r")
    before.snapshots.write("r")
    _, runs = restore(home, "r")
    assert runs.run("r").state == CANCELING
    assert tasks_of(runs, "r")["a"].state == RUNNING


def test_an_attempt_whose_directory_is_gone_is_repeated_under_a_new_number(
    home: Home, before: Before
) -> None:
    before.accept("r", "a")
    before.runs.advance_tasks("r", TaskChange(("a",), RUNNING, {"attempt": 1, "directory": "/none"}))
    before.snapshots.write("r")
    _, runs = restore(home, "r")
    assert (tasks_of(runs, "r")["a"].state, tasks_of(runs, "r")["a"].attempt) == (PENDING, 1)


def test_an_ended_run_is_added_as_it_was(home: Home, before: Before) -> None:
    before.accept("r", "a")
    before.runs.advance("r", FAILED, finished_at="2026-02-01T00:00:00.000000Z", message="why")
    before.snapshots.write("r")
    attempt(home, "r", "a", 1, "completed")  # what its directories have is not looked at
    restored, runs = restore(home, "r")
    assert (restored.ended, restored.under_way) == (1, 0)
    assert runs.run("r") == before.runs.run("r")
    assert runs.tasks("r") == before.runs.tasks("r")


def test_a_run_whose_tasks_cannot_be_read_has_failed_and_says_why(home: Home, before: Before) -> None:
    before.accept("r", "a", "b")
    (home.run_directory("r") / "a").write_text("a file")
    restored, runs = restore(home, "r")
    assert (restored.ended, restored.under_way) == (1, 0)
    (problem,) = restored.problems
    run = runs.run("r")
    assert problem == f"run r does not go on: {run.message}"
    assert run.message.endswith(f"{home.run_directory('r') / 'a'}: Not a directory")
    assert (run.state, {task.state for task in runs.tasks("r")}) == (FAILED, {CANCELED})
    runs.reopen("r")
    assert runs.run("r").state == PENDING


def test_one_that_cannot_be_read_keeps_no_other_from_being_added(home: Home, before: Before) -> None:
    for run_id in ("c", "a", "b"):
        before.accept(run_id, "t")
    (home.run_directory("a") / FILE).write_bytes(b"damaged")
    (home.runs / "old" / "t").mkdir(parents=True)
    (home.runs / "interrupted").mkdir()
    (home.runs / "file").touch()
    restored, runs = restore(home, *sorted(path.name for path in home.runs.iterdir()))
    assert (restored.added, restored.without_snapshot) == (2, ["old"])
    (problem,) = restored.problems
    assert problem.startswith(
        f"run a cannot be listed again: {home.run_directory('a') / FILE}: it is damaged"
    )
    assert [run_id for run_id, _ in runs.ends()] == ["c", "b"]  # the newest first


def test_it_goes_on_where_it_was_interrupted(home: Home, before: Before) -> None:
    for run_id in ("a", "b"):
        before.accept(run_id, "t")
    restore(home, "b")
    _, runs = restore(home, "a")
    assert [run_id for run_id, _ in runs.ends()] == ["b", "a"]


def test_thousands_are_added_in_batches_that_are_told(
    home: Home, before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("elyra_neurodesk.backend.restore._BATCH", 2)
    names = [f"{number}" for number in range(5)]
    for name in names:
        before.accept(name, "t")
    said: list[int] = []
    assert restore_runs(home, names, said.append).under_way == 5
    assert said == [2, 4]


def test_values_that_no_version_writes_are_a_problem_of_their_run(home: Home, before: Before) -> None:
    before.accept("r", "t")
    found = before.runs.run("r")
    from elyra_neurodesk.backend.snapshots import read_snapshot

    snapshot = read_snapshot(home, "r")
    assert snapshot is not None
    strange: Any = ["a", "list"]
    changed = replace(snapshot, run=replace(found, display_name=strange))
    (home.run_directory("r") / FILE).write_bytes(changed.to_bytes())
    restored, _ = restore(home, "r")
    assert len(restored.problems) == 1
    assert restored.added == 0
