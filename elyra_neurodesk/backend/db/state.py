"""Runs and their tasks in the database."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from elyra_neurodesk.backend.db.catalog import NotFound, keep_package, select_page
from elyra_neurodesk.backend.db.database import Database, columns, decode, insert, update
from elyra_neurodesk.backend.db.listing import Condition, Listing
from elyra_neurodesk.backend.db.rows import RunRow, TaskRow
from elyra_neurodesk.backend.db.states import (
    CANCELING,
    FINAL,
    PENDING,
    RUN_PREDECESSORS,
    RUNNING,
    SUCCEEDED,
    TASK_PREDECESSORS,
    InvalidTransition,
    TaskChange,
)
from elyra_neurodesk.errors import NeurodeskError

_ACTIVE = (PENDING, RUNNING, CANCELING)


class RunNotEnded(NeurodeskError):
    """A run can be retried or deleted only after it has ended."""

    code = "ND-LOCAL-013"
    hint = "Cancel it first: elyra-neurodesk runs cancel RUN"


class RunStore:
    """Reads and writes runs.

    Args:
        database: the embedded backend's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run: RunRow, text: str, tasks: Iterable[TaskRow]) -> RunRow:
        """Keep a run, its package and all its tasks at once; when this returns they are on disk.

        Returns:
            The run with the hash of its package.

        Raises:
            NotFound: its experiment does not exist.
        """
        with self._database.transaction(durable=True) as connection:
            kept = RunRow(**{**vars(run), "package": keep_package(connection, text)})
            changed = connection.execute(
                "UPDATE experiments SET last_run_created_at=? WHERE experiment_id=?",
                (run.created_at, run.experiment_id),
            )
            if changed.rowcount == 0:
                raise NotFound(f"there is no experiment {run.experiment_id!r}.")
            insert(connection, "runs", kept)
            insert(connection, "tasks", *tasks)
        return kept

    def run(self, run_id: str) -> RunRow:
        """Return the run with this id, or raise NotFound."""
        found = self._database.connection().execute(
            f"SELECT {columns(RunRow)} FROM runs WHERE run_id=?",  # noqa: S608
            (run_id,),
        )
        row = found.fetchone()
        if row is None:
            raise NotFound(f"there is no run {run_id!r}.")
        return decode(RunRow, row)

    def find(self, prefix: str) -> RunRow:
        """Return the only run whose id begins with ``prefix``, or raise NotFound."""
        rows = (
            self._database.connection()
            .execute(
                f"SELECT {columns(RunRow)} FROM runs WHERE substr(run_id, 1, ?) = ? LIMIT 2",  # noqa: S608
                (len(prefix), prefix),
            )
            .fetchall()
        )
        if len(rows) != 1:
            raise NotFound(f"{'several runs begin' if rows else 'no run begins'} with {prefix!r}.")
        return decode(RunRow, rows[0])

    def tasks(self, run_id: str) -> list[TaskRow]:
        """Return the tasks of a run, parents before children."""
        found = self._database.connection().execute(
            f"SELECT {columns(TaskRow)} FROM tasks WHERE run_id=? ORDER BY position",  # noqa: S608
            (run_id,),
        )
        return [decode(TaskRow, row) for row in found]

    def page(self, listing: Listing, experiment_id: str = "") -> tuple[list[RunRow], str, int]:
        """Return a page of runs, the next page's token and how many there are in all."""
        extra = [Condition("experiment_id = ?", (experiment_id,))] if experiment_id else []
        return select_page(self._database, RunRow, "runs", listing, *extra)

    def newest(self, limit: int) -> list[RunRow]:
        """Return the latest runs that are not archived, newest first."""
        found = self._database.connection().execute(
            f"SELECT {columns(RunRow)} FROM runs WHERE storage_state='AVAILABLE'"  # noqa: S608
            " ORDER BY seq DESC LIMIT ?",
            (limit,),
        )
        return [decode(RunRow, row) for row in found]

    def counts(self) -> Counter[str]:
        """Return how many runs there are in each state."""
        found = self._database.connection().execute("SELECT state, count(*) FROM runs GROUP BY state")
        return Counter({str(row[0]): int(row[1]) for row in found})

    def task_counts(self, run_ids: Iterable[str]) -> dict[str, Counter[str]]:
        """Return for each of these runs how many of its tasks are in each state."""
        wanted = list(run_ids)
        counts: dict[str, Counter[str]] = {run_id: Counter() for run_id in wanted}
        marks = ",".join("?" * len(wanted))
        for run_id, state, number in self._database.connection().execute(
            f"SELECT run_id, state, count(*) FROM tasks WHERE run_id IN ({marks})"  # noqa: S608
            " GROUP BY run_id, state",
            wanted,
        ):
            counts[run_id][state] = number
        return counts

    def active(self) -> list[str]:
        """Return the ids of the runs that have not ended, oldest first."""
        found = self._database.connection().execute(
            "SELECT run_id FROM runs WHERE state IN (?,?,?) ORDER BY seq", _ACTIVE
        )
        return [str(row[0]) for row in found]

    def ends(self) -> list[tuple[str, str | None]]:
        """Return the id of each run and when it ended, the newest run first."""
        found = self._database.connection().execute("SELECT run_id, finished_at FROM runs ORDER BY seq DESC")
        return [(str(row[0]), row[1]) for row in found]

    def require_ended(self, run_id: str, what: str) -> RunRow:
        """Return a run that has ended.

        Raises:
            NotFound: no such run.
            RunNotEnded: it has not ended, and cannot be ``what`` (such as "deleted").
        """
        run = self.run(run_id)
        if run.state not in FINAL:
            raise RunNotEnded(f"the run {run_id} is still running and cannot be {what}.")
        return run

    def set_storage(self, run_id: str, storage_state: str) -> None:
        """Archive a run or restore it, or raise NotFound."""
        self.run(run_id)
        with self._database.transaction() as connection:
            update(connection, "runs", {"run_id": run_id}, {"storage_state": storage_state})

    def advance(self, run_id: str, state: str, **columns: Any) -> bool:
        """Give a run another state where RUN_PREDECESSORS allows it; otherwise the run stays as it is.

        Returns:
            Whether it has changed.
        """
        with self._database.transaction() as connection:
            return _advance(connection, run_id, state, columns)

    def advance_tasks(self, run_id: str, *changes: TaskChange) -> None:
        """Make changes of a run's tasks, all or none.

        Raises:
            InvalidTransition: TASK_PREDECESSORS forbids one of them.
        """
        with self._database.transaction() as connection:
            _advance_tasks(connection, run_id, changes)

    def cancel(self, run_id: str) -> None:
        """Mark a run for cancellation; a run that has ended stays as it is.

        Raises:
            NotFound: no such run.
        """
        self.run(run_id)
        self.advance(run_id, CANCELING)

    def reopen(self, run_id: str) -> None:
        """Make every task of an ended run pending again that did not succeed.

        Raises:
            NotFound: no such run.
            RunNotEnded: it has not ended.
        """
        if self.require_ended(run_id, "run again").state == SUCCEEDED:
            return
        again = tuple(task.name for task in self.tasks(run_id) if task.state != SUCCEEDED)
        cleared: dict[str, Any] = {"started_at": None, "finished_at": None, "message": ""}
        with self._database.transaction(durable=True) as connection:
            change = TaskChange(again, PENDING, {**cleared, "exit_code": None, "failures": 0, "lost": 0})
            _advance_tasks(connection, run_id, [change])
            _advance(connection, run_id, PENDING, cleared)

    def delete(self, run_id: str) -> None:
        """Remove a run that has ended, its tasks and, when nothing else uses it, its package.

        Raises:
            NotFound: no such run.
            RunNotEnded: it has not ended.
        """
        self.require_ended(run_id, "deleted")
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM runs WHERE run_id=?", (run_id,))
            connection.execute(
                "DELETE FROM packages WHERE package NOT IN (SELECT package FROM versions)"
                " AND package NOT IN (SELECT package FROM runs)"
            )


def _advance(connection: sqlite3.Connection, run_id: str, state: str, columns: Mapping[str, Any]) -> bool:
    changed = update(
        connection, "runs", {"run_id": run_id, "state": RUN_PREDECESSORS[state]}, {"state": state, **columns}
    )
    return changed == 1


def _advance_tasks(connection: sqlite3.Connection, run_id: str, changes: Iterable[TaskChange]) -> None:
    for change in changes:
        allowed = TASK_PREDECESSORS[change.state]
        for name in change.names:
            where: dict[str, str | frozenset[str]] = {"run_id": run_id, "name": name, "state": allowed}
            if update(connection, "tasks", where, change.values()) != 1:
                raise InvalidTransition(f"task {name!r} of run {run_id} cannot become {change.state}")
