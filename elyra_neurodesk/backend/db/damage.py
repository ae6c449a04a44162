"""A damaged database: noticed before a server works with it, kept aside, never deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Set
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from elyra_neurodesk.errors import NeurodeskError

COMPANIONS = ("", "-wal", "-shm")
"""Endings of the files of a SQLite database in WAL mode."""

_INACCESSIBLE = ("database is locked", "unable to open database file")
_TABLES = ("packages", "pipelines", "versions", "experiments", "runs", "tasks")


class DatabaseDamaged(NeurodeskError):
    """The database of the embedded backend is damaged."""

    code = "ND-LOCAL-021"
    hint = (
        "`elyra-neurodesk local up --new-database` puts it aside and makes a new one, with the runs whose "
        "directories are there; those that had not ended go on."
    )


def check_database(file: Path, used: bool) -> None:
    """Check a database that no process has open; it is not changed.

    SQLite itself takes an empty file for a new database and throws its write-ahead log away.

    Args:
        file: the database; one that is missing is made by the server.
        used: whether there were runs in it.

    Raises:
        DatabaseDamaged: naming the file and what is wrong with it.
    """
    log = file.with_name(file.name + "-wal")
    unwritten = log.exists() and log.stat().st_size > 0
    if not file.exists():
        if unwritten:
            raise _damaged(file, f"it is missing, and its write-ahead log {log.name} is there")
        return
    if not file.is_file():
        raise _damaged(file, "it is not a regular file")
    if file.stat().st_size == 0:
        if used or unwritten:
            raise _damaged(file, "it is empty")
        return
    try:
        with closing(_read_only(file)) as connection:
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            names = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.DatabaseError as problem:
        if str(problem) in _INACCESSIBLE:
            return  # what opens it for good says so
        raise _damaged(file, str(problem)) from problem
    if found != "ok":
        raise _damaged(file, found)
    missing = [name for name in _TABLES if name not in names]
    if missing and (used or names):
        raise _damaged(file, f"it has no table {missing[0]!r}")


def unknown_runs(file: Path, directories: Set[str]) -> list[str]:
    """Return the runs that have a work directory and are not in the database: a part of it was lost.

    Args:
        file: a database that is not damaged.
        directories: names of the work directories, which are the runs' ids.
    """
    if not directories or not file.exists():
        return sorted(directories)
    try:
        with closing(_read_only(file)) as connection:
            known = {str(row[0]) for row in connection.execute("SELECT run_id FROM runs")}
    except sqlite3.OperationalError:
        return []  # locked, or without a table: what opens it for good says so, or makes it
    return sorted(directories - known)


def set_aside(file: Path) -> Path | None:
    """Rename the files of a database to ``<name>.damaged-<time>…``.

    Returns:
        The new name of the database; None when there was none.
    """
    aside = file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}")
    moved = False
    for ending in COMPANIONS:
        part = file.with_name(file.name + ending)
        if part.exists():
            part.rename(aside.with_name(aside.name + ending))
            moved = True
    return aside if moved else None


def _read_only(file: Path) -> sqlite3.Connection:
    """Open a database so that closing it does not write the log into it, which would alter a damaged one."""
    return sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True, timeout=5)


def _damaged(file: Path, what: str) -> DatabaseDamaged:
    return DatabaseDamaged(f"the database {file} is damaged: {what}.")
