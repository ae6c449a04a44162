"""Running the processes of one pod in Kubernetes' order, and ending them all."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from elyra_neurodesk.errors import NeurodeskError

from .spawn import end_group

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_FIRST_BACKOFF, _LAST_BACKOFF = 1.0, 60.0


class Canceled(Exception):
    """Someone asked the supervisor to stop."""


class DeadlineReached(Exception):
    """The pod's deadline has passed."""


@dataclass
class Program:
    """One container of the pod.

    Attributes:
        name: container name.
        start: starts the process, leader of its own group, and returns its id.
        pid: process id of the latest start.
        running: whether it runs.
        exit_code: how it ended last, 128 + signal number for a signal.
        due: when an ended sidecar is to be started again (monotonic clock).
        backoff: seconds before the next restart.
    """

    name: str
    start: Callable[[], int]
    pid: int = 0
    running: bool = False
    exit_code: int = 0
    due: float | None = None
    backoff: float = _FIRST_BACKOFF


def block_signals() -> None:
    """Keep the signals that the supervisor acts on pending until it asks for them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


class Supervisor:
    """Runs programs one after the other, with sidecars beside them.

    `block_signals` must have been called before, and nothing else may wait for children of this process.

    Args:
        deadline_seconds: time for everything together, None for no limit.
        grace_seconds: time between SIGTERM and SIGKILL.
    """

    def __init__(self, deadline_seconds: float | None, grace_seconds: float) -> None:
        self._deadline = None if deadline_seconds is None else time.monotonic() + deadline_seconds
        self._grace = grace_seconds
        self._sidecars: list[Program] = []
        self._current: list[Program] = []

    def add_sidecar(self, program: Program) -> None:
        """Start a sidecar, which runs until `stop` and is started again whenever it ends.

        Raises:
            NeurodeskError: it cannot be started.
        """
        _start(program)
        self._sidecars.append(program)

    def run(self, program: Program) -> int:
        """Run a program to its end and return its exit code (128 + signal number for a signal).

        Raises:
            NeurodeskError: it cannot be started.
            Canceled: SIGTERM or SIGINT arrived.
            DeadlineReached: the pod's deadline passed.
        """
        self._current = [program]
        _start(program)
        self._reap()
        while program.running:
            self._wait()
            self._reap()
            self._restart_sidecars()
        end_group(program.pid, signal.SIGKILL)  # as in a container, nothing outlives its first process
        return program.exit_code

    def stop(self) -> None:
        """End everything: the program first, then the sidecars; each gets SIGTERM, time, and SIGKILL."""
        for programs in (self._current, list(reversed(self._sidecars))):
            self._reap()
            running = [program for program in programs if program.running]
            self._end(running)
            for program in programs:
                if program.pid:
                    end_group(program.pid, signal.SIGKILL)

    def has_children(self) -> bool:
        """Return whether processes are left below this one, orphans included."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return False
        return True

    def _end(self, programs: Sequence[Program]) -> None:
        for program in programs:
            end_group(program.pid, signal.SIGTERM)
        until = time.monotonic() + self._grace
        while any(program.running for program in programs):
            left = until - time.monotonic()
            if left <= 0:
                for program in programs:
                    end_group(program.pid, signal.SIGKILL)
                left = 1.0
            signal.sigtimedwait((signal.SIGCHLD,), min(left, 1.0))
            self._reap()

    def _wait(self) -> None:
        """Wait until a child ends or something is due."""
        times = [sidecar.due for sidecar in self._sidecars if sidecar.due is not None]
        if self._deadline is not None:
            times.append(self._deadline)
        if times:
            arrived = signal.sigtimedwait(_SIGNALS, max(0.0, min(times) - time.monotonic()))
        else:
            arrived = signal.sigwaitinfo(_SIGNALS)
        if arrived is not None and arrived.si_signo != signal.SIGCHLD:
            raise Canceled
        if self._deadline is not None and time.monotonic() >= self._deadline:
            raise DeadlineReached

    def _reap(self) -> None:
        """Take note of every child that has ended, adopted orphans included."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for program in (*self._current, *self._sidecars):
                if program.running and program.pid == pid:
                    program.running = False
                    code = os.waitstatus_to_exitcode(status)
                    program.exit_code = code if code >= 0 else 128 - code
                    if program in self._sidecars:
                        program.due = time.monotonic() + program.backoff
                        program.backoff = min(program.backoff * 2, _LAST_BACKOFF)

    def _restart_sidecars(self) -> None:
        for sidecar in self._sidecars:
            if sidecar.due is not None and time.monotonic() >= sidecar.due:
                end_group(sidecar.pid, signal.SIGKILL)
                try:
                    _start(sidecar)
                except (NeurodeskError, OSError):
                    sidecar.due = time.monotonic() + sidecar.backoff


def _start(program: Program) -> None:
    program.due = None
    program.pid = program.start()
    program.running = True
