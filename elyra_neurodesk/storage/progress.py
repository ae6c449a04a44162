"""Telling whoever submits how far the uploads are.

Between the command line and the uploads stands Elyra, which passes nothing on; a context variable does. In a
server, where nobody listens, nothing happens: it writes one log line per step instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]
"""Called with the number of bytes that the store has, and the number that it will have."""


def _nobody(done: int, total: int) -> None:
    """Listen to nothing."""


_listener: ContextVar[Listener] = ContextVar("elyra_neurodesk_upload_listener", default=_nobody)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` called, in this thread, during the uploads of the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def listener() -> Listener:
    """Return who listens now."""
    return _listener.get()
