"""The task record: what a task did, as JSON beside its outputs."""

from __future__ import annotations

import json
import platform
import socket
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from elyra_neurodesk.bootstrapper import packages
from elyra_neurodesk.bootstrapper.cvmfs import Repository
from elyra_neurodesk.bootstrapper.inputs import Input
from elyra_neurodesk.bootstrapper.modules import Module
from elyra_neurodesk.bootstrapper.outputs import Output
from elyra_neurodesk.bootstrapper.parameters import Value
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.errors import NeurodeskError

SCHEMA_VERSION = "1"


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)


@dataclass
class Progress:
    """What is known of a running task; steps fill it in, the record is made from it at any time."""

    spec: TaskSpec
    run_id: str
    image: str = ""
    started: datetime = field(default_factory=now)
    parameters: dict[str, Value] = field(default_factory=dict)
    repository: Repository | None = None
    modules: list[Module] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    error: NeurodeskError | None = None

    @property
    def exit_status(self) -> int:
        """Return the exit status: 0 as long as nothing failed."""
        return 0 if self.error is None else self.error.exit_status

    def fail(self, error: NeurodeskError) -> None:
        """Keep the first error; what fails afterwards follows from it more often than not."""
        self.error = self.error or error


def build(progress: Progress, finished: datetime) -> dict[str, Any]:
    """Return the record; it holds no environment and no credentials."""
    spec, error, repository = progress.spec, progress.error, progress.repository
    return {
        "schema_version": SCHEMA_VERSION,
        "pipeline": spec.pipeline,
        "node": spec.node,
        "task": spec.task,
        "run_id": progress.run_id,
        "file": spec.file,
        "archive": spec.archive,
        "image": progress.image,
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "started": _iso(progress.started),
        "finished": _iso(finished),
        "seconds": round((finished - progress.started).total_seconds(), 3),
        "exit_status": progress.exit_status,
        "error": None
        if error is None
        else {"code": error.code, "message": error.message, "hint": error.hint},
        "parents": list(spec.parents),
        "parameters": progress.parameters,
        "modules": [module.as_record() for module in progress.modules],
        "cvmfs": None if repository is None else {"root": repository.root, "revision": repository.revision},
        "inputs": [item.as_record() for item in progress.inputs],
        "outputs": [item.as_record() for item in progress.outputs],
        "packages": packages.versions(),
    }


def to_json(record: dict[str, Any]) -> bytes:
    """Return the record as it is stored: indented UTF-8; what UTF-8 lacks and NaN are escaped or text."""
    return (json.dumps(_plain(record), ensure_ascii=True, indent=1, allow_nan=False) + "\n").encode()


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: such a Float parameter is written as its text."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
