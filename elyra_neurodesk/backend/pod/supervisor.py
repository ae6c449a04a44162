"""Running the processes of one pod in Kubernetes' order, and ending them all."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from elyra_neurodesk.errors import NeurodeskError

from .descendants import descendants, end_descendants
from .spawn import end_group

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_FIRST_BACKOFF, _LAST_BACKOFF = 1.0, 60.0
_KILL_SECONDS = 5.0  # for SIGKILL to take effect: a process that sleeps in the kernel does not get it


class Canceled(Exception):
    """Someone asked the supervisor to stop."""


class DeadlineReached(Exception):
    """The pod's deadline has passed."""


class Watch(Protocol):
    """What looks at a program from time to time; `memory.MemoryWatch`, `cgroup.MemoryCgroup`.

    Attributes:
        due: when it wants to look again (monotonic clock).
    """

    due: float

    def look(self, processes: Sequence[int]) -> None:
        """Look at the program's processes; raise what is to end it."""

    def ended(self) -> None:
        """Look once more when the program has ended; raise what ended it."""


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
        self._watch: Watch | None = None

    def add_sidecar(self, program: Program) -> None:
        """Start a sidecar, which runs until `stop` and is started again whenever it ends.

        Raises:
            NeurodeskError: it cannot be started.
        """
        _start(program)
        self._sidecars.append(program)

    def run(self, program: Program, watch: Watch | None = None) -> int:
        """Run a program to its end and return its exit code (128 + signal number for a signal).

        Args:
            program: what to run.
            watch: looks at all processes below this one but the sidecars'. What it raises is raised here;
                the processes are killed at once.

        Raises:
            NeurodeskError: it cannot be started.
            Canceled: SIGTERM or SIGINT arrived.
            DeadlineReached: the pod's deadline passed.
        """
        self._current, self._watch = [program], watch
        _start(program)
        self._reap()
        while program.running:
            self._wait()
            self._reap()
            self._restart_sidecars()
        if watch is not None:
            watch.ended()
        return program.exit_code

    def stopping(self) -> bool:
        """Return whether SIGTERM or SIGINT has arrived, or the deadline has passed; it stays pending."""
        asked = bool(signal.sigpending() & {signal.SIGTERM, signal.SIGINT})
        return asked or (self._deadline is not None and time.monotonic() >= self._deadline)

    def stop(self) -> bool:
        """End everything: the program first, then the sidecars; each gets SIGTERM, time, and SIGKILL.

        Returns:
            Whether no process is left below this one, orphans of the programs included.
        """
        self._watch = None
        for programs in (self._current, list(reversed(self._sidecars))):
            self._reap()
            self._end([program for program in programs if program.running])
        ended = end_descendants(_KILL_SECONDS, self._reap)
        for program in (*self._current, *self._sidecars):
            if program.running:  # it sleeps in the kernel
                program.running, program.exit_code = False, 128 + signal.SIGKILL
        return ended

    def _end(self, programs: Sequence[Program]) -> None:
        for program in programs:
            end_group(program.pid, signal.SIGTERM)
        until = time.monotonic() + self._grace
        while any(program.running for program in programs) and time.monotonic() < until:
            signal.sigtimedwait((signal.SIGCHLD,), max(0.0, until - time.monotonic()))
            self._reap()
        self._kill(programs)

    def _kill(self, programs: Sequence[Program]) -> None:
        until = time.monotonic() + _KILL_SECONDS
        for program in programs:
            if program.running:
                end_group(program.pid, signal.SIGKILL)
        while any(program.running for program in programs) and time.monotonic() < until:
            signal.sigtimedwait((signal.SIGCHLD,), max(0.0, until - time.monotonic()))
            self._reap()

    def _wait(self) -> None:
        """Wait until a child ends or something is due."""
        times = [sidecar.due for sidecar in self._sidecars if sidecar.due is not None]
        if self._watch is not None:
            times.append(self._watch.due)
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
        if self._watch is not None and time.monotonic() >= self._watch.due:
            self._look(self._watch)

    def _look(self, watch: Watch) -> None:
        sidecars = {sidecar.pid for sidecar in self._sidecars if sidecar.running}
        try:
            watch.look(descendants(without=sidecars))
        except Exception:
            end_descendants(_KILL_SECONDS, self._reap, spare=sidecars)
            raise

    def _reap(self) -> bool:
        """Note every child that has ended, adopted orphans included; return whether others are left."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return False
            if ended is None:
                return True
            running = (item for item in (*self._current, *self._sidecars) if item.running)
            program = next((item for item in running if item.pid == ended.si_pid), None)
            if program is not None:
                # as in a container, nothing outlives its first process; before the wait, after which the
                # number could be another group's
                end_group(program.pid, signal.SIGKILL)
            _, status = os.waitpid(ended.si_pid, 0)
            if program is not None:
                self._note(program, status)

    def _note(self, program: Program, status: int) -> None:
        code = os.waitstatus_to_exitcode(status)
        program.running, program.exit_code = False, code if code >= 0 else 128 - code
        if program in self._sidecars:
            program.due = time.monotonic() + program.backoff
            program.backoff = min(program.backoff * 2, _LAST_BACKOFF)

    def _restart_sidecars(self) -> None:
        for sidecar in self._sidecars:
            if sidecar.due is not None and time.monotonic() >= sidecar.due:
                try:
                    _start(sidecar)
                except (NeurodeskError, OSError):
                    sidecar.due = time.monotonic() + sidecar.backoff


def _start(program: Program) -> None:
    program.due = None
    program.pid = program.start()
    program.running = True
