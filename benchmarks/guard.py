"""What the guard costs: to load it into a kernel, per shell escape, and per bash script.

python benchmarks/guard.py [--rounds 30]
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from elyra_neurodesk.bootstrapper.guard.host import cells, kernel_files

ESCAPES = """\
import time, statistics
def seconds(call, rounds):
    figures = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        figures.append(time.perf_counter() - began)
    return statistics.median(figures)
"""
ASKED = "tuple(seconds(lambda: run('true'), {n}) for run in (get_ipython().system, get_ipython().getoutput))"


class Kernel:
    """A Python kernel that answers expressions.

    Args:
        environment: its environment variables.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        from jupyter_client.manager import start_new_kernel

        self.manager, self.client = start_new_kernel(kernel_name="python3", env=dict(environment))

    def run(self, code: str, expression: str = "None") -> str:
        """Run code silently and return the value of an expression as text."""
        asked = {"value": expression}
        reply = self.client.execute_interactive(
            code, silent=True, store_history=False, user_expressions=asked, output_hook=lambda message: None
        )
        return str(reply["content"]["user_expressions"]["value"]["data"]["text/plain"])

    def close(self) -> None:
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def kernel_times(environment: Mapping[str, str], load: str, rounds: int) -> tuple[float, float, float]:
    """Return seconds for loading, for ``!true`` and for ``x = !true``."""
    kernel = Kernel(environment)
    try:
        kernel.run(ESCAPES)
        began = time.perf_counter()
        kernel.run(load)
        loaded = time.perf_counter() - began
        system, output = kernel.run("pass", ASKED.format(n=rounds)).strip("()").split(",")
        return loaded, float(system), float(output)
    finally:
        kernel.close()


def bash_time(environment: Mapping[str, str], rounds: int) -> float:
    """Return the seconds of a bash that does nothing."""
    return median(lambda: subprocess.run(["bash", "-c", "true"], env=dict(environment), check=True), rounds)


def median(call: Callable[[], object], rounds: int) -> float:
    """Return the median seconds of a call."""
    figures = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        figures.append(time.perf_counter() - began)
    return statistics.median(figures)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}; milliseconds")
    with TemporaryDirectory(prefix="guard-") as name:
        directory = kernel_files.write_kernel_files(Path(name))
        guarded = {**os.environ, **kernel_files.environment(directory, "error", os.environ, script=False)}
        rows = []
        for environment, load in ((os.environ, "pass"), (guarded, cells.load_code("python", directory))):
            rows.append((*kernel_times(environment, load, rounds), bash_time(environment, rounds)))
    titles = ("a silent request or loading the guard", "!true", "x = !true", "bash -c true")
    for index, title in enumerate(titles):
        without, with_guard = rows[0][index] * 1000, rows[1][index] * 1000
        print(f"  {title:38} {without:7.1f}  {with_guard:7.1f}   {with_guard - without:+.1f}")


if __name__ == "__main__":
    main()
