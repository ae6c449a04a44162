"""Start the bootstrapper in a process of its own, forked from one that has imported its libraries.

Importing papermill, nbconvert and minio takes a task some seconds of a core; a hundred tasks need it once.
What runs is the bootstrapper's own `main`, with the environment, directory and output that it would have had.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LIBRARIES = (
    "IPython",
    "ipykernel",
    "minio",
    "nbconvert.exporters.html",
    "papermill.execute",
    "jupyter_client.manager",
    "elyra_neurodesk.bootstrapper.__main__",
    "tests.seeded.warm",
)
KILLED = 137
_CONTEXT = multiprocessing.get_context("forkserver")


def warm_up() -> None:
    """Say what the server is to import; call it before the first task."""
    _CONTEXT.set_forkserver_preload(list(LIBRARIES))


def run(
    arguments: Sequence[str], directory: Path, environment: Mapping[str, str], timeout: float
) -> tuple[int, str]:
    """Run ``python -m elyra_neurodesk.bootstrapper`` with these arguments.

    Args:
        arguments: as on the command line.
        directory: where it runs; made.
        environment: all of it.
        timeout: seconds; then it is killed.

    Returns:
        Exit status, and what it wrote to stdout and stderr.
    """
    directory.mkdir(parents=True, exist_ok=True)
    output, status = directory / "output.txt", directory / "status.txt"
    process = _CONTEXT.Process(target=_task, args=(list(arguments), directory, dict(environment)))
    process.start()
    process.join(timeout)
    if process.is_alive():
        process.kill()
        process.join()
    # not process.exitcode: threads that start other processes may take it away (multiprocessing's _cleanup)
    ended = int(status.read_text()) if status.exists() else KILLED
    return ended, output.read_text("utf-8", "replace")


def _task(arguments: list[str], directory: Path, environment: dict[str, str]) -> None:
    from elyra_neurodesk.bootstrapper.__main__ import main

    descriptor = os.open(directory / "output.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    status = main(arguments)
    (directory / "status.txt").write_text(str(status))
    sys.exit(status)
