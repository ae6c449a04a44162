"""A part of a content that comes in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def byte_range(pieces: Iterable[bytes], begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Yield the bytes from number ``begin`` up to ``end``, which is not included; None: to the last one.

    Nothing is read once ``end`` is reached.

    >>> list(byte_range([b"abc", b"def"], 2, 5))
    [b'c', b'de']
    """
    position = 0
    for piece in pieces:
        part = piece[max(0, begin - position) : None if end is None else max(0, end - position)]
        position += len(piece)
        if part:
            yield part
        if end is not None and position >= end:
            return
