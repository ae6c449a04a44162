"""What differed between two runs, told from their records.

Times, hosts and run ids always differ and are left out, and so are executed notebooks, which hold times.
Tasks are the same where their names are; a task without a record on either side cannot be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Literal

Json = dict[str, Any]
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
        a: its value in the first run, None where it was not there. A file is ``{"size", "sha256"}``.
        b: its value in the second run.
        tasks: names of the tasks that it is true of.
        follows: the task whose other output this is a consequence of, "" where it is none.
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

    a: Json
    b: Json
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

        They drew random numbers, wrote the time, or read something that nobody declared.
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
                name: {key: run[key] for key in ("run_id", "name", "state", "created")}
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


def compare(a: Json, b: Json) -> Comparison:
    """Compare two run records."""
    first, second = ({task["name"]: task for task in run["tasks"]} for run in (a, b))
    both = [name for name in first if name in second]
    compared = [name for name in both if first[name]["record"] and second[name]["record"]]
    found: list[Difference] = []
    for name in both:
        found += _states(name, first[name], second[name])
        if name in compared:
            one, other = (_with_packages(run, task[name]) for run, task in ((a, first), (b, second)))
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
            name
            for name in both
            if name not in compared and (first[name]["started"] or second[name]["started"])
        ),
    )


def _with_packages(run: Json, task: Json) -> Json:
    """Return a task's record with its packages and the image that its pipeline asks for."""
    record: Json = task["record"]
    asked = {"reference": task["image"], "digest": None, "used": None} if task["image"] else None
    packages = run["packages"].get(record["packages_sha256"], {})
    return {**record, "packages": packages, "image": record["image"] or asked}


def _states(task: str, a: Json, b: Json) -> Iterator[Difference]:
    yield from _values("results", task, {"state": a["state"]}, {"state": b["state"]})
    if not (a["record"] and b["record"]):
        yield from _values("environment", task, {"image": a["image"]}, {"image": b["image"]})


def _parameters(task: str, a: Json, b: Json) -> Iterator[Difference]:
    yield from _values("parameters", task, a["parameters"], b["parameters"])


def _code_and_files(task: str, a: Json, b: Json) -> Iterator[Difference]:
    """Compare what was submitted; where nothing tells how the archives differ, say that they do."""
    found = [
        *_values("code", task, _source(a), _source(b)),
        *(
            replace(one, kind="code" if PurePosixPath(one.what).suffix.lower() in CODE else "data")
            for one in _values("data", task, _by_path(a["files"]), _by_path(b["files"]))
        ),
    ]
    yield from found
    if not found:
        yield from _values("code", task, {"archive": a["archive"]}, {"archive": b["archive"]})


def _inputs(task: str, a: Json, b: Json) -> Iterator[Difference]:
    yield from _values("data", task, _by_path(a["inputs"]), _by_path(b["inputs"]))


def _tools(task: str, a: Json, b: Json) -> Iterator[Difference]:
    yield from _values("tools", task, _modules(a), _modules(b))
    yield from _values("tools", task, _repository(a), _repository(b))


def _environment(task: str, a: Json, b: Json) -> Iterator[Difference]:
    yield from _values("environment", task, _platform(a), _platform(b))
    yield from _values("environment", task, _packages(a), _packages(b))


def _results(task: str, a: Json, b: Json) -> Iterator[Difference]:
    yield from _values("results", task, _end(a), _end(b))
    yield from _values("results", task, _by_path(a["outputs"]), _by_path(b["outputs"]))


_PARTS: tuple[Callable[[str, Json, Json], Iterator[Difference]], ...] = (
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


def _by_path(files: Iterable[Json]) -> Json:
    return {file["path"]: _content(file) for file in files}


def _content(file: Json) -> Json:
    return {"size": file["size"], "sha256": file["sha256"]}


def _source(record: Json) -> Json:
    source = record["source"]
    return {record["file"]: _content(source)} if source else {}


def _modules(record: Json) -> dict[str, str]:
    """Return tool to what it was; where it is mounted differs between machines and says nothing."""
    found: dict[str, list[str]] = {}
    for module in record["modules"]:
        tool = (module["module"] or module["requested"]).partition("/")[0]
        container = PurePosixPath(module["container"]).name
        was = f"{module['module']} ({container})" if container else module["module"] or "not there"
        found.setdefault(tool, [])
        if was not in found[tool]:
            found[tool].append(was)
    return {tool: ", ".join(names) for tool, names in found.items()}


def _repository(record: Json) -> Json:
    cvmfs = record["cvmfs"] or {}
    told = {"CVMFS revision": cvmfs.get("revision"), "CVMFS root hash": cvmfs.get("root_hash")}
    return {what: value for what, value in told.items() if value}


def _platform(record: Json) -> Json:
    image, language = record["image"] or {}, record["language"] or {}
    told = {
        "image": image.get("reference"),
        "image digest": image.get("digest"),
        "Python": record["python"],
        "language": " ".join(filter(None, (language.get("name"), language.get("version")))),
        "elyra-neurodesk": record["software"]["version"],
        "strict": record["strict"],
    }
    return {what: value for what, value in told.items() if value}


def _packages(record: Json) -> Json:
    return {f"package {name}": version for name, version in record["packages"].items()}


def _end(record: Json) -> Json:
    findings = sorted({finding["code"] for finding in record["findings"]})
    told = {
        "exit status": record["exit_status"],
        "error": (record["error"] or {}).get("code"),
        "findings": ", ".join(findings),
    }
    return {what: value for what, value in told.items() if value not in (None, "")}


def _is_file(value: Any) -> bool:
    return isinstance(value, dict)


def _following(found: Sequence[Difference], tasks: Mapping[str, Json]) -> Iterator[Difference]:
    """Mark each input that differs because the task which made it left something else."""
    changed = {
        (task, one.what) for one in found if one.kind == "results" and _is_file(one.a) for task in one.tasks
    }
    for one in found:
        record = tasks[one.tasks[0]]["record"]
        if one.kind == "data" and record:
            for item in record["inputs"]:
                if item["path"] == one.what and (item["from"], one.what) in changed:
                    one = replace(one, follows=item["from"])
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
