"""Runs that only their directories know are added to the database: it was damaged, removed, or lost a part.

A run that had ended is added as it ended. One that was under way is added as its tasks' directories have it:
tasks whose last attempt succeeded have succeeded, those with another attempt are running, and the scheduler
finds out, as after the server was killed, whether that attempt runs on, has failed or has to be repeated.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import TaskRow, now, rfc3339
from elyra_neurodesk.backend.db.snapshot import (
    RunSnapshot,
    UnreadableSnapshot,
    add_snapshot,
    order_by_creation,
)
from elyra_neurodesk.backend.db.states import CANCELED, CANCELING, FAILED, FINAL, PENDING, RUNNING, SUCCEEDED
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.pod.model import Result
from elyra_neurodesk.backend.pod.pod import POD, STATUS, read_handles
from elyra_neurodesk.backend.pod.statusfile import UnreadableStatus, read_status
from elyra_neurodesk.backend.process_handle import UNKNOWN
from elyra_neurodesk.backend.scheduler.attempts import directory_name
from elyra_neurodesk.backend.snapshots import FILE, read_snapshot

_BATCH = 500  # runs in one transaction, after which the caller is told
_REPEATED = ("lost", "canceled")  # reasons of attempts that are not failures of their task


@dataclass
class Restored:
    """What became of the runs that were to be added.

    Attributes:
        ended: how many were added that had ended.
        under_way: how many were added that go on.
        without_snapshot: ids of runs that an earlier version accepted and that have begun.
        problems: a line for each run that could not be added, or not be continued.
    """

    ended: int = 0
    under_way: int = 0
    without_snapshot: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many are in the database now."""
        return self.ended + self.under_way


def restore_runs(home: Home, run_ids: Sequence[str], progress: Callable[[int], object]) -> Restored:
    """Add runs to the database, which is made where there is none; no server may run meanwhile.

    Interrupted and called again with the runs that are missing then, it goes on where it was.

    Args:
        home: with the runs' directories.
        run_ids: runs that the database does not have; names of their directories.
        progress: is called with the number of runs looked at, as long as there are more.

    Raises:
        DatabaseUnusable: the database cannot be opened.
        sqlite3.Error: it cannot be written: the disk is full.
    """
    restored = Restored()
    database = Database(home.database)
    waiting = iter(run_ids)
    looked_at = 0
    while batch := list(islice(waiting, _BATCH)):
        with database.transaction(durable=True) as connection:
            for run_id in batch:
                _restore(home, run_id, connection, restored)
        looked_at += len(batch)
        if looked_at < len(run_ids):
            progress(looked_at)
    if restored.added:
        with database.transaction() as connection:
            order_by_creation(connection)
    return restored


def _restore(home: Home, run_id: str, connection: sqlite3.Connection, restored: Restored) -> None:
    where = home.run_directory(run_id) / FILE
    try:
        found = read_snapshot(home, run_id)
        if found is None:
            if _has_tasks(home.run_directory(run_id)):
                restored.without_snapshot.append(run_id)
            return
        snapshot = found if found.run.state in FINAL else _continued(found, home)
        add_snapshot(connection, snapshot)
    except UnreadableSnapshot as problem:
        restored.problems.append(f"run {run_id} cannot be listed again: {where}: {problem}")
    except (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError) as problem:
        # the file is readable and has values that no version writes
        restored.problems.append(f"run {run_id} cannot be listed again: {where}: {problem}")
    else:
        if snapshot.run.state not in FINAL:
            restored.under_way += 1
            return
        restored.ended += 1
        if snapshot is not found:
            restored.problems.append(f"run {run_id} does not go on: {snapshot.run.message}")


def _continued(snapshot: RunSnapshot, home: Home) -> RunSnapshot:
    """Return a run that had not ended as far as its tasks have come; as failed where that cannot be read."""
    run, directory = snapshot.run, home.run_directory(snapshot.run.run_id)
    try:
        tasks = tuple(
            task if task.state in FINAL else _task_on_disk(task, directory / directory_name(task))
            for task in snapshot.tasks
        )
    except OSError as problem:
        return _failed(snapshot, f"the database was lost, and {problem.filename}: {problem.strerror}")
    started = [task.started_at for task in tasks if task.started_at]
    if run.state != CANCELING:
        run = replace(run, state=RUNNING if started else PENDING)
    return replace(snapshot, run=replace(run, started_at=min(started, default=None)), tasks=tasks)


def _task_on_disk(task: TaskRow, directory: Path) -> TaskRow:
    """Return a task that had not ended as its attempts have it that began after the snapshot.

    Raises:
        OSError: the directory of its attempts cannot be read.
    """
    latest = max(_numbers(directory), default=0)
    first = task.attempt if task.state == RUNNING else task.attempt + 1
    if latest < first:
        return replace(task, state=PENDING)  # its directory is gone, if it ran: it is repeated
    attempt = directory / str(latest)
    earlier = [_result(directory / str(number)) for number in range(first, latest)]
    lost = sum(result is None or result.reason == "lost" for result in earlier)
    begun: dict[str, Any] = {
        "attempt": latest,
        "failures": task.failures + sum(r is not None and r.reason not in _REPEATED for r in earlier),
        "lost": task.lost + lost,
        "directory": str(attempt),
        "started_at": _changed(attempt / POD) or now(),
    }
    result = _result(attempt)
    if result is not None and result.succeeded:
        ended: dict[str, Any] = {"finished_at": _changed(attempt / STATUS), "exit_code": result.exit_code}
        ended |= {"message": "", "outputs": dict(result.outputs)}
        return replace(task, state=SUCCEEDED, **begun, **ended)
    handle = next(iter(read_handles(attempt)), UNKNOWN)
    return replace(task, state=RUNNING, pid=handle.pid, pid_started=handle.started, message="", **begun)


def _failed(snapshot: RunSnapshot, message: str) -> RunSnapshot:
    """Return a run that cannot go on; `runs retry` begins what has not succeeded again."""
    ended: dict[str, Any] = {"finished_at": now(), "message": message}
    tasks = tuple(
        task if task.state in FINAL else replace(task, state=CANCELED, **ended) for task in snapshot.tasks
    )
    return replace(snapshot, run=replace(snapshot.run, state=FAILED, **ended), tasks=tasks)


def _has_tasks(directory: Path) -> bool:
    """Return whether a task of a run has begun; of one whose acceptance was interrupted none has."""
    with suppress(OSError):
        return any(path.is_dir() for path in directory.iterdir())
    return False


def _numbers(directory: Path) -> list[int]:
    """Return the numbers of a task's attempts; none where the task has not begun."""
    try:
        return [int(path.name) for path in directory.iterdir() if path.name.isdecimal()]
    except FileNotFoundError:
        return []


def _result(attempt: Path) -> Result | None:
    """Return how an attempt ended; None where it has not, or its report cannot be read."""
    with suppress(UnreadableStatus):
        return read_status(attempt / STATUS)
    return None


def _changed(file: Path) -> str | None:
    """Return when a file was written: POD.json when an attempt began, status.json when it ended."""
    try:
        return rfc3339(datetime.fromtimestamp(file.stat().st_mtime, UTC))
    except OSError:
        return None
