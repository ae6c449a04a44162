"""What the embedded backend's directory takes of the disk, by run."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.home import Home

_BLOCK = 512  # bytes that st_blocks counts (stat(2))
_RUN_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class RunUse:
    """Bytes of one run: its objects in the store, and its work directories with their logs."""

    run_id: str
    store: int
    work: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.store + self.work


@dataclass(frozen=True)
class DiskUse:
    """Bytes on the disk; a file with several hard links counts once, for the store if it is there.

    Attributes:
        store: all objects, also those of no run (archives).
        work: the work directories of all runs.
        state: database, settings and logs of the server.
        free: what the file system has left for this user.
        runs: the runs that have files, the largest first.
    """

    store: int
    work: int
    state: int
    free: int
    runs: tuple[RunUse, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON for programs."""
        return asdict(self)


def disk_use(home: Home) -> DiskUse:
    """Return what a backend's directory takes; files that vanish meanwhile count nothing."""
    seen: set[tuple[int, int]] = set()
    store, work = _by_run(home.store, seen), _by_run(home.runs, seen)
    state = sum(
        size for path, size in _files(home.path, seen) if not {home.store, home.runs} & set(path.parents)
    )
    runs = [RunUse(run_id, store[run_id], work[run_id]) for run_id in {*store, *work} - {""}]
    there = home.path if home.path.is_dir() else Path("/")
    return DiskUse(
        sum(store.values()),
        sum(work.values()),
        state,
        shutil.disk_usage(there).free,
        tuple(sorted(runs, key=lambda run: (-run.total, run.run_id))),
    )


def _by_run(top: Path, seen: set[tuple[int, int]]) -> Counter[str]:
    """Return the bytes below a directory by run id, "" for what belongs to no run."""
    found: Counter[str] = Counter()
    for path, size in _files(top, seen):
        parts = path.relative_to(top).parts
        found[next((part for part in parts if _RUN_ID.fullmatch(part)), "")] += size
    return found


def _files(top: Path, seen: set[tuple[int, int]]) -> Iterator[tuple[Path, int]]:
    """Yield the plain files below a directory and what each takes, once for all its hard links."""
    for folder, _, names in os.walk(top):
        for name in names:
            path = Path(folder, name)
            try:
                facts = path.lstat()
            except OSError:
                continue
            if stat.S_ISREG(facts.st_mode) and (facts.st_dev, facts.st_ino) not in seen:
                seen.add((facts.st_dev, facts.st_ino))
                yield path, facts.st_blocks * _BLOCK
