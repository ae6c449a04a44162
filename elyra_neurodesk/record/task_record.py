"""Reading task records: of this version and of earlier ones, and never one that is something else."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from elyra_neurodesk.bootstrapper import image
from elyra_neurodesk.bootstrapper.packages import digest
from elyra_neurodesk.bootstrapper.record import SCHEMA_VERSION
from elyra_neurodesk.record.schemas import record_validator

Json = dict[str, Any]


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
    def reference(self) -> Json:
        """Return what a run record keeps of the file."""
        sha256 = hashlib.sha256(self.content).hexdigest()
        return {"key": self.key, "size": len(self.content), "sha256": sha256}

    def parsed(self) -> Json | None:
        """Return the JSON object in the file as it is, None where it holds none."""
        try:
            found = json.loads(self.content)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def record(self) -> Json | None:
        """Return the record in this version's form, None where it is none that this version can read."""
        found = self.parsed()
        if found is None:
            return None
        try:
            record = upgraded(found)
        except (KeyError, TypeError, AttributeError):
            return None
        return record if record_validator("task-record").is_valid(record) else None


def upgraded(record: Json) -> Json:
    """Return a record of schema 1 in the form of schema 2, with what it did not tell left empty.

    Others are returned as they are.

    Raises:
        KeyError, TypeError, AttributeError: it is no record.
    """
    if record.get("schema_version") != "1":
        return record
    reference = image.read_reference(record["image"])
    cvmfs, error = record["cvmfs"], record["error"]
    return {
        "schema_version": SCHEMA_VERSION,
        "software": {"name": "elyra-neurodesk", "version": ""},
        **{
            key: record[key]
            for key in (
                "pipeline",
                "node",
                "task",
                "run_id",
                "parents",
                "host",
                "started",
                "finished",
                "seconds",
                "exit_status",
                "file",
                "archive",
                "parameters",
                "outputs",
                "python",
                "packages",
            )
        },
        "image": None if reference is None else reference.as_record(),
        "error": error,
        "strict": None,
        "findings": [],
        "source": None,
        "files": [],
        "files_unlisted": 0,
        "modules": [{**module, "via": "", "status": None, "by": "node"} for module in record["modules"]],
        "cvmfs": None if cvmfs is None else {**cvmfs, "root_hash": None, "published": None},
        "inputs": [{**item, "key": ""} for item in record["inputs"]],
        "reports": [],
        "language": None,
        "packages_sha256": digest(record["packages"]),
    }
