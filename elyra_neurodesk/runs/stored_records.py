"""A run's record: the one that is stored, or one made now and stored where that may be done."""

from __future__ import annotations

import json
from dataclasses import dataclass

from elyra_neurodesk.kfp_api.runs import get_run
from elyra_neurodesk.record.codec import CONTENT_TYPE, from_json, to_bytes
from elyra_neurodesk.record.model import RunRecord
from elyra_neurodesk.record.schemas import satisfies
from elyra_neurodesk.runs.evidence import Evidence, join
from elyra_neurodesk.runs.results import RunResults
from elyra_neurodesk.runs.run_record import RUN_RECORD, build, rfc3339
from elyra_neurodesk.runs.summary import RunSummary, summarize
from elyra_neurodesk.storage.errors import NoSuchObject, StorageError


@dataclass(frozen=True)
class StoredRecord:
    """A run's record and where it is.

    Attributes:
        record: the record.
        key: its object key, "" where it is not stored.
        note: why it is not stored, "" where it is.
    """

    record: RunRecord
    key: str = ""
    note: str = ""


def record_of(results: RunResults) -> StoredRecord:
    """Return the record of a run, and store it if the run has ended and no record is there.

    Raises:
        ApiError: the API cannot be asked.
        StorageError: the tasks' records cannot be read. A record that cannot be stored is not an error.
    """
    run = get_run(results.connection, results.run_id)
    summary = summarize(run, results.tasks, results.connection.config.run_url(results.run_id))
    key = f"{results.directory}/{RUN_RECORD}" if results.specs else ""
    if key and summary.ended and (stored := _stored(results, key, summary)):
        return StoredRecord(stored, key)
    given = run.runtime_config.parameters if run.runtime_config else None
    files = results.record_files(task.task for task in summary.tasks)
    if not results.connection.config.stores_in_directory:  # the embedded backend knows all
        found = {task: file.record() for task, file in files.items()}
        summary = join(summary, Evidence({task: one for task, one in found.items() if one}))
    record = build(summary, results.tasks, files, given or {})
    if not key:
        return StoredRecord(record, note="not stored: no task of this pipeline says where its files are.")
    if not summary.ended:
        return StoredRecord(record, note=f"not stored: the run has not ended ({summary.state}).")
    try:
        results.storage.put(key, to_bytes(record), CONTENT_TYPE)
    except StorageError as problem:
        return StoredRecord(record, note=f"not stored: {problem}")
    return StoredRecord(record, key)


def _stored(results: RunResults, key: str, summary: RunSummary) -> RunRecord | None:
    """Return the stored record if it is of this end of the run: a run can be run again in parts."""
    try:
        content = json.loads(results.storage.get(key))
    except (NoSuchObject, ValueError):
        return None
    if not satisfies("run-record", content):
        return None
    record = from_json(RunRecord, content)
    now = (summary.run_id, summary.state, rfc3339(summary.finished))
    return record if (record.run_id, record.state, record.finished) == now else None
