"""Reporting how far the uploads are.

Between the command line and the uploads stands Elyra, which passes nothing on; a context variable does. In a
server no listener is set: it writes one log line per step instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]
"""Called with the number of bytes that the store has, and the number that it will have."""


def _ignore(done: int, total: int) -> None:
    """Do nothing."""


_listener: ContextVar[Listener] = ContextVar("elyra_neurodesk_upload_listener", default=_ignore)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have ``listener`` called, in this thread, during the uploads of the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def listener() -> Listener:
    """Return the listener of this context."""
    return _listener.get()
