"""The process above a supervisor, which ends what the supervisor leaves behind when it is killed itself."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable

from .descendants import end_descendants
from .syscalls import adopt_orphans

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_KILL_SECONDS = 10.0


def guarded(work: Callable[[], int]) -> int:
    """Run ``work`` in a child process and return its exit status, 128 + signal number for a signal.

    Its descendants become this process's children when it is killed, because orphans go to the nearest
    subreaper: they are killed by parentage, whatever environment and session they chose.
    SIGTERM and SIGINT are handed on. The signals of `supervisor.block_signals` must be blocked.
    """
    adopt_orphans()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setsid()  # what kills this group leaves the guard
            status = work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    status = _wait(child)
    end_descendants(_KILL_SECONDS)
    return status


def _wait(child: int) -> int:
    while True:
        arrived = signal.sigwaitinfo(_SIGNALS)
        if arrived.si_signo != signal.SIGCHLD:
            os.kill(child, signal.SIGTERM)  # waited for nowhere else: the number is still its own
            continue
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
