"""Names with unknown parts, and the globs that may find them."""

from __future__ import annotations

import pytest

from elyra_neurodesk.check.events import UNKNOWN
from elyra_neurodesk.check.rules.patterns import can_match, has_wildcards

MATCHES = [
    ("result.csv", "result.csv", True),
    ("result.csv", "results.csv", False),
    ("result.csv", "*.csv", True),
    ("out/result.csv", "*.csv", False),
    ("out/result.csv", "**/*.csv", True),
    ("result.csv", "**/*.csv", True),
    ("out/deep/result.csv", "out/**", True),
    ("result.csv", "result.cs?", True),
    ("a/b", "a?b", False),
    ("sub-01.csv", "sub-[0-9][0-9].csv", True),
    ("…_gm.csv", "sub-01_gm.csv", True),
    ("…_gm.csv", "sub-01_wm.csv", False),
    ("sub-…_gm.csv", "sub-*_gm.csv", True),
    ("sub-…_gm.csv", "*.tsv", False),
    ("…result.csv", "out/result.csv", True),
    ("…", "anything/at/all", True),
    ("a…", "ba*", False),
    ("*.csv", "?.csv", True),
]


@pytest.mark.parametrize(("name", "pattern", "fits"), MATCHES)
def test_a_pattern_can_find_a_name(name: str, pattern: str, fits: bool) -> None:
    assert can_match(name.replace("…", UNKNOWN), pattern) is fits


def test_hard_patterns_take_no_time() -> None:
    assert not can_match("a" * 150 + "b", "*a" * 75)
    assert can_match(UNKNOWN.join("a" * 100), "*?" * 100)
    assert can_match("x" * 1000, "y")  # too long to tell


def test_wildcards_are_told_from_letters() -> None:
    assert [has_wildcards(text) for text in ("a.csv", "*.csv", "a?", "a[12]", "a[1", "**")] == [
        False,
        True,
        True,
        True,
        False,
        True,
    ]
