"""Starting, watching and ending pods; everything but two numbers is in the attempt's directory."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import elyra_neurodesk
from elyra_neurodesk.backend.file_lock import is_locked
from elyra_neurodesk.backend.private_file import write_private
from elyra_neurodesk.backend.process_handle import ProcessHandle

from .leftovers import kill_leftovers
from .messages import error_line
from .model import Attempt, Result, RunnerConfig
from .pod import CANCEL, LOCK, PID, POD, STATUS
from .podfile import describe_pod
from .scratch import remove_scratch
from .warm import WarmProcess

_POD_MODULE = "elyra_neurodesk.backend.pod.pod"


class ProcessRunner:
    """Runs each attempt as processes of this machine, under a supervisor that outlives the server.

    Safe to use from several threads.

    Args:
        config: what this machine offers.
        warm: supervisors are forked from it where it is ready; None starts all as new processes.
    """

    def __init__(self, config: RunnerConfig, warm: WarmProcess | None = None) -> None:
        self._config = config
        self._warm = warm
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def start(self, attempt: Attempt) -> ProcessHandle:
        """Start an attempt and return at once.

        Called again for the same directory (by a server that died before it could note the handle), it starts
        nothing twice: `poll` then reports on the supervisor that is there.

        Raises:
            OSError: the directory cannot be written.
            NeurodeskError: the sidecar that the pod's labels ask for cannot be made.
        """
        directory = attempt.directory.absolute()
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if (directory / STATUS).exists() or is_locked(directory / LOCK):
            return _running(directory)
        write_private(directory / POD, json.dumps(describe_pod(attempt, self._config), ensure_ascii=False))
        if self._warm is not None and (pid := self._warm.fork(directory / POD)) is not None:
            return ProcessHandle.of(pid)
        # -S: the supervisor needs nothing of site-packages, and reading its .pth files takes time.
        command = [sys.executable, "-S", "-P", "-m", _POD_MODULE, str(directory / POD)]
        root = str(Path(elyra_neurodesk.__file__).parents[1])
        with (directory / "pod.log").open("ab") as log:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=directory,
                env={**os.environ, "PYTHONPATH": root, "PYTHONUTF8": "1"},
                start_new_session=True,
            )
        with self._lock:
            self._children[child.pid] = child
        return ProcessHandle.of(child.pid)

    def poll(self, directory: Path, handle: ProcessHandle) -> Result | None:
        """Return how an attempt ended, or None while it runs.

        A supervisor that was killed takes its processes with it, here at the latest.
        """
        directory = directory.absolute()
        with self._lock:
            child = self._children.get(handle.pid)
            if child is not None and child.poll() is not None:
                del self._children[handle.pid]
        if (result := _read_status(directory)) is not None:
            return result
        if self._is_alive(directory, handle):
            return None
        # It may have ended between the two looks.
        if (result := _read_status(directory)) is not None:
            return result
        kill_leftovers(directory)
        remove_scratch(directory, work=False)
        if (directory / CANCEL).exists():
            return Result(False, 143, "canceled", "The task was canceled.")
        hint = error_line(directory / "pod.log")
        return Result(
            False,
            None,
            "lost",
            f"The task's supervisor ended without a report{f': {hint}' if hint else ' (was it killed?)'}",
        )

    def terminate(self, directory: Path, handle: ProcessHandle) -> None:
        """Ask an attempt to end; `poll` then gives a result with reason ``canceled``."""
        directory = directory.absolute()
        with contextlib.suppress(OSError):
            (directory / CANCEL).touch()
        if self._is_alive(directory, handle) and (pid := _supervisor(directory, handle)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def _is_alive(self, directory: Path, handle: ProcessHandle) -> bool:
        return handle.alive() or is_locked(directory / LOCK)


def _supervisor(directory: Path, handle: ProcessHandle) -> int:
    """Return the process id of the attempt's supervisor, whoever started it."""
    return handle.pid if handle.alive() else _running(directory).pid


def _running(directory: Path) -> ProcessHandle:
    """Return the handle of the supervisor that says in the directory that it runs."""
    try:
        return ProcessHandle.of(int((directory / PID).read_text()))
    except (OSError, ValueError):
        return ProcessHandle(0, 0)


def _read_status(directory: Path) -> Result | None:
    try:
        status = json.loads((directory / STATUS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Result(
        succeeded=status["reason"] == "completed",
        exit_code=status["exit_code"],
        reason=status["reason"],
        message=status["message"],
        outputs=status["outputs"],
    )
