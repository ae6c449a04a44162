"""Pipeline parameters: from KFP's text to typed values and environment variables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.record.model import Value

ParameterValue = Value | list[Any] | dict[str, Any]
_JSON_TYPES: Mapping[str, type] = {"List": list, "Dict": dict}


class InvalidParameterValue(NeurodeskError):
    """A pipeline parameter is missing, unknown, or not of its declared type."""

    code = "ND-TASK-002"
    hint = "Correct the value in the run's parameters, or the parameter's type in the pipeline's properties."
    exit_status = 10


def read_assignments(texts: Iterable[str]) -> dict[str, str]:
    """Read ``NAME=VALUE`` texts; the value may hold further ``=``.

    Raises:
        InvalidParameterValue: a text has no name or no ``=``.
    """
    values = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise InvalidParameterValue(f"the parameter {text!r} does not read NAME=VALUE.")
        values[name] = value
    return values


def typed(types: Mapping[str, str], given: Mapping[str, str]) -> dict[str, ParameterValue]:
    """Convert what KFP passed to the types that the pipeline declares.

    Args:
        types: parameter name to Elyra type (String, Integer, Float, Bool), List or Dict.
        given: parameter name to text; KFP writes numbers as ``3``, ``3.0`` or ``1e+06``, booleans as
            ``true`` and ``false``; a list or dictionary is JSON in a text.

    Raises:
        InvalidParameterValue: names differ, a type is unknown, or a value does not fit.
    """
    for name in given:
        if name not in types:
            raise InvalidParameterValue(f"the parameter {name!r} is not one that this node takes.")
    for name in types:
        if name not in given:
            raise InvalidParameterValue(f"the parameter {name!r} has no value.")
    return {name: _convert(name, types[name], given[name]) for name in types}


def as_environment(values: Mapping[str, ParameterValue]) -> dict[str, str]:
    """Return the values as a user would type them in Python: ``True``, ``3``, ``0.5``; lists as JSON."""
    return {name: str(value) for name, value in as_recorded(values).items()}


def as_recorded(values: Mapping[str, ParameterValue]) -> dict[str, Value]:
    """Return the values as the task record has them: lists and dictionaries as JSON."""
    return {
        name: json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
        for name, value in values.items()
    }


def _convert(name: str, kind: str, text: str) -> ParameterValue:
    if kind == "String":
        if "\0" in text:
            raise InvalidParameterValue(f"the parameter {name!r} holds a null character.")
        return text
    word = text.strip()
    try:
        if kind == "Bool":
            return {"true": True, "1": True, "false": False, "0": False}[word.lower()]
        if kind == "Integer":
            number = Decimal(word)
            if number != number.to_integral_value():
                raise ValueError
            return int(number)
        if kind == "Float":
            return float(word)
        if kind in _JSON_TYPES:
            return _json(word, _JSON_TYPES[kind])
    except (KeyError, ValueError, OverflowError, InvalidOperation, RecursionError):
        raise InvalidParameterValue(
            f"the parameter {name!r} is {text!r}, which is not of type {kind}."
        ) from None
    raise InvalidParameterValue(f"the parameter {name!r} has the unknown type {kind!r}.")


def _json(text: str, expected: type) -> list[Any] | dict[str, Any]:
    value: list[Any] | dict[str, Any] = json.loads(text)
    if not isinstance(value, expected):
        raise ValueError(text)
    return value
