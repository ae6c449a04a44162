"""Tasks that run on although the server was killed: found by what their directories say, and ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from elyra_neurodesk.backend.file_lock import is_locked
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.pod.pod import LOCK, STATUS, read_handles
from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.process_handle import UNKNOWN

_KILL_SECONDS = 12.0  # the guard takes 10 s at most to end what a killed supervisor leaves
_DEPTH = 3  # of an attempt's directory below `Home.runs`: run, task, attempt


def unattended_attempts(home: Home) -> list[Path]:
    """Return the directories of the attempts that still run; no server may run meanwhile."""
    found = _directories(home.runs, _DEPTH)
    return [directory for directory in found if not (directory / STATUS).exists() and _runs(directory)]


def end_attempts(directories: Sequence[Path], grace_seconds: float) -> list[Path]:
    """End attempts with all their processes: SIGTERM, SIGKILL after ``grace_seconds``.

    Their tasks are pending again at the next start of the server, as after one that ended in order.

    Returns:
        Those that do not end: their processes sleep in the kernel.
    """
    runner = ProcessRunner(RunnerConfig())
    for directory in directories:
        runner.terminate(directory, UNKNOWN)
    left = _wait(runner, directories, grace_seconds)
    for number in (-1, 0):  # the supervisor, whose guard ends the rest, and then the guard
        for directory in left:
            for handle in read_handles(directory)[number:][:1]:
                with suppress(OSError):
                    handle.send(signal.SIGKILL)
        left = _wait(runner, left, _KILL_SECONDS)
    return left


def _wait(runner: ProcessRunner, directories: Sequence[Path], seconds: float) -> list[Path]:
    """Return the attempts that have not ended after ``seconds``."""
    until = time.monotonic() + seconds
    # `poll` kills by their environment what neither supervisor nor guard could end
    while left := [one for one in directories if runner.poll(one, UNKNOWN) is None or _runs(one)]:
        if time.monotonic() > until:
            break
        time.sleep(0.05)
    return left


def _runs(directory: Path) -> bool:
    """Return whether supervisor or guard of an attempt run; they hold its lock until no process is left."""
    with suppress(OSError):
        if is_locked(directory / LOCK):
            return True
    return any(handle.alive() for handle in read_handles(directory))


def _directories(folder: Path, depth: int) -> Iterator[Path]:
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                continue
            if depth == 1:
                yield Path(entry.path)
            else:
                yield from _directories(Path(entry.path), depth - 1)
