"""A part of a content that comes in pieces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from elyra_neurodesk.storage.byte_range import byte_range

CONTENT = b"0123456789"


@pytest.mark.parametrize("size", [1, 3, 10, 20])
@pytest.mark.parametrize(
    ("begin", "end"), [(0, None), (0, 4), (3, 7), (9, None), (10, None), (99, None), (4, 4), (8, 99)]
)
def test_the_part_is_the_slice(size: int, begin: int, end: int | None) -> None:
    pieces = [CONTENT[start : start + size] for start in range(0, len(CONTENT), size)]
    assert b"".join(byte_range(pieces, begin, end)) == CONTENT[begin:end]


def test_nothing_is_read_after_the_end() -> None:
    def pieces() -> Iterator[bytes]:
        yield CONTENT
        pytest.fail("read on")

    assert list(byte_range(pieces(), 2, 4)) == [b"23"]
