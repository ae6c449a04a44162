"""The specifications of all tasks of a submission: one document in the object store, named by its content.

Arguments and environment of a container are copied about eight times for each task into Argo's workflow,
which has a limit. So a task's arguments name the document by its SHA-256, and what only its bootstrapper and
its user's code need is in there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from elyra_neurodesk.bootstrapper.spec import InvalidTaskSpec, TaskSpec
from elyra_neurodesk.storage.interface import ObjectStorage
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.task import task_storage

COMMON = ("pipeline", "directory", "store", "claim", "cvmfs")
"""Fields that all tasks of a submission share; the document has them once."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def write_document(specs: Iterable[TaskSpec]) -> bytes:
    """Return the document; equal specifications give equal bytes."""
    contents = [spec.content() for spec in specs]
    common = {name: contents[0][name] for name in COMMON if name in contents[0]} if contents else {}
    variables = [set(content.get("env", {}).items()) for content in contents]
    shared = dict(set.intersection(*variables)) if variables else {}
    tasks = {}
    for content in contents:
        own = {name: value for name, value in content.items() if name not in COMMON}
        env = {name: value for name, value in own.pop("env", {}).items() if name not in shared}
        tasks[own["task"]] = {**own, "env": env} if env else own
    document = {"common": {**common, "env": shared} if shared else common, "tasks": tasks}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def read_document(content: bytes, sha256: str) -> dict[str, TaskSpec]:
    """Return the specifications by the names of their tasks.

    Args:
        content: the document.
        sha256: the hash that it must have (64 hex digits).

    Raises:
        InvalidTaskSpec: its hash is another one, or it cannot be read.
    """
    common, tasks = _parts(content, sha256)
    return {name: _merged(common, own) for name, own in tasks.items()}


def read_task(content: bytes, sha256: str, task: str) -> TaskSpec:
    """Return one task's specification; arguments and errors as `read_document`."""
    common, tasks = _parts(content, sha256)
    if task not in tasks:
        raise InvalidTaskSpec(f"the specifications {sha256} have no task {task!r}.")
    return _merged(common, tasks[task])


def _parts(content: bytes, sha256: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InvalidTaskSpec(f"the specifications {sha256} in the object store have the SHA-256 {found}.")
    try:
        document = json.loads(content)
        return dict(document["common"]), dict(document["tasks"])
    except (ValueError, TypeError, KeyError) as problem:
        raise InvalidTaskSpec(f"the specifications {sha256} cannot be read: {problem}") from problem


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> TaskSpec:
    try:
        env = {**common.get("env", {}), **own.get("env", {})}
        return TaskSpec.from_content({**common, **own, "env": env})
    except (TypeError, AttributeError) as problem:
        raise InvalidTaskSpec(f"the task specification cannot be read: {problem}") from problem


@dataclass(frozen=True)
class DocumentReference:
    """Which document has the specifications of a submission.

    Attributes:
        store: where it is.
        sha256: of its content.
    """

    store: StorageLocation
    sha256: str

    @property
    def key(self) -> str:
        """Its object key."""
        return self.store.specs_key(self.sha256)

    @classmethod
    def from_arguments(cls, arguments: Sequence[object]) -> DocumentReference | None:
        """Return what the arguments of a container name, None where they are not those of a notebook task."""
        url, sha256 = (*arguments[:2], "", "")[:2]
        if not isinstance(url, str) or not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            return None
        try:
            return cls(StorageLocation.of_bootstrapper(url), sha256)
        except ValueError:
            return None


class SpecSource(Protocol):
    """Where a task's specification comes from."""

    def open(self, environment: Mapping[str, str]) -> tuple[TaskSpec, ObjectStorage]:
        """Return the specification, and the task's object store.

        Args:
            environment: has the store's credentials.

        Raises:
            InvalidTaskSpec: it cannot be read, or is not what was submitted.
            StorageError: the store cannot be read.
        """


@dataclass(frozen=True)
class StoredSpec:
    """A specification in a document of the object store.

    Attributes:
        bootstrapper_url: where the bootstrapper is; the document is beside it.
        sha256: of the document.
        task: the task's name.
    """

    bootstrapper_url: str
    sha256: str
    task: str

    def open(self, environment: Mapping[str, str]) -> tuple[TaskSpec, ObjectStorage]:
        """See `SpecSource`."""
        reference = DocumentReference.from_arguments((self.bootstrapper_url, self.sha256))
        if reference is None:
            raise InvalidTaskSpec(f"{self.bootstrapper_url!r} and {self.sha256!r} name no specifications.")
        store = task_storage(reference.store, environment)
        spec = read_task(store.get(reference.key), self.sha256, self.task)
        # one connection for both where the store is the same
        return spec, store if spec.store == reference.store else task_storage(spec.store, environment)


@dataclass(frozen=True)
class GivenSpec:
    """A specification in the arguments, as bootstrappers before version 3 got it.

    Attributes:
        text: JSON of the task's own fields, or of all.
        common: JSON of what all tasks share.
    """

    text: str
    common: str

    def open(self, environment: Mapping[str, str]) -> tuple[TaskSpec, ObjectStorage]:
        """See `SpecSource`."""
        spec = TaskSpec.from_json(self.text, self.common)
        return spec, task_storage(spec.store, environment)
