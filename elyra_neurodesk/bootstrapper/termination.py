"""Handles SIGTERM: what runs is stopped, what there is is still uploaded."""

from __future__ import annotations

import signal
from collections.abc import Callable
from types import FrameType

from elyra_neurodesk.errors import NeurodeskError


class TaskTerminated(NeurodeskError):
    """The task was stopped: cancelled, timed out, or evicted."""

    code = "ND-RUN-003"
    hint = "What it had made until then is uploaded."
    exit_status = 143


class Terminated(BaseException):
    """Raised in the main thread by SIGTERM or SIGINT; not an Exception, so that no library swallows it."""


class Termination:
    """Turns the first SIGTERM or SIGINT into `Terminated`, and ignores all once `ignore_signals` is called.

    Args:
        stop: called first of all by that signal; must be short and raise nothing.

    Attributes:
        received: whether `Terminated` has been raised; a library may have put its own error in place.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop
        self._then: Callable[[], None] = lambda: None
        self._ignored = False
        self.received = False

    def install(self) -> None:
        """Take over both signals (an explicit handler also works for PID 1, which has no default one)."""
        signal.signal(signal.SIGTERM, self._handle)
        signal.signal(signal.SIGINT, self._handle)

    def then(self, call: Callable[[], None]) -> None:
        """Call this, too, at the first signal, after ``stop``; it must be as short."""
        self._then = call

    def ignore_signals(self) -> None:
        """From now on signals change nothing: what is left is short, and worth more when finished."""
        self._ignored = True

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if not self._ignored:
            self._ignored = self.received = True
            self._stop()
            self._then()
            raise Terminated
