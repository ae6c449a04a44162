"""What the database knows of one run, as a value that can be kept apart from it and added to another."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from elyra_neurodesk.backend.db.catalog import Catalog, NotFound, keep_package
from elyra_neurodesk.backend.db.database import insert
from elyra_neurodesk.backend.db.rows import ExperimentRow, PipelineRow, RunRow, TaskRow, VersionRow
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.record.codec import from_json, to_json

_MAX_BYTES = 256 << 20  # a package has 32 MiB at most, and as much as a text in JSON may have become longer
_LEVEL = 6
Row = TypeVar("Row")


class UnreadableSnapshot(Exception):
    """What was read is not a snapshot; the text says why, in one line."""


@dataclass(frozen=True)
class RunSnapshot:
    """A run, and the rows that it refers to.

    Attributes:
        run: the run.
        tasks: all its tasks, parents before children.
        package: the compiled text that ``run.package`` is the hash of.
        experiment: None where it was deleted, as the two below.
        pipeline: None as well where the package came with the call.
        version: likewise.
    """

    run: RunRow
    tasks: tuple[TaskRow, ...]
    package: str
    experiment: ExperimentRow | None
    pipeline: PipelineRow | None
    version: VersionRow | None

    def to_bytes(self) -> bytes:
        """Return it as gzipped JSON; the same snapshot gives the same bytes."""
        return gzip.compress(json.dumps(to_json(self)).encode(), _LEVEL, mtime=0)

    @classmethod
    def from_bytes(cls, content: bytes) -> RunSnapshot:
        """Return what `to_bytes` has written.

        Raises:
            UnreadableSnapshot: it is damaged, or was written by another program.
        """
        try:
            text = gzip.GzipFile(fileobj=io.BytesIO(content)).read(_MAX_BYTES + 1)
            if len(text) > _MAX_BYTES:
                raise UnreadableSnapshot(f"it has more than {_MAX_BYTES >> 20} MiB")
            found = from_json(cls, json.loads(text))
            complete = found.run.package == hashlib.sha256(found.package.encode()).hexdigest()
        except (OSError, EOFError, zlib.error) as problem:
            raise UnreadableSnapshot(f"it is damaged ({problem})") from problem
        except (ValueError, RecursionError) as problem:
            raise UnreadableSnapshot("it is not JSON") from problem
        except (KeyError, TypeError, AttributeError) as problem:
            raise UnreadableSnapshot("it has other content than this version writes") from problem
        if not complete:
            raise UnreadableSnapshot("its package is not the one that the run had")
        return found


def take_snapshot(runs: RunStore, catalog: Catalog, run_id: str) -> RunSnapshot:
    """Return what the database knows of a run now, or raise NotFound."""
    run = runs.run(run_id)
    return RunSnapshot(
        run,
        tuple(runs.tasks(run_id)),
        catalog.package_text(run.package),
        _existing(catalog.experiment, run.experiment_id),
        _existing(catalog.pipeline, run.pipeline_id) if run.pipeline_id else None,
        _existing(lambda version: catalog.version("", version), run.version_id) if run.version_id else None,
    )


def add_snapshot(connection: sqlite3.Connection, snapshot: RunSnapshot) -> None:
    """Add a run, and what it refers to and the database lacks; all or nothing of it.

    A run whose pipeline version cannot be added, because another pipeline has its name, carries its package
    itself.

    Args:
        connection: with a transaction.
        snapshot: the run.

    Raises:
        sqlite3.Error: the database has the run already, or does not take a value.
    """
    run = snapshot.run
    connection.execute("SAVEPOINT snapshot")
    try:
        keep_package(connection, snapshot.package)
        for table, row in (
            ("experiments", snapshot.experiment),
            ("pipelines", snapshot.pipeline),
            ("versions", snapshot.version),
        ):
            if row is not None:
                with suppress(sqlite3.IntegrityError):  # it is there, or its name or its pipeline forbids it
                    insert(connection, table, row)
        connection.execute(
            "UPDATE experiments SET last_run_created_at=? WHERE experiment_id=?"
            " AND coalesce(last_run_created_at, '') < ?",
            (run.created_at, run.experiment_id, run.created_at),
        )
        known = connection.execute("SELECT 1 FROM versions WHERE version_id=?", (run.version_id,)).fetchone()
        insert(connection, "runs", run if known else replace(run, pipeline_id="", version_id=""))
        insert(connection, "tasks", *snapshot.tasks)
    except BaseException:
        connection.execute("ROLLBACK TO snapshot")
        raise
    finally:
        connection.execute("RELEASE snapshot")


def order_by_creation(connection: sqlite3.Connection) -> None:
    """Number the runs by the time of their creation: snapshots are read in any order.

    Args:
        connection: with a transaction.
    """
    found = connection.execute("SELECT run_id FROM runs ORDER BY created_at, seq").fetchall()
    connection.execute("UPDATE runs SET seq = -seq")  # no number is taken while they change
    connection.executemany(
        "UPDATE runs SET seq = ? WHERE run_id = ?", [(place, row[0]) for place, row in enumerate(found, 1)]
    )


def _existing(find: Callable[[str], Row], key: str) -> Row | None:
    try:
        return find(key)
    except NotFound:
        return None
