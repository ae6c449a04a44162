"""Reading task records and signs of life, and refusing files that are something else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field

from elyra_neurodesk.record.codec import from_json
from elyra_neurodesk.record.life_sign import LifeSign, moment
from elyra_neurodesk.record.model import RecordReference, TaskRecord
from elyra_neurodesk.record.schemas import satisfies


@dataclass(frozen=True)
class TaskRecordFile:
    """A task-record.json in the object store.

    Attributes:
        key: its object key.
        content: its bytes.
    """

    key: str
    content: bytes = field(repr=False)

    @property
    def reference(self) -> RecordReference:
        """Return what a run record keeps of the file."""
        return RecordReference(self.key, len(self.content), hashlib.sha256(self.content).hexdigest())

    def record(self) -> TaskRecord | None:
        """Return the record in the file, None where its schema does not allow what is there."""
        try:
            found = json.loads(self.content)
        except ValueError:
            return None
        return from_json(TaskRecord, found) if satisfies("task-record", found) else None


def read_life_sign(content: bytes) -> LifeSign | None:
    """Return the sign of life in a life-sign.json, None where its schema does not allow what is there."""
    try:
        found = json.loads(content)
        if not satisfies("life-sign", found):
            return None
        moment(found["started"]), moment(found["updated"])  # formats are no part of the validation
    except ValueError:
        return None
    return from_json(LifeSign, found)
