"""The thread that stores records."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from elyra_neurodesk.backend.db.catalog import Catalog, NotFound
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.recorder import Recorder
from elyra_neurodesk.backend.snapshots import Snapshots


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    home = Home(tmp_path)
    database = Database(home.database)
    runs, catalog = RunStore(database), Catalog(database)
    return Recorder(home, runs, catalog, Snapshots(home, runs, catalog))


def test_a_run_that_is_gone_is_an_error(recorder: Recorder) -> None:
    with pytest.raises(NotFound):
        recorder.store("no-such-run")


def test_a_record_that_cannot_be_stored_is_logged_and_the_next_one_is_tried(
    recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        recorder.start()
        recorder.ended("first")
        recorder.ended("second")
        recorder.stop()
    assert not recorder.is_alive()
    assert [record.args[0] for record in caplog.records] == ["first", "second"]  # type: ignore[index]
