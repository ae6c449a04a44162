"""Deleting runs, and the objects that their tasks left: never anything outside of a run's own directory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.kfp_api.connection import Connection
from elyra_neurodesk.kfp_api.runs import check_ended, delete_run, get_run, runs_until
from elyra_neurodesk.runs.results import RunResults
from elyra_neurodesk.runs.summary import SUCCEEDED, RunSummary, summarize
from elyra_neurodesk.storage.interface import PARALLEL, BrowsableStorage, StoredObject

_RUN_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{7,}")


class UnsafeDirectory(NeurodeskError):
    """The directory of a run's objects is not the run's alone."""

    code = "ND-RUNS-010"
    hint = (
        "Nothing was deleted. Delete the run without --outputs, and its objects with the store's own tools."
    )


@dataclass(frozen=True)
class Deletion:
    """What goes with one run.

    Attributes:
        run: the API's run.
        summary: the run without its tasks.
        objects: its objects in the store; empty where those stay.
        storage: holds them; None where they stay, or where the run's pipeline does not say where they are.
    """

    run: Any
    summary: RunSummary
    objects: tuple[StoredObject, ...] = ()
    storage: BrowsableStorage | None = None

    @property
    def size(self) -> int:
        """Bytes in all objects."""
        return sum(item.size for item in self.objects)

    def to_json(self) -> dict[str, Any]:
        """Return what ``--json`` prints for it."""
        content = self.summary.to_json(tasks=False)
        return {
            **{name: content[name] for name in ("run_id", "name", "state", "created", "finished")},
            "objects": len(self.objects),
            "bytes": self.size,
        }


def plan_deletion(connection: Connection, run: Any, outputs: bool) -> Deletion:
    """Return what deleting a run removes; nothing is removed yet.

    Args:
        connection: the API that it is at.
        run: the API's run.
        outputs: whether its objects go, too.

    Raises:
        RunGoesOn: it has not ended.
        UnsafeDirectory: its pipeline names a directory that is not the run's alone.
        ApiError, StorageError: the API or the store cannot be asked.
    """
    check_ended(run, "deleted")
    summary = summarize(run)
    if not outputs:
        return Deletion(run, summary)
    results = RunResults.of(connection, run.run_id)
    if not results.specs:
        return Deletion(run, summary)
    prefix = own_prefix(results.directory, run.run_id)
    found = results.storage.list(prefix)
    return Deletion(
        run, summary, tuple(item for item in found if item.key.startswith(prefix)), results.storage
    )


def own_prefix(directory: str, run_id: str) -> str:
    """Return the prefix of the keys of a run's objects, ``<directory>/``.

    Raises:
        UnsafeDirectory: the directory is not named by the run's id, or has parts that lead elsewhere.
    """
    parts = directory.split("/")
    if not _RUN_ID.fullmatch(run_id) or parts[-1] != run_id or {"", ".", ".."} & set(parts):
        raise UnsafeDirectory(
            f"the objects of run {run_id} are below {directory!r}, not in its own directory."
        )
    return f"{directory}/"


def plan_pruning(connection: Connection, until: datetime, keep_failed: bool, outputs: bool) -> list[Deletion]:
    """Return what deleting the runs that ended before ``until`` removes, oldest first.

    Args:
        connection: the API that they are at.
        until: with its time zone.
        keep_failed: whether runs that failed stay.
        outputs: whether their objects go, too.

    Raises:
        UnsafeDirectory, ApiError, StorageError: as `plan_deletion`.
    """
    # all of them before the first is deleted, which would move the pages of the list
    old = [run for run in runs_until(connection, until) if not keep_failed or not _failed(run)]
    if not outputs:
        return [plan_deletion(connection, run, outputs=False) for run in old]
    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(lambda run: plan_deletion(connection, run, outputs=True), old))


def delete(connection: Connection, deletions: Iterable[Deletion]) -> Iterator[Deletion]:
    """Delete runs one by one, and yield each when it is gone.

    A run's objects go first: if that fails, the run is still there, and the same command finds the rest.

    Raises:
        RunGoesOn: a run was retried meanwhile.
        ApiError, StorageError: the API or the store failed or refused; the runs before are deleted.
    """
    for deletion in deletions:
        run = get_run(connection, deletion.run.run_id)
        check_ended(run, "deleted")
        if deletion.storage is not None:
            with ThreadPoolExecutor(PARALLEL) as pool:
                list(pool.map(deletion.storage.delete, (item.key for item in deletion.objects)))
        delete_run(connection, run)
        yield deletion


def _failed(run: Any) -> bool:
    return run.state not in (SUCCEEDED, "CANCELED")
