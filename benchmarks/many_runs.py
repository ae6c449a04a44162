"""How long the embedded backend takes with 5,000 runs in its database: to start, to list, to find one.

``python benchmarks/many_runs.py``; the goals on an idle machine are 5 s for the start, and 15 s for one that
has to make a damaged database again.
"""

from __future__ import annotations

import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from elyra_neurodesk.backend import lifecycle
from elyra_neurodesk.backend.db.catalog import Catalog
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.listing import read_listing
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow, now
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import SUCCEEDED
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.snapshots import Snapshots

RUNS = 5_000
TASKS = 5


def main() -> None:
    """Fill a database, then measure."""
    with tempfile.TemporaryDirectory() as directory:
        home = Home(Path(directory) / "home")
        home.make()
        runs, last = fill(home)
        begun = time.perf_counter()
        lifecycle.up(home, lifecycle.Options(), lambda line: None)
        print(f"local up with {RUNS} runs of {TASKS} tasks: {time.perf_counter() - begun:.2f} s")
        try:
            newest = read_listing(
                {"sort_by": "created_at desc", "page_size": "100"}, {"created_at": "created_at"}
            )
            measure("a page of 100 runs", lambda: runs.page(newest))
            measure("a run by the beginning of its id", lambda: runs.find(last[:13]))
        finally:
            lifecycle.down(home, lambda line: None)
        snapshots = Snapshots(home, runs, Catalog(Database(home.database)))
        begun = time.process_time()
        snapshots.write_missing(pause_seconds=0)
        print(f"writing the snapshots that are missing: {time.process_time() - begun:.2f} s of CPU time")
        damage(home.database)
        begun = time.perf_counter()
        lifecycle.up(home, lifecycle.Options(new_database=True), print)
        print(f"local up --new-database with {RUNS} runs: {time.perf_counter() - begun:.2f} s")
        lifecycle.down(home, lambda line: None)


def fill(home: Home) -> tuple[RunStore, str]:
    """Write the runs, each with a work directory and a package of its own; return them and the last id."""
    database = Database(home.database)
    experiment, runs = Catalog(database).ensure_default_experiment(), RunStore(database)
    run_id = ""
    for number in range(RUNS):
        run_id = str(uuid.uuid4())
        run = RunRow(
            run_id, experiment, f"run {number}", "", "", "", "p", "", {}, SUCCEEDED, AVAILABLE, now()
        )
        tasks = [
            TaskRow(run_id, f"task-{task}", task, f"task {task}", (), SUCCEEDED) for task in range(TASKS)
        ]
        runs.add(run, f"# {number}\n" + "x" * 2_000, tasks)
        home.run_directory(run_id).mkdir()
    return runs, run_id


def damage(database: Path) -> None:
    """Write noise over a database, and remove the log that could repair it."""
    database.write_bytes(b"\xa5" * database.stat().st_size)
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)


def measure(what: str, call: Callable[[], object]) -> None:
    """Print how long a call takes."""
    begun = time.perf_counter()
    call()
    print(f"{what}: {(time.perf_counter() - begun) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
