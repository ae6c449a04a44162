"""Values of parameters and of component inputs: of their type, and exact in protobuf's JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Set
from typing import Any

from elyra_neurodesk.validate.errors import InexactValue, PlaceholderInValue
from elyra_neurodesk.validate.placeholders import find_placeholder
from elyra_neurodesk.validate.text import check_text, quoted

# every number is a google.protobuf.Value, a 64-bit float: larger whole numbers lose their last digits
MAX_WHOLE_NUMBER = 2**53
MAX_DEPTH = 50  # protobuf's JSON parser stops at 100 levels, of which the package takes some

_TYPES: dict[str, tuple[type, ...]] = {
    "STRING": (str,),
    "NUMBER_INTEGER": (int,),
    "NUMBER_DOUBLE": (int, float),
    "BOOLEAN": (bool,),
    "LIST": (list,),
    "STRUCT": (dict,),
}
_NAMES = {
    "STRING": "text",
    "NUMBER_INTEGER": "a whole number",
    "NUMBER_DOUBLE": "a number",
    "BOOLEAN": "true or false",
    "LIST": "a list",
    "STRUCT": "a dictionary",
}


def check_value(value: Any, kind: str, variables: Set[str], where: str) -> None:
    """Check a parameter's default value or a component input's constant.

    Args:
        value: a JSON value.
        kind: KFP's parameter type (STRING, NUMBER_INTEGER, …).
        variables: environment variables of the containers that get the value.
        where: node and input, for messages.

    Raises:
        InexactValue: it is of another type, too large, not finite, or nested too deeply.
        UnusableText, PlaceholderInValue: as those say of a text.
    """
    expected = _TYPES.get(kind, (str,))
    if not isinstance(value, expected) or (isinstance(value, bool) and kind != "BOOLEAN"):
        raise InexactValue(f"{where} is {quoted(value)}, which is not {_NAMES.get(kind, 'text')}.")
    for leaf in _leaves(value, where):
        if isinstance(leaf, str):
            check_text(leaf, where)
            if what := find_placeholder(leaf, variables):
                raise PlaceholderInValue(f"{where} is {quoted(leaf)}, which has {what}.")
        elif isinstance(leaf, float) and not math.isfinite(leaf):
            raise InexactValue(f"{where} is {quoted(leaf)}; JSON has only finite numbers.")
        elif isinstance(leaf, int) and abs(leaf) > MAX_WHOLE_NUMBER:
            raise InexactValue(
                f"{where} is {quoted(leaf)}; Kubeflow Pipelines keeps whole numbers exact up to 2^53."
            )
        elif not (leaf is None or isinstance(leaf, str | bool | int | float)):
            raise InexactValue(f"{where} holds {quoted(leaf)}, which JSON cannot express.")


def _leaves(value: Any, where: str, depth: int = 0) -> Iterator[Any]:
    if depth > MAX_DEPTH:
        raise InexactValue(f"{where} is nested more than {MAX_DEPTH} levels deep.")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise InexactValue(f"{where} has the key {quoted(key)}; keys must be texts.")
            yield key
            yield from _leaves(item, where, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, where, depth + 1)
    else:
        yield value
