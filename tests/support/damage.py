"""Ways in which a SQLite database gets damaged."""

from __future__ import annotations

import sqlite3
from pathlib import Path

_PAGE = 4096


def truncate(file: Path) -> None:
    """Cut it off in the middle of a page."""
    with file.open("r+b") as stream:
        stream.truncate(file.stat().st_size // 2 + 100)


def garbage(file: Path) -> None:
    """Write noise over every third page."""
    size = file.stat().st_size
    with file.open("r+b") as stream:
        for page in range(2, size // _PAGE, 3):
            stream.seek(page * _PAGE)
            stream.write(b"\xa5" * _PAGE)


def empty(file: Path) -> None:
    """Leave nothing in it."""
    file.write_bytes(b"")


def other(file: Path) -> None:
    """Put something else in its place."""
    file.write_bytes(b"#!/bin/sh\n" * 1000)


def no_schema(file: Path) -> None:
    """Put a database of another program in its place."""
    file.unlink()
    file.with_name(f"{file.name}-wal").unlink(missing_ok=True)
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE other (a)")


def gone(file: Path) -> None:
    """Remove it."""
    file.unlink()
