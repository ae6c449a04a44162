"""A container's log in several answers with times is put together as it was written."""

from __future__ import annotations

import pytest

from elyra_neurodesk.cluster.pod_log import NewLines

LOG = (
    b"2026-11-30T20:00:01.000000001Z one\n"
    b"2026-11-30T20:00:01.500000000Z two \r\x0c2\n"
    b"2026-11-30T20:00:01.500000000Z three\n"
    b"2026-11-30T20:00:01.500000000Z three\n"
    b"2026-11-30T20:00:03Z \n"
    b"2026-11-30T21:00:04.000000000+01:00 2026-11-30T20:00:01Z five\n"
)
TEXT = b"one\ntwo \r\x0c2\nthree\nthree\n\n2026-11-30T20:00:01Z five\n"


def answers(*ends: int) -> list[bytes]:
    """Return what is there of `LOG` up to each end, from the second on that the reader asks for."""
    return [LOG[:end] for end in ends]


def passed_on(*contents: bytes, size: int) -> bytes:
    lines, got = NewLines(), bytearray()
    for content in contents:
        lines.begin()
        for begin in range(0, len(content), size):
            lines.add(content[begin : begin + size], got.extend)
    return bytes(got)


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_every_end_of_an_answer_is_gone_on_from(size: int) -> None:
    ends = list(range(len(LOG) + 1))
    assert passed_on(*answers(*ends), size=size) == TEXT
    for end in ends:
        assert passed_on(*answers(end, len(LOG), len(LOG)), size=size) == TEXT


def test_what_is_new_is_asked_for_from_the_second_of_the_newest_line_on() -> None:
    lines, got = NewLines(), bytearray()
    assert lines.since == ""
    lines.begin()
    lines.add(LOG[: LOG.index(b"Z two")] + b"Z two", got.extend)
    assert (lines.since, bytes(got)) == ("2026-11-30T20:00:01+00:00", b"one\ntwo")
    lines.begin()
    lines.add(LOG[LOG.index(b"2026-11-30T20:00:01.5") :], got.extend)
    assert (lines.since, bytes(got)) == ("2026-11-30T21:00:04+01:00", TEXT)


def test_a_log_that_was_rotated_goes_on() -> None:
    second = LOG.index(b"2026-11-30T20:00:03Z")
    assert passed_on(LOG[:second], LOG[second:], size=100) == TEXT


def test_what_a_kubelet_says_of_a_log_that_is_gone_is_not_the_log() -> None:
    gone = b"unable to retrieve container logs for containerd://0a1b"
    assert passed_on(LOG, gone, LOG, size=100) == TEXT
