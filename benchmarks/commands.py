"""What the commands cost that people type most, beside ``elyra-pipeline --help``, each in a new process.

    python benchmarks/commands.py [--rounds 7]

The embedded backend is up, in a home of the benchmark's own. Seconds are those of the clock, the fastest and
the median; the cores' seconds (user and system, the least) hardly depend on what else the machine does.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.backend import CONFIG, Backend, running_backend
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

BIN = Path(sys.executable).parent
GOALS = {"--help": 0.1, "runs list": 0.4, "check": 1.2, "submit": 1.5}
"""Seconds on an idle machine."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    print(f"{'':24} {'fastest':>8} {'median':>8} {'cores':>8} {'goal':>8}")
    with TemporaryDirectory(prefix="commands-") as name, running_backend(Path(name)) as backend:
        file = str(write_files(Path(name, "work")))
        here = ("--runtime-config", CONFIG)
        commands = {
            "--help": ("--help",),
            "check": ("check", file, *here),
            "submit": ("submit", file, *here),
            "runs list": ("runs", "list", *here),
            "runs show": ("runs", "show", "latest", *here),
        }
        show("elyra-pipeline --help", measure((str(BIN / "elyra-pipeline"), "--help"), backend, rounds))
        for what, arguments in commands.items():
            figures = measure((str(BIN / "elyra-neurodesk"), *arguments), backend, rounds)
            show(what, figures, GOALS.get(what))


def write_files(folder: Path) -> Path:
    """Write a pipeline of two notebooks; return its file."""
    write_notebook(folder / "one.ipynb", "open('one.txt', 'w').write('1')")
    write_notebook(folder / "two.ipynb", "print(open('one.txt').read())")
    nodes = [
        notebook_node("one", "one.ipynb", outputs=["one.txt"]),
        notebook_node("two", "two.ipynb", ["one"]),
    ]
    return write_pipeline(folder / "example.pipeline", nodes)


def measure(command: Sequence[str], backend: Backend, rounds: int) -> list[tuple[float, float]]:
    """Run a command several times; return the clock's and the cores' seconds of each.

    The first time does not count: files are read from the disk then. The runs that it starts end in between.
    """
    found = []
    for _ in range(rounds + 1):
        begun = time.perf_counter()
        process = subprocess.Popen(command, env=backend.jupyter.env, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{command} exited with {process.returncode}")
        found.append((seconds, used.ru_utime + used.ru_stime))
        for run in backend.runs():
            backend.wait(run["run_id"])
    return found[1:]


def show(what: str, figures: Sequence[tuple[float, float]], goal: float | None = None) -> None:
    """Print one row."""
    clock, cores = ([one[kind] for one in figures] for kind in (0, 1))
    limit = f"{goal:8.1f}" if goal else ""
    print(
        f"{what:24} {min(clock):8.2f} {statistics.median(clock):8.2f} {min(cores):8.2f} {limit}", flush=True
    )


if __name__ == "__main__":
    main()
