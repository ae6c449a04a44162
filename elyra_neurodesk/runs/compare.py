"""What differed between two runs, according to their records.

Times, hosts and run ids always differ and are left out, and so are executed notebooks, which hold times.
Tasks are the same where their names are; a task without a record on either side cannot be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Literal

from elyra_neurodesk.record.model import (
    InputFile,
    RecordedTask,
    RunRecord,
    StoredFile,
    SubmittedFile,
    TaskRecord,
)

Json = dict[str, Any]
_File = SubmittedFile | InputFile | StoredFile
Kind = Literal["parameters", "code", "data", "tools", "environment", "results"]
KINDS: tuple[Kind, ...] = ("parameters", "code", "data", "tools", "environment", "results")

CODE = frozenset({".py", ".ipynb", ".r", ".rmd", ".sh", ".bash", ".m", ".jl", ".pl", ".tcl", ".c", ".cpp"})
"""Endings (small letters) of files beside a notebook that count as code; the others are data."""


@dataclass(frozen=True)
class Difference:
    """One thing that was not the same.

    Attributes:
        kind: what sort of thing.
        what: the thing: a parameter's name, a file's path, a tool, ``Python``.
        a: its value in the first run, None where it has none. A file is ``{"size", "sha256"}``.
        b: its value in the second run.
        tasks: names of the tasks that it is true of.
        follows: the task whose other output this is a consequence of, "" where it is not one.
    """

    kind: Kind
    what: str
    a: Any
    b: Any
    tasks: tuple[str, ...]
    follows: str = ""


@dataclass(frozen=True)
class Comparison:
    """What differed.

    Attributes:
        a: the first run's record.
        b: the second run's record.
        differences: by kind, then in the order of the tasks.
        only_a: names of tasks that only the first run has.
        only_b: names of tasks that only the second run has.
        compared: names of the tasks that both have with a record.
        unrecorded: names of the tasks that both have and that began, at least one of them without a record.
    """

    a: RunRecord
    b: RunRecord
    differences: tuple[Difference, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    compared: tuple[str, ...]
    unrecorded: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differed in what could be compared."""
        return not (self.differences or self.only_a or self.only_b)

    @property
    def unexplained(self) -> tuple[str, ...]:
        """Tasks whose outputs differ although nothing that is recorded of what they started from does.

        They drew random numbers, wrote the time, or read undeclared files.
        """
        explained = {task for one in self.differences if one.kind != "results" for task in one.tasks}
        return tuple(
            dict.fromkeys(
                task
                for one in self.differences
                if one.kind == "results" and _is_file(one.a) and _is_file(one.b)
                for task in one.tasks
                if task not in explained
            )
        )

    def of(self, kind: Kind) -> tuple[Difference, ...]:
        """Return the differences of one kind."""
        return tuple(difference for difference in self.differences if difference.kind == kind)

    def to_json(self) -> Json:
        """Return what ``--json`` prints."""
        return {
            "same": self.same,
            **{
                name: {key: getattr(run, key) for key in ("run_id", "name", "state", "created")}
                for name, run in (("a", self.a), ("b", self.b))
            },
            "tasks": {
                "compared": list(self.compared),
                "only_a": list(self.only_a),
                "only_b": list(self.only_b),
                "unrecorded": list(self.unrecorded),
                "unexplained": list(self.unexplained),
            },
            "differences": [asdict(difference) for difference in self.differences],
        }


def compare(a: RunRecord, b: RunRecord) -> Comparison:
    """Compare two run records."""
    first, second = ({task.name: task for task in run.tasks} for run in (a, b))
    both = [name for name in first if name in second]
    compared = [name for name in both if first[name].record and second[name].record]
    found: list[Difference] = []
    for name in both:
        found += _states(name, first[name], second[name])
        one, other = (_completed(run, tasks[name]) for run, tasks in ((a, first), (b, second)))
        if one is not None and other is not None:
            for part in _PARTS:
                found += part(name, one, other)
    return Comparison(
        a,
        b,
        tuple(_ordered(_grouped(_following(found, first)))),
        only_a=tuple(name for name in first if name not in second),
        only_b=tuple(name for name in second if name not in first),
        compared=tuple(compared),
        unrecorded=tuple(
            name for name in both if name not in compared and (first[name].started or second[name].started)
        ),
    )


@dataclass(frozen=True)
class _Task:
    """A task's record, and what only the run's record has of it.

    Attributes:
        record: its own record.
        image: the image that the pipeline asks for, "" where that is not known.
        packages: Python packages: name to version.
    """

    record: TaskRecord
    image: str
    packages: Mapping[str, str]


def _completed(run: RunRecord, task: RecordedTask) -> _Task | None:
    if task.record is None:
        return None
    return _Task(task.record, task.image, run.packages.get(task.record.packages_sha256, {}))


def _states(task: str, a: RecordedTask, b: RecordedTask) -> Iterator[Difference]:
    yield from _values("results", task, {"state": a.state}, {"state": b.state})
    if not (a.record and b.record):
        yield from _values("environment", task, {"image": a.image}, {"image": b.image})


def _parameters(task: str, a: _Task, b: _Task) -> Iterator[Difference]:
    yield from _values("parameters", task, a.record.parameters, b.record.parameters)


def _code_and_files(task: str, a: _Task, b: _Task) -> Iterator[Difference]:
    """Compare what was submitted; where no file explains how the archives differ, report that they do."""
    found = [
        *_values("code", task, _source(a.record), _source(b.record)),
        *(
            replace(one, kind="code" if PurePosixPath(one.what).suffix.lower() in CODE else "data")
            for one in _values("data", task, _by_path(a.record.files), _by_path(b.record.files))
        ),
    ]
    yield from found
    if not found:
        archives = ({"archive": one.record.archive} for one in (a, b))
        yield from _values("code", task, *archives)


def _inputs(task: str, a: _Task, b: _Task) -> Iterator[Difference]:
    yield from _values("data", task, _by_path(a.record.inputs), _by_path(b.record.inputs))


def _tools(task: str, a: _Task, b: _Task) -> Iterator[Difference]:
    yield from _values("tools", task, _modules(a.record), _modules(b.record))
    yield from _values("tools", task, _repository(a.record), _repository(b.record))


def _environment(task: str, a: _Task, b: _Task) -> Iterator[Difference]:
    yield from _values("environment", task, _platform(a), _platform(b))
    yield from _values("environment", task, _packages(a), _packages(b))


def _results(task: str, a: _Task, b: _Task) -> Iterator[Difference]:
    yield from _values("results", task, _end(a.record), _end(b.record))
    yield from _values("results", task, _by_path(a.record.outputs), _by_path(b.record.outputs))


_PARTS: tuple[Callable[[str, _Task, _Task], Iterator[Difference]], ...] = (
    _parameters,
    _code_and_files,
    _inputs,
    _tools,
    _environment,
    _results,
)


def _values(kind: Kind, task: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[Difference]:
    for what in dict.fromkeys((*a, *b)):
        # 1, 1.0 and True are equal in Python and not as parameters
        if a.get(what) != b.get(what) or type(a.get(what)) is not type(b.get(what)):
            yield Difference(kind, what, a.get(what), b.get(what), (task,))


def _by_path(files: Iterable[_File]) -> Json:
    return {file.path: _content(file) for file in files}


def _content(file: _File) -> Json:
    return {"size": file.size, "sha256": file.sha256}


def _source(record: TaskRecord) -> Json:
    return {record.file: _content(record.source)} if record.source else {}


def _modules(record: TaskRecord) -> dict[str, str]:
    """Return tool to what it was; where it is mounted differs between machines and is left out."""
    found: dict[str, list[str]] = {}
    for module in record.modules:
        tool = (module.module or module.requested).partition("/")[0]
        container = PurePosixPath(module.container).name
        was = f"{module.module} ({container})" if container else module.module or "not there"
        found.setdefault(tool, [])
        if was not in found[tool]:
            found[tool].append(was)
    return {tool: ", ".join(names) for tool, names in found.items()}


def _repository(record: TaskRecord) -> Json:
    seen = record.cvmfs
    if seen is None:
        return {}
    return _known({"CVMFS revision": seen.revision, "CVMFS root hash": seen.root_hash})


def _platform(task: _Task) -> Json:
    image, language = task.record.image, task.record.language
    return _known(
        {
            "image": image.reference if image else task.image,
            "image digest": image.digest if image else None,
            "Python": task.record.python,
            "language": " ".join(filter(None, (language.name, language.version))) if language else "",
            "elyra-neurodesk": task.record.software.version,
            "strict": task.record.strict,
        }
    )


def _packages(task: _Task) -> Json:
    return {f"package {name}": version for name, version in task.packages.items()}


def _end(record: TaskRecord) -> Json:
    codes = sorted({finding.code for finding in record.findings})
    error = record.error.code if record.error else None
    return {"exit status": record.exit_status, **_known({"error": error, "findings": ", ".join(codes)})}


def _known(values: Json) -> Json:
    """Leave out what is None or empty."""
    return {what: value for what, value in values.items() if value}


def _is_file(value: Any) -> bool:
    return isinstance(value, dict)


def _following(found: Sequence[Difference], tasks: Mapping[str, RecordedTask]) -> Iterator[Difference]:
    """Mark each input that differs because the task which made it left something else."""
    changed = {
        (task, one.what) for one in found if one.kind == "results" and _is_file(one.a) for task in one.tasks
    }
    for one in found:
        record = tasks[one.tasks[0]].record
        if one.kind == "data" and record:
            for item in record.inputs:
                if item.path == one.what and (item.origin, one.what) in changed:
                    one = replace(one, follows=item.origin)
        yield one


def _grouped(found: Iterable[Difference]) -> list[Difference]:
    """Join what is the same for several tasks."""
    groups: dict[Hashable, Difference] = {}
    for one in found:
        key = (one.kind, one.what, repr(one.a), repr(one.b), one.follows)
        known = groups.get(key)
        groups[key] = one if known is None else replace(known, tasks=(*known.tasks, *one.tasks))
    return list(groups.values())


def _ordered(found: Iterable[Difference]) -> list[Difference]:
    return sorted(found, key=lambda one: KINDS.index(one.kind))
