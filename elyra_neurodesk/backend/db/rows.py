"""What the database holds, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from elyra_neurodesk.backend.db.states import PENDING

AVAILABLE = "AVAILABLE"
ARCHIVED = "ARCHIVED"


def rfc3339(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC with microseconds; such texts sort by time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def now() -> str:
    """Return the time as `rfc3339` does."""
    return rfc3339(datetime.now(UTC))


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Return the seconds from ``start`` to ``end`` (now when there is none); None before the start."""
    if not start:
        return None
    last = datetime.fromisoformat(end) if end else datetime.now(UTC)
    return max(0.0, (last - datetime.fromisoformat(start)).total_seconds())


@dataclass(frozen=True)
class PipelineRow:
    """An uploaded pipeline; its versions carry the packages."""

    pipeline_id: str
    display_name: str
    description: str
    created_at: str


@dataclass(frozen=True)
class VersionRow:
    """A version of a pipeline; ``package`` is the hash of its compiled text."""

    version_id: str
    pipeline_id: str
    display_name: str
    description: str
    created_at: str
    package: str


@dataclass(frozen=True)
class ExperimentRow:
    """A named collection of runs."""

    experiment_id: str
    display_name: str
    description: str
    created_at: str
    storage_state: str = AVAILABLE
    last_run_created_at: str | None = None


@dataclass(frozen=True)
class RunRow:
    """A run.

    Attributes:
        run_id: UUID.
        experiment_id: the experiment.
        display_name: its name, any text.
        description: any text.
        pipeline_id: "" when it was made from a package.
        version_id: likewise.
        pipeline_name: the name in the package.
        package: hash of the compiled text.
        parameters: what the caller gave.
        state: one of the states above.
        storage_state: AVAILABLE or ARCHIVED.
        created_at: RFC 3339, as the two below.
        started_at: when the first task began, or None.
        finished_at: None while it runs.
        message: why it failed, one line.
    """

    run_id: str
    experiment_id: str
    display_name: str
    description: str
    pipeline_id: str
    version_id: str
    pipeline_name: str
    package: str
    parameters: dict[str, Any]
    state: str
    storage_state: str
    created_at: str
    started_at: str | None = None
    finished_at: str | None = None
    message: str = ""


@dataclass(frozen=True)
class TaskRow:
    """One task of a run.

    Attributes:
        run_id: its run.
        name: unique in the run.
        position: its place in an order in which parents come first.
        display_name: any text.
        parents: names of the tasks it waits for.
        state: one of the states above.
        attempt: number of the latest attempt, from 1; 0 before the first.
        failures: attempts that failed and count against the retry limit.
        lost: attempts whose processes disappeared.
        pid: the attempt's supervisor; 0 when unknown.
        pid_started: its start time and boot id, `ProcessHandle.started`.
        directory: the attempt's work directory, "" before the first.
        started_at: when the latest attempt began.
        finished_at: when the task reached its last state.
        exit_code: of the latest attempt.
        message: why it failed, was skipped or is pending, one line.
        outputs: ``Result.outputs``.
    """

    run_id: str
    name: str
    position: int
    display_name: str
    parents: tuple[str, ...]
    state: str = PENDING
    attempt: int = 0
    failures: int = 0
    lost: int = 0
    pid: int = 0
    pid_started: str = ""
    directory: str = ""
    started_at: str | None = None
    finished_at: str | None = None
    exit_code: int | None = None
    message: str = ""
    outputs: dict[str, Any] = field(default_factory=dict)
