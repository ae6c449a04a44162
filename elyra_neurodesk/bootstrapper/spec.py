"""The specification of one task, which the bootstrapper reads from the submission's document (`specs`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.storage.location import StorageLocation

TASK_RECORD = "task-record.json"


class InvalidTaskSpec(NeurodeskError):
    """The task's specification is not what was submitted, or not what this version reads."""

    code = "ND-TASK-001"
    hint = "Submit the pipeline again with the elyra-neurodesk version that the image has, or a newer one."
    exit_status = 10


class KeepLimits(NamedTuple):
    """How much a task keeps of the files that it wrote and did not declare as outputs.

    Attributes:
        file: bytes of the largest file that is kept.
        task: bytes that all of them may have together; 0 keeps none.
    """

    file: int = 20 << 20
    task: int = 200 << 20


KEEP_LIMITS = KeepLimits()
"""The default."""


@dataclass(frozen=True)
class TaskSpec:
    """One generic task.

    Attributes:
        pipeline: the pipeline's name as the user typed it.
        directory: the pipeline's directory below the store's prefix (a slug).
        task: the task's name, unique in the pipeline (a slug); its directory below the run's.
        node: the node's label as the user typed it.
        file: notebook or script, relative to the archive's root (POSIX).
        archive: SHA-256 of the archive (64 hex digits).
        store: the object store.
        parents: names of the nearest generic tasks upstream; their records lead to all ancestors.
        outputs: declared outputs relative to the working directory, glob patterns allowed.
        parameters: pipeline parameters this task takes: name to Elyra type (String, Integer, Float, Bool),
            or List or Dict, which are JSON in a text.
        env: environment variables for the user's code that are not in the container's own environment.
        modules: Neurodesk modules to make available before the first cell, ``tool`` or ``tool/version``.
        strict: how the task reacts to a missing module or a failed tool: ``error``, ``warn`` or ``off``; left
            out of the JSON where it is ``error``.
        keep_undeclared: limits for files that nobody declared; left out of the JSON at their default.
        claim: name of the PVC that carries CVMFS, for messages.
        cvmfs: "" when the task mounts no CVMFS, else where it is mounted.
    """

    pipeline: str
    directory: str
    task: str
    node: str
    file: str
    archive: str
    store: StorageLocation
    parents: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    parameters: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    strict: str = "error"
    keep_undeclared: KeepLimits = KEEP_LIMITS
    claim: str = ""
    cvmfs: str = ""

    def run_key(self, run_id: str, *parts: str) -> str:
        """Return the object key of something in the directory of the run ``run_id``."""
        return self.store.key(self.directory, run_id, *parts)

    def content(self) -> dict[str, Any]:
        """Return the fields as JSON has them; those at their default are left out."""
        defaults = {known.name: known.default for known in fields(self)}
        return {name: value for name, value in asdict(self).items() if value and value != defaults[name]}

    @classmethod
    def from_content(cls, content: Mapping[str, Any]) -> TaskSpec:
        """Read what `content` returned.

        Raises:
            InvalidTaskSpec: fields are missing, unknown, or of another kind.
        """
        try:
            given = dict(content)
            store = StorageLocation(**given.pop("store"))
            for name in ("parents", "outputs", "modules"):
                given[name] = tuple(given.get(name, ()))
            given["keep_undeclared"] = KeepLimits(*map(int, given.get("keep_undeclared", KEEP_LIMITS)))
            return cls(store=store, **given)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise InvalidTaskSpec(f"the task specification cannot be read: {problem}") from problem

    @classmethod
    def from_json(cls, text: str, common: str = "{}") -> TaskSpec:
        """Read a specification as pipelines for bootstrappers before version 3 have it in arguments.

        Args:
            text: JSON of the task's own fields, or of all.
            common: JSON of the fields that all tasks of the pipeline share.

        Raises:
            InvalidTaskSpec: as `from_content`, or a text is not JSON.
        """
        try:
            content = {**json.loads(common), **json.loads(text)}
        except (ValueError, TypeError) as problem:
            raise InvalidTaskSpec(f"the task specification cannot be read: {problem}") from problem
        return cls.from_content(content)
