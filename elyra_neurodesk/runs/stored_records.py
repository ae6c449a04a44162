"""A run's record: the one that is stored, or one made now and stored where that may be done."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.bootstrapper.record import to_json
from elyra_neurodesk.kfp_api.runs import get_run
from elyra_neurodesk.record.run_record import CONTENT_TYPE, RUN_RECORD, build
from elyra_neurodesk.record.schemas import record_validator
from elyra_neurodesk.runs.results import RunResults
from elyra_neurodesk.runs.summary import RunSummary, summarize
from elyra_neurodesk.storage.reader import NoSuchObject, StoreError

Json = dict[str, Any]


@dataclass(frozen=True)
class RunRecord:
    """A run's record.

    Attributes:
        content: as the schema ``run-record`` has it.
        key: its object key, "" where it is not stored.
        note: why it is not stored, "" where it is.
    """

    content: Json
    key: str = ""
    note: str = ""


def record_of(results: RunResults) -> RunRecord:
    """Return the record of a run, and store it if the run has ended and no record is there.

    Raises:
        ApiError: the API cannot be asked.
        StoreError: the tasks' records cannot be read. One that cannot be stored is no error.
    """
    run = get_run(results.connection, results.run_id)
    summary = summarize(run, results.tasks, results.connection.config.run_url(results.run_id))
    key = f"{results.directory}/{RUN_RECORD}" if results.specs else ""
    if key and summary.ended and (stored := _stored(results, key, summary)):
        return RunRecord(stored, key)
    given = run.runtime_config.parameters if run.runtime_config else None
    files = results.record_files(task.task for task in summary.tasks)
    content = build(summary, results.tasks, files, given or {})
    if not key:
        return RunRecord(content, note="not stored: no task of this pipeline says where its files are.")
    if not summary.ended:
        return RunRecord(content, note=f"not stored: the run has not ended ({summary.state}).")
    try:
        results.reader.write(key, to_json(content), CONTENT_TYPE)
    except StoreError as problem:
        return RunRecord(content, note=f"not stored: {problem}")
    return RunRecord(content, key)


def _stored(results: RunResults, key: str, summary: RunSummary) -> Json | None:
    """Return the stored record if it is of this end of the run: a run can be run again in parts."""
    try:
        content = json.loads(results.reader.read(key))
    except (NoSuchObject, ValueError):
        return None
    if not isinstance(content, dict) or not record_validator("run-record").is_valid(content):
        return None
    now = build(summary, (), {}, {})
    same = all(content[name] == now[name] for name in ("run_id", "state", "finished"))
    return content if same else None
