"""Starting one process of a pod."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from .mounts import BindMount, enter
from .syscalls import die_with_parent


@dataclass(frozen=True)
class ProcessSettings:
    """What a process starts in.

    Attributes:
        env: the whole environment; its PATH finds the program.
        directory: working directory.
        log: file to which standard output and error are appended.
        mounts: from `mounts.missing_mounts`.
        stage: empty directory for `mounts.enter`.
        processes: file of the control group that it joins, `cgroup.PROCESSES`; "" for its parent's.
    """

    env: Mapping[str, str]
    directory: str
    log: str
    mounts: Sequence[BindMount]
    stage: str
    processes: str = ""


class NotStarted(OSError):
    """The process could not be started; ``step`` is what failed: ``mount``, ``chdir`` or ``exec``."""

    def __init__(self, step: str, number: int, text: str) -> None:
        super().__init__(number, text)
        self.step = step


_LOOK_SECONDS = 0.1


def spawn(
    words: Sequence[str],
    settings: ProcessSettings,
    stopping: Callable[[], bool],
    become: Callable[[], None] | None = None,
) -> int:
    """Start a program as the leader of a session of its own and return its process id.

    The process is killed when the caller ends.

    Args:
        words: the program and its arguments.
        settings: what it starts in.
        stopping: whether the start is to be given up, where a directory or the program is on a file system
            that does not answer; the process is returned as it is then.
        become: makes the forked process the program, closing all descriptors from 3 on; it does not return.
            None to execute the program.

    Raises:
        NotStarted: no such program, or the settings cannot be made.
    """
    reader, writer = os.pipe()  # closed on exec, which is how success is seen
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        _become(words, settings, parent, writer, become)
    os.close(writer)
    report = _read_report(reader, stopping)
    if report:
        os.waitpid(child, 0)
        raise NotStarted(*json.loads(report))
    return child


def _read_report(reader: int, stopping: Callable[[], bool]) -> bytes:
    """Return what comes through a pipe until its end, "" when it is given up; close it."""
    parts: list[bytes] = []
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        while not stopping():
            if select.select([pipe], [], [], _LOOK_SECONDS)[0]:
                part = pipe.read(4096)
                if not part:
                    return b"".join(parts)
                parts.append(part)
    return b""


def can_mount(mounts: Sequence[BindMount], stage: str, stopping: Callable[[], bool]) -> str:
    """Try mounts in a process that ends at once; return "" or why they fail, "" when that is given up."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            try:
                enter(mounts, stage)
            except Exception as problem:
                os.write(writer, str(problem).encode()[:2000] or b"unknown error")
        os._exit(0)
    os.close(writer)
    report = _read_report(reader, stopping).decode()
    if not report and stopping():
        return ""  # the supervisor ends it with the rest
    _, status = os.waitpid(child, 0)
    return report or ("" if status == 0 else f"status {status}")


def _become(
    words: Sequence[str],
    settings: ProcessSettings,
    parent: int,
    writer: int,
    become: Callable[[], None] | None,
) -> NoReturn:
    """Turn the forked child into the program; report a failure through ``writer``."""
    step = "setup"
    try:
        os.setsid()
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
            signal.signal(ignored, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, number in ((nothing, 0), (log, 1), (log, 2)):
            os.dup2(source, number)
        if settings.processes:  # before a volume could hide the file
            Path(settings.processes).write_text("0")
        step = "mount"
        if settings.mounts:
            enter(settings.mounts, settings.stage)
        step = "chdir"
        os.chdir(settings.directory)
        # after the namespace, entering which would clear it
        die_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        step = "exec"
        if become is not None:
            become()
        os.execvpe(words[0], list(words), dict(settings.env))  # noqa: S606  (a list, by design)
    except BaseException as problem:
        number = problem.errno if isinstance(problem, OSError) and problem.errno else 0
        text = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
        with contextlib.suppress(OSError):
            os.write(writer, json.dumps([step, number, text[:2000]]).encode())
    finally:
        os._exit(127)


def end_group(leader: int, number: int) -> None:
    """Send a signal to a process and all of its group, if any of them is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)
