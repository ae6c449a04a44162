from __future__ import annotations

import pytest

from elyra_neurodesk.bootstrapper.parameters import (
    InvalidParameterValue,
    as_environment,
    as_recorded,
    read_assignments,
    typed,
)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("String", "", ""),
        ("String", " 3 ", " 3 "),
        ("Integer", "3", 3),
        ("Integer", "-3.0", -3),
        ("Integer", "1e+06", 1_000_000),
        ("Integer", "9007199254740993", 9007199254740993),
        ("Float", "0.5", 0.5),
        ("Float", "3", 3.0),
        ("Bool", "true", True),
        ("Bool", "False", False),
        ("List", '[1, 2.0, "ü"]', [1, 2.0, "ü"]),
        ("Dict", '{"a": [9007199254740993]}', {"a": [9007199254740993]}),
    ],
)
def test_text_from_kfp_becomes_the_declared_type(kind: str, text: str, value: object) -> None:
    result = typed({"x": kind}, {"x": text})["x"]
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("Integer", "3.5"), ("Integer", ""), ("Integer", "nan"), ("Integer", "inf"), ("Float", "x"),
     ("Bool", "yes"), ("List", "{}"), ("List", "a"), ("Dict", "[]"), ("Tuple", "[]"), ("String", "a\0b")],
)  # fmt: skip
def test_what_does_not_fit_the_type_is_refused_by_name(kind: str, text: str) -> None:
    with pytest.raises(InvalidParameterValue, match="'x'"):
        typed({"x": kind}, {"x": text})


def test_missing_and_unknown_parameters_are_refused() -> None:
    with pytest.raises(InvalidParameterValue, match="'x' has no value"):
        typed({"x": "String"}, {})
    with pytest.raises(InvalidParameterValue, match="'y' is not one"):
        typed({"x": "String"}, {"x": "", "y": ""})


def test_values_may_hold_equals_signs_and_names_may_not_be_empty() -> None:
    assert read_assignments(["a=b=c", "d="]) == {"a": "b=c", "d": ""}
    for wrong in ("=x", "x"):
        with pytest.raises(InvalidParameterValue):
            read_assignments([wrong])


def test_environment_variables_read_as_a_user_would_type_them() -> None:
    assert as_environment({"a": True, "b": 3, "c": 0.5, "d": "x y"}) == {
        "a": "True", "b": "3", "c": "0.5", "d": "x y",
    }  # fmt: skip


def test_lists_are_json_in_the_record_and_in_the_environment() -> None:
    values = typed({"x": "List", "y": "Bool"}, {"x": '["ü", 2.0]', "y": "true"})
    assert as_recorded(values) == {"x": '["ü", 2.0]', "y": True}
    assert as_environment(values) == {"x": '["ü", 2.0]', "y": "True"}
