"""Waiting for a server that was just started."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.errors import NeurodeskError, one_line

_LOG_LINES = 5


class DidNotStart(NeurodeskError):
    """The server of the embedded backend ended, or does not answer."""

    code = "ND-LOCAL-008"
    hint = "See its log."


def wait_healthy(
    what: str, process: ProcessHandle, healthy: Callable[[], bool], log: Path, seconds: float
) -> None:
    """Wait until a server that was just started answers.

    Raises:
        DidNotStart: it ended, or does not answer within ``seconds``; the message has the end of its log.
    """
    end = time.monotonic() + seconds
    while not healthy():
        gone = not process.alive()
        if gone or time.monotonic() > end:
            problem = "ended at once" if gone else f"does not answer after {seconds:.0f} s"
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
            raise DidNotStart(f"the {what} {problem}; the end of {log}: {one_line(' | '.join(lines))}")
        time.sleep(0.05)
