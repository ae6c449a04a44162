"""What the embedded backend adds to each task, and how busy it keeps the cores.

Runs 50 trivial notebooks twice: by papermill's own command line, as many at once as there are cores, and as
one pipeline on the embedded backend. Prints the difference per task and the share of the cores in use.

    python benchmarks/overhead.py [--tasks 50]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

CORES = len(os.sched_getaffinity(0))


class Meter:
    """Wall seconds and core seconds of this machine during a ``with`` block."""

    wall = 0.0
    busy = 0.0

    def __enter__(self) -> Meter:
        self._start = time.monotonic(), self._core_seconds()
        return self

    def __exit__(self, *exception: object) -> None:
        start, used = self._start
        self.wall = time.monotonic() - start
        self.busy = (self._core_seconds() - used) / (self.wall * (os.cpu_count() or 1))

    @staticmethod
    def _core_seconds() -> float:
        # first line of /proc/stat (proc(5)): user nice system idle iowait irq softirq ..., in clock ticks
        ticks = [int(field) for field in Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:8]]
        return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def bare(folder: Path, notebook: Path, count: int) -> Meter:
    """Run the notebook ``count`` times with papermill's command line."""

    def once(number: int) -> None:
        command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(notebook)]
        subprocess.run([*command, str(folder / f"out-{number}.ipynb")], check=True, capture_output=True)

    with Meter() as meter, ThreadPoolExecutor(CORES) as pool:
        list(pool.map(once, range(count)))
    return meter


@contextmanager
def backend(folder: Path) -> Iterator[Any]:
    """Start an embedded backend of our own and yield a function that runs the command line with it."""
    tree = folder / "cvmfs"
    (tree / "neurodesk-modules" / "none").mkdir(parents=True)
    environment = {**os.environ, "HOME": str(folder), "ELYRA_NEURODESK_HOME": str(folder / "backend")}

    def cli(*arguments: str) -> str:
        command = [sys.executable, "-m", "elyra_neurodesk.cli.main", *arguments]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout

    cli("local", "up", "--claim", f"cvmfs-neurodesk={tree}")
    try:
        yield cli
    finally:
        cli("local", "down", "--unregister")


def ours(folder: Path, notebook: Path, count: int) -> tuple[Meter, float]:
    """Run the notebook ``count`` times as one pipeline; return the figures and the run's own seconds."""
    nodes = [notebook_node(f"task {number}", notebook.name) for number in range(count)]
    path = write_pipeline(notebook.parent / "many.pipeline", nodes)
    with backend(folder) as cli:
        run_id = json.loads(cli("submit", str(path), "--json"))["run_id"]
        with Meter() as meter:
            cli("runs", "watch", run_id)
        run = json.loads(cli("runs", "show", run_id, "--json"))
    return meter, float(run["seconds"])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=50)
    count = parser.parse_args().tasks
    with TemporaryDirectory(prefix="overhead-") as name:
        folder = Path(name)
        notebook = write_notebook(folder / "work" / "trivial.ipynb", "print(1)")
        plain = bare(folder, notebook, count)
        run, seconds = ours(folder, notebook, count)
    per_task = (seconds - plain.wall) * CORES / count
    print(f"{count} trivial notebooks, {CORES} at once")
    print(f"papermill alone   {plain.wall:7.1f} s   cores busy {plain.busy:4.0%}")
    print(f"embedded backend  {seconds:7.1f} s   cores busy {run.busy:4.0%}")
    print(f"ratio             {seconds / plain.wall:7.2f}")
    print(f"overhead per task {per_task:7.2f} core seconds, over {plain.wall * CORES / count:.2f}")


if __name__ == "__main__":
    main()
