"""The snapshot of each run in its own directory: a database that is lost is made again from them."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from datetime import datetime
from pathlib import Path

from elyra_neurodesk.backend.db.catalog import Catalog, NotFound
from elyra_neurodesk.backend.db.snapshot import RunSnapshot, UnreadableSnapshot, take_snapshot
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.private_file import read_regular
from elyra_neurodesk.storage.partfile import make_directories, part_file, publish

FILE = "run.json.gz"
"""Name of the file in `Home.run_directory`."""

_log = logging.getLogger(__name__)


class Snapshots:
    """Writes a snapshot when a run is accepted, canceled, retried, archived or has ended.

    Safe to use from several threads.

    Args:
        home: where the runs' directories are.
        runs: the database's runs.
        catalog: for what the runs refer to.
    """

    def __init__(self, home: Home, runs: RunStore, catalog: Catalog) -> None:
        self._home, self._runs, self._catalog = home, runs, catalog
        self._lock = threading.Lock()  # from reading to writing: the last one written is the newest

    def write(self, run_id: str) -> None:
        """Write what the database knows of a run; when this returns, it outlasts a power cut.

        A file that cannot be written is logged: the run is in the database, and `write_missing` tries again.
        """
        file = self._home.run_directory(run_id) / FILE
        try:
            with self._lock:
                content = take_snapshot(self._runs, self._catalog, run_id).to_bytes()
                make_directories(file.parent)
                with part_file(file) as (part, descriptor), open(descriptor, "wb", closefd=False) as stream:
                    stream.write(content)
                    stream.flush()
                    publish(part, descriptor, file)
        except NotFound:
            return  # deleted meanwhile
        except (OSError, sqlite3.Error) as problem:
            _log.warning("what the database knows of run %s is not kept in %s: %s", run_id, file, problem)

    def delete(self, run_id: str) -> None:
        """Remove a run that has ended from the database, and its snapshot.

        The file goes first: if this is interrupted, it is written again; the other way round, the run would
        come back.

        Raises:
            NotFound: no such run.
            RunNotEnded: it has not ended.
        """
        with self._lock:
            self._runs.require_ended(run_id, "deleted")
            (self._home.run_directory(run_id) / FILE).unlink(missing_ok=True)
            self._runs.delete(run_id)

    def write_missing(self, pause_seconds: float = 0.01) -> None:
        """Write the snapshots that are missing, or older than their run's end, one after the other.

        Those of runs that an earlier version accepted are missing, and those that a crash or a full disk
        prevented.

        Args:
            pause_seconds: after each, because calls and tasks come first.
        """
        for run_id, finished_at in self._runs.ends():
            if not _covers(self._home.run_directory(run_id) / FILE, finished_at):
                self.write(run_id)
                time.sleep(pause_seconds)


def read_snapshot(home: Home, run_id: str) -> RunSnapshot | None:
    """Return the snapshot in a run's directory; None where there is none.

    Raises:
        UnreadableSnapshot: it cannot be read, is damaged, or another run's.
    """
    try:
        found = RunSnapshot.from_bytes(read_regular(home.run_directory(run_id) / FILE))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as problem:
        raise UnreadableSnapshot(problem.strerror or str(problem)) from problem
    if found.run.run_id != run_id:
        raise UnreadableSnapshot(f"it is that of the run {found.run.run_id!r}")
    return found


def _covers(file: Path, finished_at: str | None) -> bool:
    """Return whether a snapshot is there that was written after the run has ended, if it has."""
    try:
        written = file.stat().st_mtime
    except OSError:
        return False
    return finished_at is None or written >= datetime.fromisoformat(finished_at).timestamp()
