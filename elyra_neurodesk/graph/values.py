"""Values of catalog component inputs, as a person typed them into the pipeline editor."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from typing import Any

from elyra_neurodesk.errors import NeurodeskError


class InvalidInputValue(NeurodeskError):
    """A component input has a text that is not of its type."""

    code = "ND-VALUE-001"
    hint = "Correct the value in the node's properties."


def parse_value(text: Any, kind: str, where: str) -> Any:
    """Return ``text`` as a value of the KFP parameter type ``kind``.

    Args:
        text: what the pipeline file holds: a string, or a JSON value already of the right type.
        kind: STRING, NUMBER_INTEGER, NUMBER_DOUBLE, BOOLEAN, LIST or STRUCT.
        where: the input and its node, for the message.

    Raises:
        InvalidInputValue: the text does not parse as that type.
    """
    if kind == "STRING":
        return text if isinstance(text, str) else str(text)
    if not isinstance(text, str):
        return text
    try:
        return _PARSERS[kind](text.strip())
    except (ValueError, SyntaxError, KeyError, TypeError, RecursionError, MemoryError):
        raise InvalidInputValue(f"{where} is '{text[:80]}', which is not {_NAMES.get(kind, kind)}.") from None


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _literal(expected: type) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        try:
            value = json.loads(text)
        except ValueError:
            value = ast.literal_eval(text)  # Python notation, as Elyra takes it; literals only
        if not isinstance(value, expected):
            raise TypeError(text)
        return value

    return parse


_PARSERS: dict[str, Callable[[str], Any]] = {
    "NUMBER_INTEGER": int,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": _boolean,
    "LIST": _literal(list),
    "STRUCT": _literal(dict),
}
_NAMES = {
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a list such as [1, 2]",
    "STRUCT": 'a dictionary such as {"a": 1}',
}
