"""Everything that a run left behind: its summary with records, its logs, its outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import requests

from elyra_neurodesk.bootstrapper.spec import TASK_RECORD, TaskSpec
from elyra_neurodesk.bootstrapper.specs import DocumentReference
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api.connection import REQUEST_TIMEOUT, Connection
from elyra_neurodesk.kfp_api.runs import find_run, get_pipeline_spec, get_run
from elyra_neurodesk.record.life_sign import LIFE_SIGN, LifeSign, moment
from elyra_neurodesk.record.model import StoredFile, TaskRecord
from elyra_neurodesk.record.task_record import TaskRecordFile, read_life_sign
from elyra_neurodesk.record.undeclared import DIRECTORY
from elyra_neurodesk.runs.evidence import files_so_far
from elyra_neurodesk.runs.locations import SpecTask, spec_tasks
from elyra_neurodesk.runs.summary import SUCCEEDED, RunSummary, TaskSummary, summarize, with_record
from elyra_neurodesk.settings import KFP_BUCKET
from elyra_neurodesk.storage.byte_range import byte_range
from elyra_neurodesk.storage.client import open_storage
from elyra_neurodesk.storage.errors import NoSuchObject, StorageError
from elyra_neurodesk.storage.interface import PARALLEL, BrowsableStorage
from elyra_neurodesk.storage.location import StorageLocation

_NAMED = 3  # files that a message names
# Real KFP serves a pod's log here and nowhere below v2beta1 (backend/src/apiserver/main.go).
_LIVE_LOG = "{endpoint}/apis/v1alpha1/runs/{run}/nodes/{node}/log"
_PIECE = 256 * 1024  # bytes of a log that are passed on at once


class NoSuchTask(NeurodeskError):
    """The run has no task of this name."""

    code = "ND-RUNS-004"


class NoOutputs(NeurodeskError):
    """The run's pipeline does not say where its outputs are."""

    code = "ND-RUNS-005"
    hint = "Only pipelines submitted with a neurodesk runtime configuration do; see the run's page instead."


class OutputsMissing(NeurodeskError):
    """The object store lacks what the records of a run's tasks say was stored, or has it in another size."""

    code = "ND-RUNS-012"
    hint = "Look for a rule that deletes objects, or who else writes there; submit again to have them anew."


@dataclass(frozen=True)
class RunOutput:
    """One object that a task of the run uploaded.

    Attributes:
        task: name of the task's directory.
        path: path below it.
        key: the object's key in the bucket.
        size: bytes.
        sha256: content hash from the task's record, "" where the record does not list the object.
        etag: the store's own tag.
        undeclared: whether it was kept although the node does not declare it as an output.
        as_of: when the task stored it: of the log and the notebook of a task that has not recorded its end.
    """

    task: str
    path: str
    key: str
    size: int
    sha256: str = ""
    etag: str = ""
    undeclared: bool = False
    as_of: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints for it."""
        return {
            "task": self.task,
            "path": self.path,
            "key": self.key,
            "size": self.size,
            "sha256": self.sha256 or None,
            "undeclared": self.undeclared,
            "as_of": self.as_of.isoformat() if self.as_of else None,
        }


@dataclass(frozen=True)
class RunOutputs:
    """A run's objects, compared with its records.

    Attributes:
        found: what the store has.
        missing: what the records of a run that has ended have and the store has not, a line for each.
    """

    found: tuple[RunOutput, ...]
    missing: tuple[str, ...] = ()

    def require_all(self) -> None:
        """Refuse to pass over what is missing.

        Raises:
            OutputsMissing: naming the first three.
        """
        if not self.missing:
            return
        more = f" and {len(self.missing) - _NAMED} more" if len(self.missing) > _NAMED else ""
        names = ", ".join(self.missing[:_NAMED])
        raise OutputsMissing(f"the object store lacks {len(self.missing)} of the run's files: {names}{more}.")


@dataclass(frozen=True)
class RunResults:
    """One run, its pipeline and its directory in the object store.

    Attributes:
        connection: the API the run is at.
        run_id: the run's id.
        tasks: the pipeline's tasks; empty when the API no longer has the pipeline.
        problem: why the tasks' specifications cannot be read, None where they can.
    """

    connection: Connection
    run_id: str
    tasks: tuple[SpecTask, ...] = field(repr=False)
    problem: StorageError | None = None

    @classmethod
    def of(cls, connection: Connection, wanted: str) -> RunResults:
        """Find the run that a user asks for (see `api.find_run`) and read its pipeline."""
        run = find_run(connection, wanted)
        problems: list[StorageError] = []

        def read(reference: DocumentReference) -> bytes | None:
            try:
                return open_storage(connection.config, reference.store).get(reference.key)
            except StorageError as problem:  # states are shown without the store as well
                problems.append(problem)
                return None

        tasks = tuple(spec_tasks(get_pipeline_spec(connection, run), read))
        return cls(connection, run.run_id, tasks, problems[0] if problems else None)

    @cached_property
    def specs(self) -> dict[str, TaskSpec]:
        """The generic tasks' specifications by the names of their directories.

        Raises:
            StorageError: they cannot be read.
        """
        if self.problem is not None:
            raise self.problem
        return {task.spec.task: task.spec for task in self.tasks if task.spec}

    @cached_property
    def storage(self) -> BrowsableStorage:
        """The store that the run's tasks write to.

        Raises:
            NoOutputs: none of the tasks is a generic one.
            StorageError: the runtime configuration's address or key cannot be used.
        """
        return open_storage(self.connection.config, self._any_spec().store)

    @property
    def directory(self) -> str:
        """The key prefix below which the run's tasks write, without a slash at its end."""
        return self._any_spec().run_key(self.run_id)

    def summary(self) -> RunSummary:
        """Ask the API for the run's state."""
        run = get_run(self.connection, self.run_id)
        return summarize(run, self.tasks, self.connection.config.run_url(self.run_id))

    def full_summary(self) -> RunSummary:
        """Return the summary with what the tasks' records add; without it where the store cannot be read."""
        summary = self.summary()
        wanted = [task.task for task in summary.tasks if task.task and task.ended]
        records = self.records(wanted, tolerant=True)
        tasks = tuple(with_record(task, records.get(task.task)) for task in summary.tasks)
        return replace(summary, tasks=tasks)

    def records(self, tasks: Iterable[str], tolerant: bool = False) -> dict[str, TaskRecord]:
        """Read the record of each of these tasks; those without one that can be read are left out.

        Args:
            tasks: names of tasks' directories.
            tolerant: whether a store that cannot be read counts as one without records.
        """
        found = {task: file.record() for task, file in self.record_files(tasks, tolerant).items()}
        return {task: record for task, record in found.items() if record}

    def record_files(self, tasks: Iterable[str], tolerant: bool = False) -> dict[str, TaskRecordFile]:
        """Read the task-record.json files of these tasks, several at a time; arguments as `records`."""

        def read(task: str) -> TaskRecordFile | None:
            key = self.specs[task].run_key(self.run_id, task, TASK_RECORD)
            try:
                return TaskRecordFile(key, self.storage.get(key))
            except NoSuchObject:
                return None

        try:
            names = [task for task in dict.fromkeys(tasks) if task in self.specs]
            if not names:
                return {}
            first = read(names[0])  # alone: a store that is down is reported once and soon
            with ThreadPoolExecutor(PARALLEL) as pool:
                found = dict(zip(names, [first, *pool.map(read, names[1:])], strict=True))
        except StorageError:
            if tolerant:
                return {}
            raise
        return {task: file for task, file in found.items() if file}

    def outputs(self) -> RunOutputs:
        """Return every object in the run's directory, with what the records know of them.

        An object that a record has and the list has not is asked for by name: not every server lists all.

        Raises:
            NoOutputs: the pipeline does not say where they are.
            StorageError: the store cannot be read.
            ApiError: the API cannot be asked.
        """
        prefix = self.directory + "/"
        stored = self.storage.list(prefix)
        parts = [(item, *item.key.removeprefix(prefix).partition("/")) for item in stored]
        found = [
            RunOutput(task, path, item.key, item.size, etag=item.etag)
            for item, task, slash, path in parts
            if slash and path != LIFE_SIGN
        ]
        records = self.records(self.specs)
        signs = self._life_signs(task for _, task, _, path in parts if path == LIFE_SIGN)
        so_far = {
            file.key: moment(file.stored)
            for task, sign in signs.items()
            for file in files_so_far(sign, records.get(task))
        }
        declared = {
            file.key: file for record in records.values() for file in (*record.outputs, *record.reports)
        }
        kept = {file.key: file for record in records.values() for file in record.undeclared or ()}
        recorded = kept | declared
        unlisted = sorted(recorded.keys() - {output.key for output in found})
        with ThreadPoolExecutor(PARALLEL) as pool:
            asked = [item for item in pool.map(self.storage.stat, unlisted) if item is not None]
        for item in asked:
            task, _, path = item.key.removeprefix(prefix).partition("/")
            found.append(RunOutput(task, path, item.key, item.size, etag=item.etag))
        outputs = tuple(
            replace(
                output,
                sha256=recorded[output.key].sha256 if output.key in recorded else "",
                # those of an earlier attempt stand in no record
                undeclared=output.path.startswith(f"{DIRECTORY}/") and output.key not in declared,
                as_of=so_far.get(output.key),
            )
            for output in sorted(found, key=lambda output: output.key)
        )
        return RunOutputs(outputs, tuple(self._missing(outputs, records, recorded, prefix)))

    def _life_signs(self, tasks: Iterable[str]) -> dict[str, LifeSign]:
        def read(task: str) -> LifeSign | None:
            try:
                return read_life_sign(
                    self.storage.get(self.specs[task].run_key(self.run_id, task, LIFE_SIGN))
                )
            except NoSuchObject:
                return None

        names = [task for task in tasks if task in self.specs]
        with ThreadPoolExecutor(PARALLEL) as pool:
            found = dict(zip(names, pool.map(read, names), strict=True))
        return {task: sign for task, sign in found.items() if sign}

    def _missing(
        self,
        outputs: Iterable[RunOutput],
        records: Mapping[str, TaskRecord],
        recorded: Mapping[str, StoredFile],
        prefix: str,
    ) -> Iterator[str]:
        """Yield what a run that has ended should have; before, a task may be replacing its files."""
        summary = self.summary()
        if not summary.ended:
            return
        for task in summary.tasks:
            if task.task in self.specs and task.state == SUCCEEDED and task.task not in records:
                yield f"{task.task}/{TASK_RECORD}"
        sizes = {output.key: output.size for output in outputs}
        for key, file in sorted(recorded.items()):
            name = key.removeprefix(prefix)
            if key not in sizes:
                yield name
            elif sizes[key] != file.size:
                yield f"{name} ({sizes[key]} of {file.size} bytes)"

    def task(self, summary: RunSummary, wanted: str) -> TaskSummary:
        """Return the task that a user asks for: by its name, its label or its directory's name.

        Raises:
            NoSuchTask: no task has this name; the hint lists those there are.
        """
        for task in summary.tasks:
            if wanted in (task.name, task.display_name, task.task):
                return task
        known = ", ".join(task.name for task in summary.tasks) or "none"
        raise NoSuchTask(f"run {self.run_id} has no task '{wanted}'.", f"Its tasks: {known}.")

    def stored_log(
        self,
        task: TaskSummary,
        write: Callable[[bytes], object],
        begin: int = 0,
        end: int | None = None,
    ) -> bool:
        """Pass on what the store has of a task's log, piece by piece: it may exceed the memory.

        Args:
            task: the task.
            write: gets the pieces.
            begin: number of the first byte.
            end: number of the byte after the last one; None: to the end.

        A task stores its log while it runs, and whole when it ends; on the embedded backend when it ends. Of
        catalog components KFP stores it when they have ended.

        Returns:
            Whether there is a log; it may be empty.

        Raises:
            StorageError: the store cannot be read.
        """
        spec = self.specs.get(task.task)
        if spec is None:
            return task.ended and self._executor_log(task.name, write, begin, end)
        if self.connection.config.stores_in_directory and not task.ended:
            return False
        try:
            self.storage.stream(self._log_key(spec), write, begin, end)
        except NoSuchObject:
            return False
        return True

    def stored_log_size(self, task: TaskSummary) -> int:
        """Return the bytes of a notebook's or script's log in the store, 0 where there is none.

        Raises:
            StorageError: the store cannot be read.
        """
        spec = self.specs.get(task.task)
        found = self.storage.stat(self._log_key(spec)) if spec else None
        return found.size if found else 0

    def _log_key(self, spec: TaskSpec) -> str:
        return spec.run_key(self.run_id, spec.task, PurePosixPath(spec.file).stem + ".log")

    def artifacts_prefix(self, task: str) -> str:
        """Return below which key KFP stores a catalog node's artifacts in `KFP_BUCKET`, "" when unknown.

        Raises:
            ApiError: the API cannot be asked.
        """
        name = self._pipeline_name
        return f"v2/artifacts/{name}/{self.run_id}/{task}/" if name else ""

    @cached_property
    def _pipeline_name(self) -> str:
        spec = get_pipeline_spec(self.connection, get_run(self.connection, self.run_id))
        return str((spec.get("pipelineInfo") or {}).get("name") or "")

    def _executor_log(self, task: str, write: Callable[[bytes], object], begin: int, end: int | None) -> bool:
        """Pass on what KFP's launcher stored of a container's output; False where there is none.

        Its name is ``<uuid>/executor-logs-<n>`` below `artifacts_prefix` (KFP 2.17).
        """
        if self.connection.config.stores_in_directory:
            return False
        prefix = self.artifacts_prefix(task)
        location = StorageLocation(self.connection.config.object_store_endpoint, KFP_BUCKET)
        try:
            storage = open_storage(self.connection.config, location)
            found = storage.list(prefix) if prefix else []
            logs = [item for item in found if item.key.rpartition("/")[2].startswith("executor-logs")]
            position = 0  # of an object in all of them together
            for item in logs:
                if begin < position + item.size and (end is None or position < end):
                    until = None if end is None else end - position
                    storage.stream(item.key, write, max(0, begin - position), until)
                position += item.size
        except StorageError:  # the key may not read there: the API is asked
            return False
        return bool(logs)

    def live_log(
        self, node: str, write: Callable[[bytes], object], begin: int = 0, end: int | None = None
    ) -> bool:
        """Pass on what KFP's API has of a pod's log; False where it has none, as on most clusters.

        KFP's own sends all of it, the embedded backend the part that is asked for.

        Args:
            node: the backend's id of the pod (`TaskSummary.node_id`).
            write: gets the pieces.
            begin: number of the first byte.
            end: number of the byte after the last one; None: to the end.
        """
        if not node:
            return False
        address = _LIVE_LOG.format(
            endpoint=self.connection.endpoint, run=quote(self.run_id, safe=""), node=quote(node, safe="")
        )
        part = {"Range": f"bytes={begin}-{'' if end is None else end - 1}"} if begin or end else {}
        begun = False
        try:
            with (
                _session() as session,
                session.get(
                    address,
                    headers={**self.connection.headers, **part},
                    verify=self.connection.ca_file or True,
                    timeout=REQUEST_TIMEOUT,
                    allow_redirects=False,
                    stream=True,
                ) as answer,
            ):
                if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return True  # it ends before the part
                if answer.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                    return False
                if "html" in answer.headers.get("content-type", ""):
                    return False
                pieces = answer.iter_content(_PIECE)
                if answer.status_code == HTTPStatus.OK:
                    pieces = byte_range(pieces, begin, end)
                for piece in pieces:
                    # KFP writes 200 before it knows whether there is a log, then a JSON error in its place
                    if not begun and piece.startswith(b'{"error_message"'):
                        return False
                    begun = True
                    write(piece)
        except requests.RequestException:  # a log that breaks off is known as far as it came
            return begun
        return True

    def _any_spec(self) -> TaskSpec:
        for spec in self.specs.values():
            return spec
        raise NoOutputs(f"the pipeline of run {self.run_id} has no task that says where its outputs are.")


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # as kfp.Client, see health.py
    return session
