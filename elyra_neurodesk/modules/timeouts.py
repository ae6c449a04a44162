"""Runs a function with a timeout, also one that hangs in the kernel: on a dead mount, on a name server."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
_LIST = ("ls", "-f", "--")  # neither sorts, nor asks about each entry; Python takes 15 ms to start
_waiting: dict[Path, subprocess.Popen[bytes]] = {}  # for directories that have not answered


def run_with_timeout(seconds: float, function: Callable[[], T]) -> T | None:
    """Return what the function returns, None when it takes longer; it is then left behind in its thread.

    Raises:
        BaseException: what the function raised.
    """
    result: list[T] = []
    failure: list[BaseException] = []

    def work() -> None:
        try:
            result.append(function())
        except BaseException as problem:
            failure.append(problem)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    return result[0] if result else None


def read_with_timeout(seconds: float, directory: Path, function: Callable[[], T]) -> T | None:
    """Return what a function returns that reads below a directory, None when that takes longer.

    Raises:
        BaseException: what the function raised.
    """
    end = time.monotonic() + seconds
    if not answers(directory, seconds):
        return None
    return run_with_timeout(end - time.monotonic(), function)


def answers(directory: Path, seconds: float) -> bool:
    """Return whether listing a directory comes to an end in time, whatever that is.

    A process of its own lists it. One that waits for a file system whose server has stopped cannot even be
    killed, nor can one of whose threads does (Linux, fs/fuse/dev.c, request_wait_answer): a command would
    print its last line and never end. Asked again while that process still waits, the answer is no at once.
    """
    if directory in _waiting:
        if _waiting[directory].poll() is None:
            return False
        del _waiting[directory]
    child = subprocess.Popen(
        [*_LIST, str(directory)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,
    )
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()  # it ends when the directory answers, at the latest
        _waiting[directory] = child
        return False
    return True
