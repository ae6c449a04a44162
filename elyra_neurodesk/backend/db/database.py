"""SQLite for the embedded backend: one connection per thread, typed rows in and out."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from elyra_neurodesk.backend.db.schema import SCHEMA
from elyra_neurodesk.errors import NeurodeskError

Record = TypeVar("Record")
_JSON = frozenset({"parameters", "parents", "outputs"})


class DatabaseUnusable(NeurodeskError):
    """The database file cannot be opened."""

    code = "ND-LOCAL-006"
    hint = (
        "Check the disk and the file's owner. Where the file is missing, `elyra-neurodesk local up` makes a "
        "new one, with the runs whose directories are there."
    )


class Database:
    """A SQLite file in WAL mode.

    What was committed survives the end of this process; what was committed durably, a power cut too.

    Args:
        path: the file; made when missing.

    Raises:
        DatabaseUnusable: it cannot be opened or is not a database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        try:
            self.connection().executescript(SCHEMA)
            path.chmod(0o600)
        except sqlite3.Error as problem:
            raise DatabaseUnusable(f"the database {path} cannot be used: {problem}.") from problem

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            found.row_factory = sqlite3.Row
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
                found.execute(f"PRAGMA {pragma}")
            self._local.connection = found
        return found

    @contextmanager
    def transaction(self, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Commit everything that the block writes, or nothing of it.

        Args:
            durable: wait until the disk has it, so that a run accepted is a run kept.
        """
        connection = self.connection()
        connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def insert(connection: sqlite3.Connection, table: str, *records: Any) -> None:
    """Add dataclass instances of one class to the table whose columns are the class's fields."""
    if not records:
        return
    names = [item.name for item in fields(records[0])]
    marks = ",".join("?" * len(names))
    connection.executemany(
        f"INSERT INTO {table} ({','.join(names)}) VALUES ({marks})",  # noqa: S608  names are the code's
        [[encode(name, getattr(record, name)) for name in names] for record in records],
    )


def update(
    connection: sqlite3.Connection,
    table: str,
    where: Mapping[str, str | frozenset[str]],
    changes: Mapping[str, Any],
) -> int:
    """Set columns of the rows that match; column names are the code's own, never a user's.

    Args:
        connection: with a transaction.
        table: its name.
        where: the value of each column, or the values that it may have.
        changes: new values by column.

    Returns:
        How many rows have changed.
    """
    conditions, wanted = [], []
    for name, value in where.items():
        values = [value] if isinstance(value, str) else sorted(value)
        conditions.append(f"{name} IN ({','.join('?' * len(values))})")
        wanted += values
    assignments = ",".join(f"{name}=?" for name in changes)
    found = connection.execute(
        f"UPDATE {table} SET {assignments} WHERE {' AND '.join(conditions)}",  # noqa: S608
        [*(encode(name, value) for name, value in changes.items()), *wanted],
    )
    return found.rowcount


def columns(kind: type[Any]) -> str:
    """Return the column list of a record class."""
    return ",".join(item.name for item in fields(kind))


def encode(name: str, value: Any) -> Any:
    """Return what the column ``name`` stores for ``value``."""
    return json.dumps(value, ensure_ascii=False) if name in _JSON else value


def decode(kind: type[Record], row: sqlite3.Row) -> Record:
    """Return the record that a row holds."""
    values: dict[str, Any] = dict(row)
    for name in _JSON & values.keys():
        values[name] = json.loads(values[name])
    if "parents" in values:
        values["parents"] = tuple(values["parents"])
    values.pop("seq", None)
    return kind(**values)
