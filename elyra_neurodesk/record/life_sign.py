"""A task's sign of life: what it last said of itself, as JSON beside its outputs.

A task writes it when it starts, then at intervals, and when it ends. With it go its log so far, under the
key of the final log, and its executed notebook so far, under that of the final one: after a task was killed,
these three are what is left of it. Standard library only: tasks import this.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Literal

from elyra_neurodesk.record.model import RecordedError, TaskRecord, Time

LIFE_SIGN: Final = "life-sign.json"
"""Name of the object, below the task's own directory in the object store."""

LIFE_SIGN_SCHEMA_VERSION: Final = "1"

SILENCE = 60.0
"""Seconds after which a sign of life no longer shows that the task runs; it is written every 10 s."""

MaybeCount = Annotated[int | None, {"minimum": 0}]


@dataclass(frozen=True)
class FileSoFar:
    """A file of the task as it was before the task ended."""

    path: Annotated[str, "Name of the final log, or of the executed notebook."]
    key: Annotated[str, "Object key in the bucket; the final file takes its place."]
    size: Annotated[int, {"minimum": 0}, "Bytes of the object."]
    left_out: Annotated[
        int,
        {"minimum": 0},
        "Bytes at the beginning of a long log that the object lacks; its first line says so.",
    ]
    stored: Annotated[Time, "When it was stored (RFC 3339, UTC, to the millisecond)."]


@dataclass(frozen=True)
class LifeSign:
    """What a task last said of itself."""

    schema_version: Annotated[Literal["1"], "Version of this schema."]
    run_id: Annotated[str, "Id of the run."]
    task: Annotated[str, "Name of the task, and of its directory below the run's."]
    state: Annotated[
        Literal["started", "running", "ended"],
        "`started`: it has begun; `running`: it was there at `updated`; `ended`: it has stored its results.",
    ]
    pod: Annotated[str, "Name of the pod, or of the machine where there is none."]
    node: Annotated[str, "Name of the Kubernetes node; empty where the pod does not know it."]
    started: Annotated[Time, "When the task began (RFC 3339, UTC, to the millisecond), as in its record."]
    updated: Annotated[Time, "When this was written (RFC 3339, UTC, to the millisecond)."]
    cells_done: Annotated[
        MaybeCount, "Cells of the notebook that have ended; null where no notebook has begun."
    ]
    cells: Annotated[MaybeCount, "All cells of the notebook; null where no notebook has begun."]
    exit_status: Annotated[MaybeCount, "Exit status of the task; null before its end."]
    error: Annotated[RecordedError | None, "The error that ended the task; null before, and after success."]
    log: Annotated[FileSoFar | None, "The log so far; null where it was not stored."]
    notebook: Annotated[FileSoFar | None, "The executed notebook so far; null where it was not stored."]

    @property
    def ended(self) -> bool:
        """Whether the task says that it has ended."""
        return self.state == "ended"

    def silent_for(self, now: datetime) -> float:
        """Return the seconds since it was written; see `SILENCE`."""
        return (now - moment(self.updated)).total_seconds()

    def is_later_than(self, record: TaskRecord) -> bool:
        """Return whether the task began after this record was written.

        Then the record is of an earlier attempt: ``runs retry`` runs a task again under the same run id.
        """
        return moment(self.started) > moment(record.finished)


def moment(text: str) -> datetime:
    """Return a time of a record or sign of life.

    Raises:
        ValueError: it is not RFC 3339.
    """
    return datetime.fromisoformat(text.replace("Z", "+00:00"))  # which Python 3.10 cannot read
