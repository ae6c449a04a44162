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
from elyra_neurodesk.backend.file_lock import is_locked, try_lock
from elyra_neurodesk.backend.private_file import write_private
from elyra_neurodesk.backend.process_handle import UNKNOWN, ProcessHandle

from .leftovers import kill_leftovers
from .messages import error_line
from .model import Attempt, Result, RunnerConfig
from .pod import CANCEL, LOCK, POD, STATUS, PodStatus, read_handles, remove_cgroup
from .podfile import describe_pod
from .scratch import remove_scratch
from .statusfile import UnreadableStatus, read_status, result_of
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
            return next(iter(_running(directory)), UNKNOWN)
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

        A supervisor that was killed takes its processes with it, here at the latest. One whose report cannot
        be read (a damaged disk) counts as lost too: what the task made cannot be handed on.
        """
        directory = directory.absolute()
        with self._lock:
            child = self._children.get(handle.pid)
            if child is not None and child.poll() is not None:
                del self._children[handle.pid]
        with contextlib.suppress(UnreadableStatus):
            if (result := read_status(directory / STATUS)) is not None:
                return result
        if handle.alive():
            return None
        try:
            lock = try_lock(directory / LOCK)
            if lock is None:
                return None
        except OSError:  # the directory or the file was removed or made unreadable
            if _running(directory):
                return None
            return _lost(directory)
        try:  # a supervisor that a killed server has just started will see the result
            return _lost(directory)
        finally:
            os.close(lock)

    def terminate(self, directory: Path, handle: ProcessHandle) -> None:
        """Ask an attempt to end; `poll` then gives a result with reason ``canceled``."""
        directory = directory.absolute()
        with contextlib.suppress(OSError):
            (directory / CANCEL).touch()
        for process in (handle, *_running(directory)):  # the guard hands it on to the supervisor
            with contextlib.suppress(OSError):
                if process.send(signal.SIGTERM):
                    return


def _lost(directory: Path) -> Result:
    """End an attempt that no supervisor runs, and return how it ended."""
    try:
        if (result := read_status(directory / STATUS)) is not None:
            return result  # it ended meanwhile
        hint = error_line(directory / "pod.log")
        message = (
            f"The task's supervisor ended without a report{f': {hint}' if hint else ' (was it killed?)'}"
        )
    except UnreadableStatus as problem:
        message = f"The report of the task's supervisor cannot be read: {problem}."
    kill_leftovers(directory)
    remove_cgroup(directory)
    remove_scratch(directory, work=False)
    status = PodStatus(None, reason="lost", message=message)
    if (directory / CANCEL).exists():
        status = PodStatus(143, reason="canceled", message="The task was canceled.")
    if not (directory / STATUS).exists():
        with contextlib.suppress(OSError):
            write_private(directory / STATUS, json.dumps(vars(status), ensure_ascii=False))
    return result_of(vars(status))


def _running(directory: Path) -> list[ProcessHandle]:
    """Return the processes that say in the directory that they run the attempt, and do: the guard first."""
    return [handle for handle in read_handles(directory) if handle.alive()]
