"""Records to JSON and back. Standard library only: tasks import this."""

from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from elyra_neurodesk.record.model import Key

T = TypeVar("T")
NONE = type(None)
CONTENT_TYPE = "application/json"


@dataclass(frozen=True)
class JsonField:
    """One field of a record's class, as JSON has it.

    Attributes:
        attribute: its name in Python.
        key: its key in JSON.
        required: False where it is left out when its value is None.
        type: its type, without ``Annotated``.
        description: what it means.
        keywords: further JSON Schema keywords.
    """

    attribute: str
    key: str
    required: bool
    type: Any
    description: str
    keywords: Mapping[str, Any]


@cache
def json_fields(owner: Any) -> tuple[JsonField, ...]:
    """Return the fields of a class of `model`, in the order in which they are written."""
    hints = get_type_hints(owner, include_extras=True)
    found = []
    for item in fields(owner):
        inner, *notes = get_args(hints[item.name]) if _is_annotated(hints[item.name]) else (hints[item.name],)
        key = next((note for note in notes if isinstance(note, Key)), Key(item.name))
        description = next((note for note in reversed(notes) if isinstance(note, str)), "")
        keywords = {name: value for note in notes if isinstance(note, dict) for name, value in note.items()}
        found.append(JsonField(item.name, key.name, key.required, inner, description, keywords))
    return tuple(found)


def alternatives(type_: Any) -> tuple[Any, ...]:
    """Return the members of a union, else the type alone."""
    return get_args(type_) if get_origin(type_) in (Union, types.UnionType) else (type_,)


def to_json(value: Any) -> Any:
    """Return a record, or a part of one, as what `json.dumps` takes.

    JSON has no NaN and no infinity: such a Float parameter is written as its text.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return {
            field.key: to_json(content)
            for field in json_fields(type(value))
            if (content := getattr(value, field.attribute)) is not None or field.required
        }
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def to_bytes(record: object) -> bytes:
    """Return a record as it is stored: indented JSON in ASCII, so that every text can be written."""
    return (json.dumps(to_json(record), ensure_ascii=True, indent=1, allow_nan=False) + "\n").encode()


def from_json(owner: type[T], content: Mapping[str, Any]) -> T:
    """Return a record, or a part of one, from its JSON.

    Args:
        owner: the class of `model`.
        content: JSON that its schema allows.

    Raises:
        KeyError, TypeError: the schema does not allow it.
    """
    known = json_fields(cast("Any", owner))
    return owner(
        **{
            field.attribute: _read(field.type, content[field.key])
            for field in known
            if field.required or field.key in content
        },
        **{field.attribute: None for field in known if not field.required and field.key not in content},
    )


def _read(type_: Any, value: Any) -> Any:
    choices = [choice for choice in alternatives(type_) if choice is not NONE]
    if value is None or len(choices) != 1:
        return value
    (choice,) = choices
    if is_dataclass(choice):
        return from_json(cast("type[Any]", choice), value)
    if get_origin(choice) is tuple:
        return tuple(_read(get_args(choice)[0], item) for item in value)
    return value


def _is_annotated(hint: Any) -> bool:
    return get_origin(hint) is Annotated
