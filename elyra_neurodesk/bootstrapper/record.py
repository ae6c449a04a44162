"""Fills in the task record (`record.model`): what a task did and with what, as JSON beside its outputs.

It holds no environment variable and no credentials. docs/record.md explains it to people.
"""

from __future__ import annotations

import platform
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import cast

from elyra_neurodesk import __version__
from elyra_neurodesk.bootstrapper import packages
from elyra_neurodesk.bootstrapper.cvmfs import CvmfsMount
from elyra_neurodesk.bootstrapper.file_manifest import FileManifest
from elyra_neurodesk.bootstrapper.parameters import ParameterValue, as_recorded
from elyra_neurodesk.bootstrapper.running_notebook import RunningNotebook
from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.record.jsonld import ACTIVITY, CONTEXT
from elyra_neurodesk.record.model import (
    TASK_SCHEMA_VERSION,
    GuardFinding,
    Image,
    InputFile,
    Language,
    Module,
    MountedRepository,
    NotKept,
    RecordedError,
    Software,
    StoredFile,
    Strictness,
    TaskRecord,
)


def now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(timezone.utc)


@dataclass
class Progress:
    """What is known of a running task; steps fill it in, the record is made from it at any time.

    Attributes:
        spec: what was asked for.
        run_id: the run's id.
        image: the container image, None where it is not known.
        started: when the task began.
        parameters: the pipeline parameters' values.
        repository: the Neurodesk repository, None where the task has none.
        modules: those that the node declares.
        loaded: those that the notebook or script loaded by itself, as the guard saw it: ``tool/version`` and
            the directories that it put on PATH.
        manifest: the files that were submitted, None before they were fetched.
        inputs: files of other tasks.
        outputs: files that are stored.
        reports: the executed notebook and its HTML, once they are stored; not the log, which still grows.
        undeclared: files that nobody declared, once they are stored.
        not_kept: those that were not stored.
        language: what ran, None before.
        notebook: the notebook that is being executed, None before and for scripts.
        findings: what the guard noted.
        error: the first error.
        attempt: which attempt of the run at this task it is, where an earlier one left a record.
    """

    spec: TaskSpec
    run_id: str
    image: Image | None = None
    started: datetime = field(default_factory=now)
    parameters: dict[str, ParameterValue] = field(default_factory=dict)
    repository: CvmfsMount | None = None
    modules: list[Module] = field(default_factory=list)
    loaded: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    manifest: FileManifest | None = None
    inputs: list[InputFile] = field(default_factory=list)
    outputs: list[StoredFile] = field(default_factory=list)
    reports: list[StoredFile] = field(default_factory=list)
    undeclared: list[StoredFile] = field(default_factory=list)
    not_kept: NotKept | None = None
    language: Language | None = None
    notebook: RunningNotebook | None = None
    findings: list[GuardFinding] = field(default_factory=list)
    error: NeurodeskError | None = None
    attempt: int | None = None

    @property
    def exit_status(self) -> int:
        """Return the exit status: 0 as long as nothing failed."""
        return 0 if self.error is None else self.error.exit_status

    def begun(self, notebook: RunningNotebook) -> None:
        """Note that the notebook's execution begins."""
        self.notebook = notebook

    def fail(self, error: NeurodeskError) -> None:
        """Keep the first error; what fails afterwards follows from it more often than not."""
        self.error = self.error or error


def build(progress: Progress, finished: datetime) -> TaskRecord:
    """Return the record of a task that is at this point, or has ended."""
    spec, manifest, installed = progress.spec, progress.manifest, packages.installed()
    return TaskRecord(
        context=CONTEXT,
        type=ACTIVITY,
        schema_version=TASK_SCHEMA_VERSION,
        software=Software("elyra-neurodesk", __version__),
        pipeline=spec.pipeline,
        node=spec.node,
        task=spec.task,
        run_id=progress.run_id,
        parents=tuple(spec.parents),
        host=socket.gethostname(),
        image=progress.image,
        started=rfc3339(progress.started),
        finished=rfc3339(finished),
        seconds=round((finished - progress.started).total_seconds(), 3),
        exit_status=progress.exit_status,
        error=recorded_error(progress.error),
        strict=cast("Strictness", spec.strict),  # task.check has refused any other
        findings=tuple(progress.findings),
        file=spec.file,
        source=None if manifest is None else manifest.source,
        archive=spec.archive,
        files=() if manifest is None else manifest.files,
        files_unlisted=0 if manifest is None else manifest.unlisted,
        parameters=as_recorded(progress.parameters),
        modules=(*progress.modules, *_loaded(progress.loaded)),
        cvmfs=_mounted(progress.repository),
        inputs=tuple(progress.inputs),
        outputs=tuple(progress.outputs),
        reports=tuple(sorted(progress.reports, key=lambda report: report.path)),
        undeclared=tuple(progress.undeclared) or None,
        not_kept=progress.not_kept,
        language=progress.language,
        python=platform.python_version(),
        packages=installed,
        packages_sha256=packages.digest(installed),
        attempt=progress.attempt,
    )


def _mounted(repository: CvmfsMount | None) -> MountedRepository | None:
    if repository is None:
        return None
    return MountedRepository(repository.root, repository.revision, repository.root_hash, repository.published)


def _loaded(seen: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[Module]:
    """Return each module that was loaded once, with its container where a directory on PATH names it."""
    for name, paths in dict.fromkeys(seen):
        places = (re.match(r".*/containers/[^/]+", path) for path in paths)
        container = next((place[0] for place in places if place), "")
        yield Module("", name, container, via="lmod", status="loaded", by="notebook")


def recorded_error(error: NeurodeskError | None) -> RecordedError | None:
    """Return an error as records have it."""
    return None if error is None else RecordedError(error.code, error.message, error.hint)


def rfc3339(moment: datetime) -> str:
    """Return a time as records have it: UTC, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
