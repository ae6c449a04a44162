"""Messages show values on one line; texts that nothing can carry are refused."""

from __future__ import annotations

import pytest

from elyra_neurodesk.validate.errors import UnusableText
from elyra_neurodesk.validate.text import check_text, quoted


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "'plain'"),
        ("a\nb\x1b[31m", r"'a\nb\x1b[31m'"),
        ("\u202ertl", r"'\u202ertl'"),
        ("日本", "'日本'"),
        ("\ud800", r"'\ud800'"),
        (3, "'3'"),
        ("x" * 81, "'" + "x" * 79 + "…'"),
        ("\n" * 60, "'" + (r"\n" * 40)[:79] + "…'"),
    ],
)
def test_a_value_is_quoted_on_one_printable_line_of_80_characters(value: object, expected: str) -> None:
    assert quoted(value) == expected
    assert quoted(value).isprintable()
    assert len(quoted(value)) <= 82


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "x\udfff"])
def test_null_characters_and_halves_of_pairs_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(UnusableText, match=r"^ND-FIELD-001: The field is '.*at position \d\."):
        check_text(text, "The field")


def test_everything_else_is_text() -> None:
    check_text("é日本😀\n\t\x01\u202e\uffff", "The field")
