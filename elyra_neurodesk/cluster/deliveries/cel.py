"""Expressions of the Common Expression Language (CEL), as Kubernetes' admission policies take them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Expression:
    """Text that is an expression already, for places where a value may stand."""

    text: str


_MAPS = ("requests", "limits", "labels", "annotations")
"""Fields of Kubernetes objects that are maps, not messages."""


def literal(value: object, of: str) -> str:
    """Return a value as an expression.

    Args:
        value: JSON, in which an `Expression` may stand for any value.
        of: type of the messages in it, such as ``Object.spec.initContainers`` (the path of their field;
            an item of a list has the type of its field).
    """
    if isinstance(value, Expression):
        return value.text
    if isinstance(value, str):
        # CEL knows JSON's escapes; halves of surrogate pairs would be two characters
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        if of.rpartition(".")[2] in _MAPS:
            return (
                "{" + ", ".join(f"{literal(key, of)}: {literal(one, of)}" for key, one in value.items()) + "}"
            )
        return (
            f"{of}{{" + ", ".join(f"{key}: {literal(one, f'{of}.{key}')}" for key, one in value.items()) + "}"
        )
    if isinstance(value, Sequence):
        return "[" + ", ".join(literal(one, of) for one in value) + "]"
    raise TypeError(f"no CEL literal for {type(value).__name__}")


def add(path: str, value: str) -> str:
    """Return the JSON patch operation that sets a member or inserts an item.

    Args:
        path: expression of the JSON pointer.
        value: expression of the value.
    """
    return f'JSONPatch{{op: "add", path: {path}, value: {value}}}'


def remove(path: str) -> str:
    """Return the JSON patch operation that removes what is at the JSON pointer ``path``."""
    return f'JSONPatch{{op: "remove", path: {path}}}'


def pointer(*names: str) -> str:
    """Return the end of a JSON pointer as an expression (RFC 6901).

    >>> pointer("limits", "smarter-devices/fuse")
    '"/limits/smarter-devices~1fuse"'
    """
    return json.dumps("".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names))
