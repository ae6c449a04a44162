"""The outputs of all ancestors, found through their task records and placed in the working directory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.archive import escapes
from elyra_neurodesk.bootstrapper.disk import naming_full_disk
from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.spec import TASK_RECORD, TaskSpec
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.record.model import InputFile
from elyra_neurodesk.storage.errors import NoSuchObject
from elyra_neurodesk.storage.interface import PARALLEL, ObjectStorage


class InputUnavailable(NeurodeskError):
    """The record or an output of an ancestor cannot be used."""

    code = "ND-INPUT-001"
    hint = "Run the pipeline again; if it repeats, see the log of the node named here."
    exit_status = 13


def fetch(store: ObjectStorage, spec: TaskSpec, run_id: str, target: Path, log: Log) -> list[InputFile]:
    """Place every ancestor's outputs in ``target``, downloading several at a time.

    Returns:
        What was placed, by path.

    Raises:
        InputUnavailable: a record is missing or unreadable, a file changed, or a path leaves ``target``.
        StorageError: the store failed (exit status 13).
    """
    records = read_records(store, spec, run_id)
    chosen, conflicts = choose(spec.parents, records)
    for path, kept, dropped in conflicts:
        log.say(f"input {path}: the one from {kept} is used, not the one from {dropped}")

    def fetch(item: InputFile) -> None:
        place_input(store, item, target)

    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(fetch, chosen))
    return chosen


def read_records(store: ObjectStorage, spec: TaskSpec, run_id: str) -> dict[str, dict[str, Any]]:
    """Return the task record of every ancestor, by task name."""
    records: dict[str, dict[str, Any]] = {}

    def read(task: str) -> dict[str, Any]:
        try:
            record = json.loads(store.get(spec.run_key(run_id, task, TASK_RECORD)))
            if not isinstance(record, dict):
                raise TypeError("it is not an object")
            return record
        except NoSuchObject:
            raise InputUnavailable(
                f"the task {task!r}, upstream of this one, has no {TASK_RECORD}."
            ) from None
        except (ValueError, TypeError) as problem:
            raise InputUnavailable(
                f"the {TASK_RECORD} of the task {task!r} cannot be read: {problem}."
            ) from problem

    level = list(spec.parents)
    with ThreadPoolExecutor(PARALLEL) as pool:
        while level:
            records.update(zip(level, pool.map(read, level), strict=True))
            parents = [parent for task in level for parent in records[task].get("parents", ())]
            level = [task for task in dict.fromkeys(parents) if task not in records]
    return records


def choose(
    parents: Sequence[str], records: Mapping[str, Mapping[str, Any]]
) -> tuple[list[InputFile], list[tuple[str, str, str]]]:
    """Decide whose file is used where several ancestors left one of the same path.

    The nearest ancestor wins, counted along the longest way: a task thus always wins over those that it
    was made from. Between equals the one named first wins.

    Returns:
        The inputs sorted by path, and (path, task used, task not used) where the contents differ.
    """
    chosen: dict[str, InputFile] = {}
    conflicts = []
    for task in by_distance(parents, records):
        for item in _outputs(task, records[task]):
            known = chosen.setdefault(item.path, item)
            if known.sha256 != item.sha256:
                conflicts.append((item.path, known.origin, task))
    return [chosen[path] for path in sorted(chosen)], conflicts


def by_distance(parents: Sequence[str], records: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return all ancestors, nearest first by their longest distance."""
    distance: dict[str, int] = {}
    level = list(dict.fromkeys(parents))
    for step in range(len(records) + 1):  # the limit ends a walk through records that form a circle
        if not level:
            break
        distance.update(dict.fromkeys(level, step))
        level = list(dict.fromkeys(up for task in level for up in records[task].get("parents", ())))
    order = {task: position for position, task in enumerate(distance)}
    return sorted(distance, key=lambda task: (distance[task], order[task]))


def place_input(store: ObjectStorage, item: InputFile, target: Path) -> None:
    """Download one input to its place, replacing a file that the archive brought."""
    path = target / item.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if target.resolve() not in path.resolve().parents:
            raise InputUnavailable(
                f"the output {item.path!r} of {item.origin!r} leaves the working directory."
            )
        with naming_full_disk(path.parent):
            fetched = store.download(item.key, path)
    except OSError as problem:
        raise InputUnavailable(
            f"the output {item.path!r} of {item.origin!r} cannot be placed: {problem}."
        ) from problem
    if fetched.sha256 != item.sha256:
        raise InputUnavailable(
            f"the output {item.path!r} of {item.origin!r} has changed in the object store."
        )


def _outputs(task: str, record: Mapping[str, Any]) -> list[InputFile]:
    try:
        items = [
            InputFile(str(entry["path"]), task, str(entry["key"]), int(entry["size"]), str(entry["sha256"]))
            for entry in record.get("outputs", ())
        ]
    except (KeyError, TypeError, ValueError) as problem:
        raise InputUnavailable(
            f"the outputs in the record of {task!r} cannot be read: {problem}."
        ) from problem
    for item in items:
        if escapes(item.path):
            raise InputUnavailable(f"the output {item.path!r} of {task!r} leaves the working directory.")
    return items
