"""The server's side of the warm process, from which supervisors are forked (`warm_process.py`)."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from .forked_messages import MAX_MESSAGE, READY

_MODULE = "elyra_neurodesk.backend.pod.warm_process"
_ANSWER_SECONDS = 10.0
_END_SECONDS = 5.0
_RESTART_SECONDS = 30.0  # between two starts, so that a process that cannot run is not started for every task
_log = logging.getLogger(__name__)


class WarmProcess:
    """A process that forks supervisors, kept running; without it, supervisors are started as new processes.

    Safe to use from several threads.

    Args:
        environment: the variables that tasks have unless they set them otherwise; its PATH has python3.
        log: file to which it writes, should there be anything.
    """

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = {
            name: value for name, value in environment.items() if not name.startswith("PYTHON")
        }
        self._log = log
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._ready = False
        self._started = -_RESTART_SECONDS

    @property
    def pid(self) -> int:
        """Its process id, 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start the process, if it does not run; it is ready some seconds later."""
        with self._lock:
            self._start()

    def ready(self) -> bool:
        """Return whether it has imported everything and waits for pods."""
        with self._lock:
            return self._is_ready()

    def fork(self, pod: Path) -> int | None:
        """Return the process id of a new supervisor for a POD.json; None when it cannot be forked now.

        The process is started again, for the pods to come, when it has ended or what it had imported has
        changed.
        """
        with self._lock:
            self._start()
            if not self._is_ready() or self._channel is None:
                return None
            try:
                self._channel.settimeout(_ANSWER_SECONDS)
                self._channel.sendall(os.fsencode(pod))
                answer = self._channel.recv(MAX_MESSAGE)
            except OSError as problem:
                answer = b""
                _log.warning("the warm process does not answer: %s", problem)
            if answer.isdigit():
                return int(answer)
            stale = bool(answer)
            self._end()
            if stale:
                _log.info("an installed package has changed: the warm process is started again")
                self._started = -_RESTART_SECONDS
            self._start()
            return None

    def close(self) -> None:
        """End the process; supervisors that it forked go on."""
        with self._lock:
            self._end()

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        if self._process is not None:
            _log.warning("the warm process has ended with status %s", self._process.returncode)
            self._end()
        if time.monotonic() - self._started < _RESTART_SECONDS:
            return
        self._started = time.monotonic()
        python = shutil.which("python3", path=self._environment.get("PATH", os.defpath))
        if python is None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    [python, "-m", _MODULE, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=self._environment,
                    start_new_session=True,
                )
            self._channel = ours
        except OSError as problem:
            ours.close()
            _log.warning("the warm process cannot be started: %s", problem)
        finally:
            theirs.close()

    def _is_ready(self) -> bool:
        if not self._ready and self._channel is not None:
            self._channel.settimeout(0)
            with contextlib.suppress(OSError):
                self._ready = self._channel.recv(MAX_MESSAGE) == READY
        return self._ready

    def _end(self) -> None:
        ready, self._ready = self._ready, False
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        if self._process is not None:
            if not ready:
                self._process.kill()  # it would see only after its imports that it is to end
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
