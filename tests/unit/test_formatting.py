"""Sizes, durations, times and counts for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from elyra_neurodesk.formatting import format_bytes, format_duration, format_succeeded, format_time


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 30, "5.0 GiB"), (3 << 40, "3.0 TiB")],
)
def test_a_size_is_shown_in_the_largest_unit_that_fits(number: int, text: str) -> None:
    assert format_bytes(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0, "0.0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7500, "2 h 05 min"),
    ],
)
def test_a_duration_is_read_at_a_glance(seconds: float | None, text: str) -> None:
    assert format_duration(seconds) == text


def test_a_time_is_shown_in_the_zone_that_is_asked_for() -> None:
    moment = datetime(2026, 11, 22, 23, 30, 5, 999, tzinfo=timezone(timedelta(hours=-1)))
    assert format_time(moment, UTC) == "2026-11-23 00:30:05 UTC"
    assert format_time(moment, timezone(timedelta(hours=10))) == "2026-11-23 10:30:05"
    assert format_time(moment) == format_time(moment, datetime.now().astimezone().tzinfo)
    assert format_time(None) == ""


def test_tasks_that_failed_or_were_skipped_do_not_count_as_succeeded() -> None:
    assert format_succeeded(["SUCCEEDED", "FAILED", "SKIPPED"]) == "1 of 3"
    assert format_succeeded([]) == "0 of 0"
