"""Runs Python programs in processes forked from one that has imported their libraries.

Importing papermill takes a task 4 s of a core and importing Elyra a command line as long; hundreds of them
need it once. What runs is the own main function of the program, in a process of its own with the arguments,
environment, directory and output that it would have had. Tests whose subject is a process itself start one
without a server.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
Main = Callable[[], Any]


class ForkServer:
    """A process that imports modules once and forks for every program; it starts with the first program.

    Args:
        programs: the module whose function ``main_of(arguments)`` returns the function to run, and whose
            function ``preload()`` imports what the programs need.
    """

    def __init__(self, programs: str) -> None:
        self._programs = programs
        self._lock = threading.Lock()
        self._control: socket.socket | None = None

    def run(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | str | None = None,
        timeout: float | None = None,
        merge: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, as `subprocess.run` with ``capture_output`` and ``text``.

        Args:
            arguments: what ``main_of`` gets.
            env: all of the environment.
            cwd: the directory; this process's when left out.
            timeout: seconds until it is killed.
            merge: stderr goes where stdout goes.

        Raises:
            subprocess.TimeoutExpired: it did not end in time.
        """
        process = self.start(arguments, env=env, cwd=cwd, merge=merge)
        out, err = process.communicate(timeout)
        return subprocess.CompletedProcess(list(arguments), process.wait(), out, err)

    def start(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | str | None = None,
        merge: bool = False,
    ) -> ForkedProcess:
        """Start a program; its output is read from the pipes of the process returned."""
        ours, theirs = socket.socketpair()
        read_out, write_out = os.pipe()
        read_err, write_err = (-1, write_out) if merge else os.pipe()
        request = {"arguments": list(arguments), "env": dict(env), "cwd": str(cwd or Path.cwd())}
        with self._lock:
            socket.send_fds(self._connected(), [b"+"], [theirs.fileno(), write_out, write_err])
        theirs.close()
        for descriptor in {write_out, write_err}:
            os.close(descriptor)
        ours.sendall(json.dumps(request).encode() + b"\n")
        return ForkedProcess(ours, read_out, read_err)

    def _connected(self) -> socket.socket:
        if self._control is None:
            ours, theirs = socket.socketpair()
            call = f"serve({theirs.fileno()}, {self._programs!r})"
            server = subprocess.Popen(
                [sys.executable, "-c", f"from tests.support.forkserver import serve; {call}"],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            theirs.close()
            self._control = ours
            atexit.register(server.wait)
            atexit.register(ours.close)  # runs first: the server ends when nothing can ask it any more
        return self._control


class ForkedProcess:
    """A process that a fork server started, with the part of `subprocess.Popen` that tests use.

    Attributes:
        pid: its process id.
        stdout: what it writes.
        stderr: what it writes, None when merged into stdout.
        returncode: None while it runs; minus the signal's number where a signal ended it.
    """

    def __init__(self, connection: socket.socket, stdout: int, stderr: int) -> None:
        self._connection = connection
        self._answers = connection.makefile("r")
        self.stdout: IO[str] = os.fdopen(stdout, "r", encoding="utf-8", errors="replace")
        self.stderr = os.fdopen(stderr, "r", encoding="utf-8", errors="replace") if stderr >= 0 else None
        self.pid = int(self._answers.readline())
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it did not end in time.
        """
        if self.returncode is None:
            self._connection.settimeout(timeout)
            try:
                self.returncode = int(self._answers.readline())
            except TimeoutError:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0) from None
            self._answers.close()
            self._connection.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read all of its output and wait for its end; it is killed when that takes too long.

        Raises:
            subprocess.TimeoutExpired: it did not end in time.
        """
        late = threading.Event()

        def stop() -> None:
            late.set()
            self.send_signal(signal.SIGKILL)

        timer = threading.Timer(timeout, stop) if timeout is not None else None
        if timer is not None:
            timer.start()
        try:
            err: list[str] = []
            reader = threading.Thread(target=lambda: err.append(self.stderr.read() if self.stderr else ""))
            reader.start()
            out = self.stdout.read()
            reader.join()
            self.wait()
        finally:
            if timer is not None:
                timer.cancel()
            self.stdout.close()
            if self.stderr is not None:
                self.stderr.close()
        if late.is_set():
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0, out)
        return out, err[0]

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


def serve(control: int, programs: str) -> None:
    """Be a fork server, until nothing can ask it any more.

    Args:
        control: descriptor of a socket; each byte brings a connection, stdout and stderr of a program.
        programs: see `ForkServer`.
    """
    module = importlib.import_module(programs)
    module.preload()
    gc.freeze()  # so that collections in a fork do not touch, and copy, what it shares with the server
    assert threading.active_count() == 1, "a thread would be lost in every fork"
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for pytest
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # attendants are reaped by the kernel
    with socket.socket(fileno=control) as asked:
        while True:
            _, descriptors, _, _ = socket.recv_fds(asked, 1, 3)
            if not descriptors:
                return
            if os.fork() == 0:
                asked.close()
                status = 1
                try:
                    status = _attend(module.main_of, *descriptors)
                finally:
                    os._exit(status)
            for descriptor in descriptors:
                os.close(descriptor)


def _attend(main_of: Callable[[list[str]], Main], connection: int, stdout: int, stderr: int) -> int:
    """Fork a program, and tell its process id and how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with socket.socket(fileno=connection) as asker:
        request = json.loads(_line(asker))
        child = os.fork()
        if child == 0:
            asker.close()
            become(lambda: main_of(request["arguments"])(), request["env"], request["cwd"], (stdout, stderr))
        os.close(stdout)
        os.close(stderr)
        with suppress(BrokenPipeError):
            asker.sendall(b"%d\n" % child)
            _, status = os.waitpid(child, 0)
            asker.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    return 0


def become(main: Main, env: Mapping[str, str], cwd: str, output: tuple[int, int] | None = None) -> None:
    """Turn this forked process into a program that begins, run it, and end as Python ends.

    Args:
        main: what to run; it returns an exit status, or raises SystemExit.
        env: all of the environment.
        cwd: the directory.
        output: descriptors of stdout and stderr, if they change.
    """
    for number in (signal.SIGINT, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    if output is not None:
        os.dup2(output[0], 1)
        os.dup2(output[1], 2)
        for descriptor in set(output):
            os.close(descriptor)
        # new ones, as the interpreter makes them: those of the server are of other kinds of files
        sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = sys.__stderr__ = open(  # noqa: SIM115
            2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False
        )
    old = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    new = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path]
    sys.path[:] = [cwd, *new, *(path for path in sys.path if path and path not in old)]
    importlib.invalidate_caches()
    random.seed()
    status: object = 1
    try:
        status = main()
    except SystemExit as ended:
        status = ended.code
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    except BaseException:
        traceback.print_exc()
    if isinstance(status, str):
        print(status, file=sys.stderr)
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as the interpreter does
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(int(status or 0))  # type: ignore[call-overload]


def _line(connection: socket.socket) -> bytes:
    text = bytearray()
    while not text.endswith(b"\n"):
        piece = connection.recv(65536)
        if not piece:
            raise EOFError
        text += piece
    return bytes(text)
