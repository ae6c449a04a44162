"""The task record: what a task did and with what, as JSON beside its outputs.

Its schema is ``schemas/task-record.schema.json``, its meaning for people docs/record.md. It holds no
environment variable and no credentials.
"""

from __future__ import annotations

import json
import platform
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Protocol

from elyra_neurodesk import __version__
from elyra_neurodesk.bootstrapper import packages
from elyra_neurodesk.bootstrapper.cvmfs import Repository
from elyra_neurodesk.bootstrapper.file_manifest import Stock
from elyra_neurodesk.bootstrapper.image import Image
from elyra_neurodesk.bootstrapper.inputs import Input
from elyra_neurodesk.bootstrapper.language import Language
from elyra_neurodesk.bootstrapper.modules import Module
from elyra_neurodesk.bootstrapper.outputs import Output
from elyra_neurodesk.bootstrapper.parameters import Value
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.terms import ACTIVITY, CONTEXT
from elyra_neurodesk.errors import NeurodeskError

SCHEMA_VERSION = "2"


class Recordable(Protocol):
    """Something that a record lists."""

    def as_record(self) -> dict[str, Any]:
        """Return its JSON."""


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)


@dataclass
class Progress:
    """What is known of a running task; steps fill it in, the record is made from it at any time.

    Attributes:
        spec: what was asked for.
        run_id: the run's id.
        image: the container image, None where nothing tells.
        started: when the task began.
        parameters: the pipeline parameters' values.
        repository: the Neurodesk repository, None where the task has none.
        modules: those that the node declares.
        loaded: those that the notebook or script loaded by itself, as the guard saw it: ``tool/version`` and
            the directories that it put on PATH.
        stock: what there was to run, None before it was fetched.
        inputs: files of other tasks.
        outputs: files that are stored.
        reports: the executed notebook and its HTML, once they are stored; not the log, which still grows.
        language: what ran, None before.
        findings: what the guard noted.
        error: the first error.
    """

    spec: TaskSpec
    run_id: str
    image: Image | None = None
    started: datetime = field(default_factory=now)
    parameters: dict[str, Value] = field(default_factory=dict)
    repository: Repository | None = None
    modules: list[Module] = field(default_factory=list)
    loaded: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    stock: Stock | None = None
    inputs: list[Input] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    reports: list[Output] = field(default_factory=list)
    language: Language | None = None
    findings: list[Recordable] = field(default_factory=list)
    error: NeurodeskError | None = None

    @property
    def exit_status(self) -> int:
        """Return the exit status: 0 as long as nothing failed."""
        return 0 if self.error is None else self.error.exit_status

    def fail(self, error: NeurodeskError) -> None:
        """Keep the first error; what fails afterwards follows from it more often than not."""
        self.error = self.error or error


def build(progress: Progress, finished: datetime) -> dict[str, Any]:
    """Return the record."""
    spec, stock, installed = progress.spec, progress.stock, packages.installed()
    reports = sorted(progress.reports, key=lambda report: report.path)
    return {
        "@context": CONTEXT,
        "@type": ACTIVITY,
        "schema_version": SCHEMA_VERSION,
        "software": {"name": "elyra-neurodesk", "version": __version__},
        "pipeline": spec.pipeline,
        "node": spec.node,
        "task": spec.task,
        "run_id": progress.run_id,
        "parents": list(spec.parents),
        "host": socket.gethostname(),
        "image": None if progress.image is None else progress.image.as_record(),
        "started": _iso(progress.started),
        "finished": _iso(finished),
        "seconds": round((finished - progress.started).total_seconds(), 3),
        "exit_status": progress.exit_status,
        "error": _error(progress.error),
        "strict": spec.strict,
        "findings": _listed(progress.findings),
        "file": spec.file,
        "source": None if stock is None else stock.source.as_record(),
        "archive": spec.archive,
        "files": [] if stock is None else _listed(stock.files),
        "files_unlisted": 0 if stock is None else stock.unlisted,
        "parameters": progress.parameters,
        "modules": [
            *({**module.as_record(), "by": "node"} for module in progress.modules),
            *({**module.as_record(), "by": "notebook"} for module in _loaded(progress.loaded)),
        ],
        "cvmfs": None if progress.repository is None else _repository(progress.repository),
        "inputs": _listed(progress.inputs),
        "outputs": _listed(progress.outputs),
        "reports": _listed(reports),
        "language": None if progress.language is None else progress.language.as_record(),
        "python": platform.python_version(),
        "packages": installed,
        "packages_sha256": packages.digest(installed),
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


def _listed(items: Iterable[Recordable]) -> list[dict[str, Any]]:
    return [item.as_record() for item in items]


def _repository(repository: Repository) -> dict[str, Any]:
    return {
        "root": repository.root,
        "revision": repository.revision,
        "root_hash": repository.root_hash,
        "published": repository.published,
    }


def _loaded(seen: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[Module]:
    """Return each module that was loaded once, with its container where a directory on PATH tells it."""
    for name, paths in dict.fromkeys(seen):
        places = (re.match(r".*/containers/[^/]+", path) for path in paths)
        container = next((place[0] for place in places if place), "")
        yield Module("", name, container, via="lmod", status="loaded")


def _error(error: NeurodeskError | None) -> dict[str, str] | None:
    return None if error is None else {"code": error.code, "message": error.message, "hint": error.hint}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
