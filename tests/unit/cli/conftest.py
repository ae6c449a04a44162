"""A run whose record is shown and compared."""

from __future__ import annotations

import pytest

from elyra_neurodesk.record.model import RunRecord
from tests.support.records import file, finding, given, joined, module, stored, task_record


@pytest.fixture
def study() -> RunRecord:
    """Return the record of two tasks, a third that was skipped, and a catalog component."""
    return joined(
        task_record(
            "prepare",
            files=[file("subjects.tsv", "1")],
            outputs=[stored("table.csv", "2", "prepare")],
            modules=[module(requested="fsl", status="default")],
            parameters={"threshold": 3, "who": "3"},
        ),
        task_record(
            "model",
            started="2026-11-22T12:00:05.000Z",
            finished="2026-11-22T12:00:10.000Z",
            inputs=[given("table.csv", "2", "prepare")],
            findings=[finding()],
            language={"name": "r", "version": "4.2.2"},
        ),
        states={"later": "SKIPPED", "curl": "SUCCEEDED"},
        components=("curl",),
    )
