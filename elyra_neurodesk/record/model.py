"""What a record holds: the one definition of the task record and the run record.

::

    TaskRecord   software, image, error, findings, source, files, modules, cvmfs, inputs, outputs, reports,
                 undeclared, not_kept, language
    RunRecord    software, tasks (each with its TaskRecord), tools, repositories, edges, findings

Every field is ``Annotated[type, …]`` with its description, which the JSON Schemas (`schemas`) and
docs/record.md take from here, and may carry further JSON Schema keywords or the `Key` of its JSON. A class's
docstring is the description of its JSON object. `codec` translates between these classes and JSON.

Sizes are bytes, durations seconds, times texts of RFC 3339 in UTC. Standard library only: tasks import this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

TASK_SCHEMA_VERSION: Final = "2"
RUN_SCHEMA_VERSION: Final = "1"


@dataclass(frozen=True)
class Key:
    """How a field is written in JSON.

    Attributes:
        name: its key.
        required: False for one that is left out where its value is None.
    """

    name: str
    required: bool = True


Value = str | int | float | bool
"""A pipeline parameter's value."""

Sha256 = Annotated[str, {"pattern": "^[0-9a-f]{64}$"}]
Bytes = Annotated[int, {"minimum": 0}, "Bytes."]
Time = Annotated[str, {"format": "date-time"}]
MaybeTime = Annotated[str | None, {"format": "date-time"}]
MaybeSeconds = Annotated[float | None, {"minimum": 0}]
ErrorCode = Annotated[str, {"pattern": "^ND-[A-Z]+-[0-9]{3}$"}, "Stable code."]
Place = Annotated[int | None, {"minimum": 1}]
Via = Literal["lmod", "module file", ""]
Strictness = Literal["error", "warn", "off"] | None
WhyNotKept = Literal["off", "file limit", "task limit", "number", "name", "unreadable", "store"]
Status = (
    Literal["exact", "other", "default", "loaded", "replaced", "unknown", "retired", "gone"] | None
)  # a module's


@dataclass(frozen=True)
class Software:
    """The program that wrote the record."""

    name: Annotated[str, "Its name."]
    version: Annotated[str, "Its version; empty where it is not known."]


@dataclass(frozen=True)
class Image:
    """A container image."""

    reference: Annotated[str, "As the pipeline names it."]
    digest: Annotated[
        str | None,
        {"pattern": "^sha256:[0-9a-f]{64}$"},
        "`sha256:…` where the reference is pinned to a digest; null where only a tag is known, which can be "
        "moved.",
    ]
    used: Annotated[
        bool,
        "Whether the task ran in it; false on a backend that runs tasks as processes of its machine.",
    ] = True


@dataclass(frozen=True)
class RecordedError:
    """An error of elyra-neurodesk; docs/errors.md lists them."""

    code: ErrorCode
    message: Annotated[str, "What was wrong, in one line."]
    hint: Annotated[str, "What to do about it; may be empty."]


@dataclass(frozen=True)
class GuardFinding:
    """Something that the guard saw while the task ran."""

    code: ErrorCode
    severity: Annotated[Literal["error", "warning"], "How bad it is."]
    cell: Annotated[Place, "Cell of the notebook, counted from 1 over all cells."]
    line: Annotated[Place, "Line in the cell or script, from 1."]
    command: Annotated[str, "The command that it is about."]
    message: Annotated[str, "What happened, in one line."]
    hint: Annotated[str, "What to do about it; may be empty."]


@dataclass(frozen=True)
class SubmittedFile:
    """A file that was submitted with the task."""

    path: Annotated[str, "Path below the task's working directory (POSIX)."]
    size: Bytes
    sha256: Annotated[Sha256, "SHA-256 of its content."]


@dataclass(frozen=True)
class InputFile:
    """A file that another task made."""

    path: Annotated[str, "Path below the task's working directory (POSIX)."]
    origin: Annotated[str, Key("from"), "Name of the task that made it."]
    key: Annotated[str, "Object key in the bucket."]
    size: Bytes
    sha256: Annotated[Sha256, "SHA-256 of its content."]


@dataclass(frozen=True)
class StoredFile:
    """A file that the task stored."""

    path: Annotated[str, "For an output its path below the working directory (POSIX), for a report its name."]
    key: Annotated[str, "Object key in the bucket."]
    size: Bytes
    sha256: Annotated[Sha256, "SHA-256 of its content."]


@dataclass(frozen=True)
class UnkeptFile:
    """An undeclared file that was not kept."""

    path: Annotated[str, "Path below the task's working directory (POSIX)."]
    size: Bytes
    reason: Annotated[
        WhyNotKept,
        "`off`: no undeclared files are kept; `file limit`: it is larger than a file may be; `task limit`: "
        "smaller files have used up what a task may keep; `number`: so many smaller files were kept; `name`: "
        "no object can have its name; `unreadable`: it could not be read; `store`: it could not be stored.",
    ]


@dataclass(frozen=True)
class NotKept:
    """Undeclared files that were not kept."""

    files: Annotated[int, {"minimum": 0}, "How many."]
    size: Annotated[int, {"minimum": 0}, "Bytes of all of them."]
    named: Annotated[tuple[UnkeptFile, ...], "The largest of them, at most 20."]
    complete: Annotated[
        bool, "False where the directory is so large that the search for files was ended after a minute."
    ]
    problem: Annotated[
        str, "Why files within the limits could not be stored, in one line; empty where all of them were."
    ]


@dataclass(frozen=True)
class Module:
    """A Neurodesk module."""

    requested: Annotated[
        str,
        "As the node asks for it, `tool` or `tool/version`; empty where the notebook or script loaded it by "
        "itself.",
    ]
    module: Annotated[str, "What it resolved to, `tool/version`; empty where it was not available."] = ""
    container: Annotated[
        str,
        "Directory of the container that it really was, `<tool>_<version>_<date>` at its end; empty where "
        "the module was not available or puts no container on PATH. A module name can be re-pointed at a "
        "newer build, this cannot.",
    ] = ""
    via: Annotated[
        Via,
        "How it was loaded: by Lmod, or by reading its module file; empty where it was not.",
    ] = ""
    status: Annotated[
        Status,
        "How the request was met. `exact`: as written; `other`: a version was written and it resolved to "
        "another one; `default`: no version was written; `loaded`: by the notebook or script; `replaced`: a "
        "later one of the same tool took its place; `unknown`, `retired`, `gone`: not available; null where "
        "it is not known.",
    ] = "unknown"
    by: Annotated[
        Literal["node", "notebook"],
        "What loaded it: the node's list of modules (or a default), or the notebook or script itself.",
    ] = "node"


@dataclass(frozen=True)
class MountedRepository:
    """The Neurodesk repository as it was mounted."""

    root: Annotated[str, "Where it is mounted."]
    revision: Annotated[
        str | None,
        "CVMFS revision (extended attribute `user.revision`); null where the mount does not report one.",
    ]
    root_hash: Annotated[
        str | None,
        "Hash of the root catalog (`user.root_hash`), which names the repository's whole content; null where "
        "the mount does not report one.",
    ]
    published: Annotated[
        str | None,
        "When that revision was published (RFC 3339, UTC); null where the mount does not report it.",
    ]


@dataclass(frozen=True)
class Language:
    """The language that ran."""

    name: Annotated[str, "Name in small letters: `python`, `r`, `bash`, …"]
    version: Annotated[
        str | None, "Version that the kernel or interpreter reported; null where it did not."
    ] = None


@dataclass(frozen=True)
class TaskRecord:
    """What one task did, and with what."""

    context: Annotated[
        dict[str, Any] | None,
        Key("@context", required=False),
        "JSON-LD context: what the keys mean in W3C PROV and schema.org.",
    ]
    type: Annotated[
        Literal["prov:Activity"] | None, Key("@type", required=False), "The task as PROV sees it."
    ]
    schema_version: Annotated[Literal["2"], "Version of this schema."]
    software: Annotated[Software, "The program that wrote the record."]
    pipeline: Annotated[str, "Name of the pipeline."]
    node: Annotated[str, "Label of the node."]
    task: Annotated[str, "Name of the task, and of its directory below the run's."]
    run_id: Annotated[str, "Id of the run."]
    parents: Annotated[tuple[str, ...], "Names of the nearest generic tasks upstream."]
    host: Annotated[str, "Name of the machine or pod."]
    image: Annotated[Image | None, "The container image; null where it is not known."]
    started: Annotated[Time, "When the task began (RFC 3339, UTC, to the millisecond)."]
    finished: Annotated[Time, "When the record was written (RFC 3339, UTC, to the millisecond)."]
    seconds: Annotated[float, {"minimum": 0}, "Seconds between the two."]
    exit_status: Annotated[int, {"minimum": 0}, "Exit status of the task; 0 is success."]
    error: Annotated[RecordedError | None, "The error that ended the task; null after success."]
    strict: Annotated[
        Strictness,
        "How the task reacts to a failed tool: `error` stops it, `warn` notes a finding, `off` ignores it; "
        "null where it is not known.",
    ]
    findings: Annotated[tuple[GuardFinding, ...], "What the guard saw."]
    file: Annotated[str, "Notebook or script, relative to the archive's root (POSIX)."]
    source: Annotated[
        SubmittedFile | None,
        "The notebook or script as submitted; null where the task ended before it was fetched.",
    ]
    archive: Annotated[Sha256, "SHA-256 of the archive with the node's files."]
    files: Annotated[tuple[SubmittedFile, ...], "The other files of the archive."]
    files_unlisted: Annotated[
        int,
        {"minimum": 0},
        "How many more files there are than the record lists; the archive's hash covers them.",
    ]
    parameters: Annotated[dict[str, Value], "Pipeline parameters of the task: name to value."]
    modules: Annotated[tuple[Module, ...], "Neurodesk modules."]
    cvmfs: Annotated[
        MountedRepository | None,
        "The Neurodesk repository; null where the task mounts none or it was not readable.",
    ]
    inputs: Annotated[
        tuple[InputFile, ...], "Files of other tasks that were placed in the working directory."
    ]
    outputs: Annotated[tuple[StoredFile, ...], "Declared outputs that were stored."]
    reports: Annotated[tuple[StoredFile, ...], "The executed notebook and its HTML page."]
    undeclared: Annotated[
        tuple[StoredFile, ...] | None,
        Key("undeclared", required=False),
        "Files that the task created or changed, did not declare as outputs, and that were kept; no other "
        "task gets them. Left out where there are none.",
    ]
    not_kept: Annotated[
        NotKept | None,
        Key("not_kept", required=False),
        "Those that were not kept; left out where there are none.",
    ]
    language: Annotated[Language | None, "The language that ran; null where nothing ran."]
    python: Annotated[str, "Version of the Python that ran the task."]
    packages: Annotated[
        dict[str, str] | None,
        Key("packages", required=False),
        "Python packages that it can import: name to version. The record of a run has them once, under its "
        "own `packages`.",
    ]
    packages_sha256: Annotated[Sha256, "SHA-256 of the lines `name==version`, sorted."]
    attempt: Annotated[
        int | None,
        {"minimum": 2},
        Key("attempt", required=False),
        "Which attempt of the run at this task it is, counted by the records that they left; left out for "
        "the first. `runs retry` makes more than one.",
    ] = None


@dataclass(frozen=True)
class RecordReference:
    """Where the task's own record is."""

    key: Annotated[str, "Object key in the bucket."]
    size: Bytes
    sha256: Annotated[Sha256, "SHA-256 of its content."]


@dataclass(frozen=True)
class RecordedTask:
    """One task of the run."""

    name: Annotated[str, "Name in the compiled pipeline."]
    node: Annotated[str, "Label of the node."]
    kind: Annotated[
        Literal["generic", "component"],
        "`generic` for a notebook or script, `component` for a node of a catalog.",
    ]
    state: Annotated[str, "State that the backend gives it (KFP's names)."]
    started: Annotated[MaybeTime, "When it began; null where it did not."]
    seconds: Annotated[
        MaybeSeconds, "Seconds that it took; null where it did not begin or its end is not known."
    ]
    message: Annotated[str, "What went wrong, in one line; empty where nothing did."]
    image: Annotated[
        str, "The container image that the pipeline asks for; empty where the pipeline is no longer known."
    ]
    reference: Annotated[RecordReference | None, "Where the task's own record is; null where it has none."]
    record: Annotated[
        TaskRecord | None,
        "The task's own record, without its packages; null where it has none: the task never began, or is a "
        "catalog component.",
    ]


@dataclass(frozen=True)
class LoadedTool:
    """A module that tasks of the run loaded."""

    module: Annotated[str, "`tool/version`; empty where it was not available."]
    container: Annotated[
        str, "Directory of the container that it really was; empty where it was not available."
    ]
    requested: Annotated[tuple[str, ...], "As it was asked for."]
    tasks: Annotated[tuple[str, ...], "Names of the tasks."]


@dataclass(frozen=True)
class RepositoryState:
    """A state of the Neurodesk repository that tasks of the run saw."""

    revision: Annotated[str | None, "CVMFS revision; null where the mount reported none."]
    root_hash: Annotated[str | None, "Hash of the root catalog; null where the mount reported none."]
    published: Annotated[str | None, "When it was published; null where the mount did not report it."]
    tasks: Annotated[tuple[str, ...], "Names of the tasks."]


@dataclass(frozen=True)
class Edge:
    """A file that went from one task to another."""

    origin: Annotated[str, Key("from"), "Name of the task that made it."]
    target: Annotated[str, Key("to"), "Name of the task that used it."]
    path: Annotated[str, "Path below both tasks' working directories (POSIX)."]
    key: Annotated[str, "Object key in the bucket."]
    size: Bytes
    sha256: Annotated[Sha256, "SHA-256 of its content."]


@dataclass(frozen=True)
class OfTask:
    """Something of one task; a base, so that its field comes first."""

    task: Annotated[str, "Name of the task."]


@dataclass(frozen=True)
class TaskFinding(GuardFinding, OfTask):
    """A guard finding."""


@dataclass(frozen=True)
class RunRecord:
    """What a run did, and with what: the records of its tasks joined."""

    context: Annotated[
        dict[str, Any],
        Key("@context"),
        "JSON-LD context: what the keys mean in W3C PROV and schema.org.",
    ]
    type: Annotated[Literal["prov:Activity"], Key("@type"), "The run as PROV sees it."]
    schema_version: Annotated[Literal["1"], "Version of this schema."]
    software: Annotated[Software, "The program that wrote the record."]
    run_id: Annotated[str, "Id of the run."]
    name: Annotated[str, "Name of the run."]
    pipeline: Annotated[str, "Name of the pipeline; empty where it is no longer known."]
    state: Annotated[
        str, "State of the run (KFP's names); one that has not ended has a record that is not stored."
    ]
    created: Annotated[MaybeTime, "When it was submitted (RFC 3339, UTC)."]
    started: Annotated[MaybeTime, "When its first task began; null where none did."]
    finished: Annotated[MaybeTime, "When it ended; null where it has not."]
    seconds: Annotated[MaybeSeconds, "Seconds from submission to the end."]
    message: Annotated[str, "What went wrong, in one line; empty where nothing did."]
    parameters: Annotated[
        dict[str, Any],
        "Pipeline parameters: name to value, from the tasks that took them and from the run's request.",
    ]
    tasks: Annotated[tuple[RecordedTask, ...], "The tasks, parents before children."]
    tools: Annotated[tuple[LoadedTool, ...], "All modules with the containers that they really were."]
    repositories: Annotated[
        tuple[RepositoryState, ...],
        "The states of the Neurodesk repository; more than one where it was published again while the run "
        "went on.",
    ]
    edges: Annotated[tuple[Edge, ...], "Which output of which task was input of which."]
    packages: Annotated[
        dict[str, dict[str, str]],
        "Python packages of the tasks by the `packages_sha256` of their records: name to version.",
    ]
    findings: Annotated[tuple[TaskFinding, ...], "The guard findings of all tasks."]
