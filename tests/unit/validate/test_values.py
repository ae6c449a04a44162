"""Constants are of their input's type and exact in protobuf's JSON."""

from __future__ import annotations

from typing import Any

import pytest

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.validate.values import check_value

DEEP: list[Any] = []
for _ in range(60):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("x", "STRING"),
        (2**53, "NUMBER_INTEGER"),
        (1, "NUMBER_DOUBLE"),
        (1e300, "NUMBER_DOUBLE"),
        (True, "BOOLEAN"),
        ([1, "a", None, {"b": [False]}], "LIST"),
        ({"a": 1.5}, "STRUCT"),
    ],
)
def test_a_value_of_the_right_type_is_taken(value: Any, kind: str) -> None:
    check_value(value, kind, set(), "Input")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (3, "STRING"),
        (True, "NUMBER_INTEGER"),
        (1.5, "NUMBER_INTEGER"),
        ("1", "NUMBER_DOUBLE"),
        (1, "BOOLEAN"),
        ({}, "LIST"),
        ([], "STRUCT"),
        (2**53 + 1, "NUMBER_INTEGER"),
        (-(2**53) - 1, "NUMBER_DOUBLE"),
        ([float("nan")], "LIST"),
        (float("inf"), "NUMBER_DOUBLE"),
        ({1: "a"}, "STRUCT"),
        ([b"x"], "LIST"),
        (DEEP, "LIST"),
    ],
)
def test_a_value_that_would_arrive_changed_is_refused(value: Any, kind: str) -> None:
    with pytest.raises(NeurodeskError, match=r"^ND-FIELD-012: Input"):
        check_value(value, kind, set(), "Input")


@pytest.mark.parametrize("value", [["{{x}}"], [{"a$$": 1}], [{"a": "$(OWN)"}]])
def test_placeholders_are_found_inside_lists_and_as_keys(value: Any) -> None:
    with pytest.raises(NeurodeskError, match=r"^ND-FIELD-010: Input"):
        check_value(value, "LIST", {"OWN"}, "Input")
