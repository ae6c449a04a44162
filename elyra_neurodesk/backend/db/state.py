"""Runs and their tasks in the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from elyra_neurodesk.backend.db.catalog import NotFound, keep_package, select_page
from elyra_neurodesk.backend.db.database import Database, columns, decode, insert, update
from elyra_neurodesk.backend.db.listing import Condition, Listing
from elyra_neurodesk.backend.db.rows import CANCELING, FINAL, PENDING, RUNNING, SUCCEEDED, RunRow, TaskRow
from elyra_neurodesk.errors import NeurodeskError

_ACTIVE = (PENDING, RUNNING, CANCELING)


class StillRunning(NeurodeskError):
    """Something cannot be done to a run before it has ended."""

    code = "ND-LOCAL-013"
    hint = "End it first: elyra-neurodesk runs cancel RUN"


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

    def begin(self, run_id: str, started_at: str) -> None:
        """Mark a waiting run as running; one that is being canceled stays so."""
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE runs SET state=?, started_at=? WHERE run_id=? AND state=?",
                (RUNNING, started_at, run_id, PENDING),
            )

    def update_run(self, run_id: str, **changes: Any) -> None:
        """Set columns of a run."""
        with self._database.transaction() as connection:
            update(connection, "runs", {"run_id": run_id}, changes)

    def update_task(self, run_id: str, name: str, **changes: Any) -> None:
        """Set columns of a task."""
        with self._database.transaction() as connection:
            update(connection, "tasks", {"run_id": run_id, "name": name}, changes)

    def update_tasks(self, run_id: str, names: Iterable[str], **changes: Any) -> None:
        """Set the same columns of several tasks, all or none."""
        with self._database.transaction() as connection:
            for name in names:
                update(connection, "tasks", {"run_id": run_id, "name": name}, changes)

    def cancel(self, run_id: str) -> None:
        """Mark a run as to be ended; a run that has ended stays as it is.

        Raises:
            NotFound: no such run.
        """
        self.run(run_id)
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE runs SET state=? WHERE run_id=? AND state IN (?,?)",
                (CANCELING, run_id, PENDING, RUNNING),
            )

    def reopen(self, run_id: str) -> None:
        """Let every task of an ended run wait again that did not succeed.

        Raises:
            NotFound: no such run.
            StillRunning: it has not ended.
        """
        run = self.run(run_id)
        if run.state not in FINAL:
            raise StillRunning(f"the run {run_id} is still running and cannot be run again.")
        if run.state == SUCCEEDED:
            return
        fresh = {"state": PENDING, "failures": 0, "lost": 0, "finished_at": None, "message": ""}
        with self._database.transaction(durable=True) as connection:
            for task in self.tasks(run_id):
                if task.state != SUCCEEDED:
                    update(connection, "tasks", {"run_id": run_id, "name": task.name}, fresh)
            changes = {"state": PENDING, "finished_at": None, "message": ""}
            update(connection, "runs", {"run_id": run_id}, changes)

    def delete(self, run_id: str) -> None:
        """Remove a run that has ended, its tasks and, when nothing else uses it, its package.

        Raises:
            NotFound: no such run.
            StillRunning: it has not ended.
        """
        if self.run(run_id).state not in FINAL:
            raise StillRunning(f"the run {run_id} is still running and cannot be deleted.")
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM runs WHERE run_id=?", (run_id,))
            connection.execute(
                "DELETE FROM packages WHERE package NOT IN (SELECT package FROM versions)"
                " AND package NOT IN (SELECT package FROM runs)"
            )
