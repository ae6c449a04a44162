"""Stores the record of each run that ends, and its last snapshot."""

from __future__ import annotations

import logging
import queue
import threading
from functools import partial

from elyra_neurodesk.backend.db.catalog import Catalog
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import FINAL
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.provenance import document_in, files_of, record_files, summary_of
from elyra_neurodesk.backend.snapshots import Snapshots
from elyra_neurodesk.errors import NeurodeskError

_TIMEOUT_SECONDS = 5.0  # seconds that the server's end waits for the record being stored
_log = logging.getLogger(__name__)


class Recorder(threading.Thread):
    """A thread beside the scheduler: storing an object must not keep tasks waiting.

    A record that is missing, because the store or this process went away, is made by the first
    ``elyra-neurodesk runs record`` that asks for it.

    Args:
        home: where the store is.
        runs: the database's runs.
        catalog: for the packages' texts.
        snapshots: of the runs.
    """

    def __init__(self, home: Home, runs: RunStore, catalog: Catalog, snapshots: Snapshots) -> None:
        super().__init__(name="recorder", daemon=True)
        self._home, self._runs, self._catalog, self._snapshots = home, runs, catalog, snapshots
        self._ended: queue.SimpleQueue[str] = queue.SimpleQueue()

    def ended(self, run_id: str) -> None:
        """Queue a run that has ended."""
        self._ended.put(run_id)

    def stop(self) -> None:
        """Finish the record that is being stored."""
        self._ended.put("")
        if self.is_alive():
            self.join(_TIMEOUT_SECONDS)

    def run(self) -> None:
        """Work until `stop`."""
        while run_id := self._ended.get():
            try:
                self._snapshots.write(run_id)
                self.store(run_id)
            except NeurodeskError as problem:
                _log.warning("the record of run %s is not stored: %s", run_id, problem)
            except Exception:  # the next run's record must not suffer from this one's
                _log.exception("the record of run %s is not stored", run_id)

    def store(self, run_id: str) -> None:
        """Make a run's record and store it.

        Raises:
            NeurodeskError: there is no such run, or the store refuses it.
        """
        # not needed before a run has ended, and the server starts in a second
        from elyra_neurodesk.record.codec import CONTENT_TYPE, to_bytes
        from elyra_neurodesk.runs.locations import spec_tasks
        from elyra_neurodesk.runs.run_record import RUN_RECORD, build
        from elyra_neurodesk.storage.directory import DirectoryStorage
        from elyra_neurodesk.storage.errors import ClientErrors

        run = self._runs.run(run_id)
        known = spec_tasks(self._catalog.package_text(run.package), partial(document_in, self._home))
        files, endpoint = files_of(self._home, run_id, known), self._home.store.as_uri()
        if run.state not in FINAL or files is None or files.first.store.endpoint != endpoint:
            return
        summary = summary_of(run, self._runs.tasks(run_id), known)
        record = build(summary, known, record_files(files, run_id), run.parameters)
        bucket = files.first.store.bucket
        storage = DirectoryStorage(self._home.store, bucket, ClientErrors(endpoint, bucket, ""))
        storage.put(files.key(run_id, RUN_RECORD), to_bytes(record), CONTENT_TYPE)
