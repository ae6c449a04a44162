"""The specification of one task: JSON that the compiler writes and the bootstrapper reads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.storage.location import StorageLocation

COMMON = ("pipeline", "directory", "store", "claim", "cvmfs")
TASK_RECORD = "task-record.json"


class InvalidTaskSpec(NeurodeskError):
    """The task argument is not what this version of the bootstrapper reads."""

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

    def to_json(self) -> str:
        """Return all fields as compact JSON; see `own_json` and `common_json` for the same in two parts."""
        return _template_safe(asdict(self))

    def own_json(self) -> str:
        """Return the fields that differ from task to task."""
        return _template_safe({key: value for key, value in asdict(self).items() if key not in COMMON})

    def common_json(self) -> str:
        """Return the fields that all tasks of a pipeline share, so that a package need not repeat them."""
        return _template_safe({key: value for key, value in asdict(self).items() if key in COMMON})

    @classmethod
    def from_json(cls, text: str, common: str = "{}") -> TaskSpec:
        """Read what `to_json` wrote, or what `own_json` and `common_json` wrote.

        Raises:
            InvalidTaskSpec: the text is not JSON, or fields are missing or unknown.
        """
        try:
            content: dict[str, Any] = {**json.loads(common), **json.loads(text)}
            store = StorageLocation(**content.pop("store"))
            for name in ("parents", "outputs", "modules"):
                content[name] = tuple(content.get(name, ()))
            content["keep_undeclared"] = KeepLimits(*map(int, content.get("keep_undeclared", KEEP_LIMITS)))
            return cls(store=store, **content)
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            raise InvalidTaskSpec(f"the task specification cannot be read: {problem}") from problem


def _template_safe(content: dict[str, Any]) -> str:
    """Return compact JSON that no template engine expands; fields at their default are left out.

    ``$`` and ``{{`` are written as JSON escapes: neither KFP's ``{{$.…}}`` placeholders, nor Argo's
    ``{{…}}``, nor Kubernetes' ``$(VAR)`` can then arise from what a user typed.
    """
    defaults = {known.name: known.default for known in fields(TaskSpec)}
    filled = {name: value for name, value in content.items() if value and value != defaults[name]}
    text = json.dumps(filled, ensure_ascii=False, separators=(",", ":"))
    # "{{" occurs only inside JSON strings, and neither "$" nor "{" can follow a lone backslash there
    return text.replace("$", "\\u0024").replace("{{", "\\u007b\\u007b")
