"""What the tasks of a run on this machine recorded, read from the object store's directory."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from elyra_neurodesk.backend.db.rows import RunRow, TaskRow, seconds_between
from elyra_neurodesk.backend.db.states import FINAL, SUCCEEDED
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.bootstrapper.spec import TASK_RECORD, TaskSpec
from elyra_neurodesk.bootstrapper.specs import DocumentReference
from elyra_neurodesk.errors import one_line
from elyra_neurodesk.record.model import LoadedTool, RepositoryState, TaskFinding, TaskRecord
from elyra_neurodesk.record.task_record import TaskRecordFile
from elyra_neurodesk.record.undeclared import undeclared_sentences
from elyra_neurodesk.runs.locations import SpecTask
from elyra_neurodesk.runs.run_record import findings, repositories, tools
from elyra_neurodesk.runs.summary import RunSummary, TaskSummary, not_begun

MAX_RECORD_BYTES = 16 << 20
"""A larger file is not read as a record."""

MAX_DOCUMENT_BYTES = 64 << 20
"""A larger file is not read as specifications of tasks."""


@dataclass(frozen=True)
class RunFiles:
    """Where a run's files are in this machine's object store.

    Attributes:
        directory: the run's directory.
        first: the specification of one of its tasks: they share bucket, prefix and directory.
        folders: names of tasks by the names of their directories.
    """

    directory: Path
    first: TaskSpec
    folders: dict[str, str]

    def key(self, run_id: str, *parts: str) -> str:
        """Return the object key of something in the run's directory."""
        return self.first.run_key(run_id, *parts)


def files_of(home: Home, run_id: str, tasks: Sequence[SpecTask]) -> RunFiles | None:
    """Return where a run's files are; None for a pipeline of another tool, or one that uses another store."""
    specs = [(task.name, task.spec) for task in tasks if task.spec is not None]
    if not specs:
        return None
    first = specs[0][1]
    directory = home.store / first.store.bucket / first.run_key(run_id)
    if home.store not in directory.parents or ".." in directory.parts:
        return None
    return RunFiles(directory, first, {spec.task: name for name, spec in specs})


def document_in(home: Home, reference: DocumentReference) -> bytes | None:
    """Return a document with specifications from this machine's object store, None where it is not there."""
    path = home.store / reference.store.bucket / reference.key
    if home.store not in path.parents or ".." in path.parts:
        return None
    try:
        if path.is_symlink() or path.stat().st_size > MAX_DOCUMENT_BYTES:
            return None
        return path.read_bytes()
    except (OSError, ValueError):
        return None


def record_files(files: RunFiles, run_id: str) -> dict[str, TaskRecordFile]:
    """Return the task records that are there, by the names of the tasks' directories."""
    found = {}
    for folder in files.folders:
        path = files.directory / folder / TASK_RECORD
        try:
            if path.is_symlink() or path.stat().st_size > MAX_RECORD_BYTES:
                continue
            found[folder] = TaskRecordFile(files.key(run_id, folder, TASK_RECORD), path.read_bytes())
        except OSError:
            continue
    return found


@dataclass(frozen=True)
class Provenance:
    """What the run's page shows of the task records.

    Attributes:
        tools: modules with the containers that they really were (see `record.model`).
        repositories: states of the Neurodesk repository.
        findings: the guard's, each with its task.
        undeclared: what became of files that nodes do not declare, in sentences, by the tasks' directories.
    """

    tools: tuple[LoadedTool, ...]
    repositories: tuple[RepositoryState, ...]
    findings: tuple[TaskFinding, ...]
    undeclared: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class _Essentials:
    """A record without its long lists, which no page needs, so that many can be kept in memory.

    Attributes:
        record: the rest.
        undeclared: what became of files that the node does not declare, in sentences.
    """

    record: TaskRecord
    undeclared: tuple[str, ...]


def provenance_of(files: RunFiles) -> Provenance:
    """Read what the page shows; a page that refreshes reads each record once."""
    records, undeclared = [], {}
    for folder in files.folders:
        path = files.directory / folder / TASK_RECORD
        try:
            seen = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(seen.st_mode) and seen.st_size <= MAX_RECORD_BYTES:
            known = _essentials(path, seen.st_mtime_ns, seen.st_size)
            if known:
                records.append(known.record)
                undeclared[folder] = known.undeclared
    return Provenance(tools(records), repositories(records), findings(records), undeclared)


@lru_cache(maxsize=2048)
def _essentials(path: Path, changed: int, size: int) -> _Essentials | None:
    """Read a record; the last two arguments tell when to read again."""
    try:
        record = TaskRecordFile("", path.read_bytes()).record()
    except OSError:
        return None
    if record is None:
        return None
    sentences = undeclared_sentences(record)
    short = replace(
        record, context=None, packages=None, files=(), inputs=(), outputs=(), undeclared=None, not_kept=None
    )
    return _Essentials(short, sentences)


def summary_of(run: RunRow, tasks: Sequence[TaskRow], known: Sequence[SpecTask]) -> RunSummary:
    """Return a run as `runs.summary.summarize` makes it from this backend's API."""
    by_name = {task.name: task for task in tasks}
    return RunSummary(
        run_id=run.run_id,
        name=run.display_name,
        state=run.state,
        created=_moment(run.created_at),
        finished=_moment(run.finished_at),
        seconds=seconds_between(run.created_at, run.finished_at),
        message=one_line(run.message),
        tasks=tuple(_task(spec, by_name.get(spec.name), run) for spec in known),
    )


def _task(spec: SpecTask, task: TaskRow | None, run: RunRow) -> TaskSummary:
    if task is None:
        return not_begun(spec, run.state)
    without_end = task.state in FINAL and not task.finished_at
    return TaskSummary(
        name=spec.name,
        display_name=spec.label,
        state=task.state,
        started=_moment(task.started_at),
        seconds=None if without_end else seconds_between(task.started_at, task.finished_at),
        message=one_line(task.message) if task.state != SUCCEEDED else "",
        task=spec.directory,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
