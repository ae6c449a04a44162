"""Python source made of data, in which no text that a user typed can become code."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

# the longest piece that ends a line, ends the text, ends at a comma or a space, or fills a line
_PIECE = re.compile(r"[^\n]{,95}\n|[^\n]{1,96}\Z|[^\n]{1,95}[, ]|[^\n]{1,96}")
MAX_WIDTH = 96


def literal(value: Any, names: Mapping[str, str] | None = None) -> str:
    """Return Python source of a JSON value; long texts are written as one string literal per line.

    Args:
        value: text, number, truth value, None, or lists and dictionaries of them.
        names: texts that are constants of the module, to the constants' names.
    """
    names = names or {}
    if isinstance(value, str):
        if value in names:
            return names[value]
        return " ".join(map(repr, _pieces(value)))
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{literal(key)}: {_item(item, names)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_item(item, names) for item in value)}]"
    return repr(value)


def _item(value: Any, names: Mapping[str, str]) -> str:
    """Return a literal inside of a list or a dictionary, several string literals in parentheses."""
    several = isinstance(value, str) and value not in names and len(_pieces(value)) > 1
    return f"({literal(value, names)})" if several else literal(value, names)


def _pieces(text: str) -> list[str]:
    return [text] if len(repr(text)) <= MAX_WIDTH else _PIECE.findall(text)


def texts(value: Any) -> Iterator[str]:
    """Yield all texts in a JSON value but the keys of its dictionaries."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def identifier(name: str) -> str:
    """Return the name, which must be one that Python takes as it is.

    Raises:
        ValueError: it is not an ASCII identifier, or it is a keyword. `validate` refuses such names before.
    """
    if not (name.isascii() and name.isidentifier()) or keyword.iskeyword(name):
        raise ValueError(f"{name!r} is not a Python identifier")
    return name


def keywords(values: Mapping[str, str]) -> str:
    """Return keyword arguments, sorted by name; ``**{…}`` has those that are not identifiers.

    Args:
        values: names to Python source.
    """
    plain = [name for name in sorted(values) if name.isidentifier() and not keyword.iskeyword(name)]
    other = [name for name in sorted(values) if name not in plain]
    parts = [f"{name}={values[name]}" for name in plain]
    if other:
        parts.append(f"**{{{', '.join(f'{name!r}: {values[name]}' for name in other)}}}")
    return ", ".join(parts)


def free_name(wanted: str, taken: set[str]) -> str:
    """Return an identifier for any text, other than all ``taken`` ones, and add it to them.

    Keywords and names of Python's own are taken, too; what is taken gets a number at its end.
    """
    name = re.sub("[^A-Za-z0-9]+", "_", wanted).rstrip("_") or "task"
    if name[0].isdigit():
        name = f"task_{name}"
    free, count = name, 1
    while free in taken or keyword.iskeyword(free) or hasattr(builtins, free):
        count += 1
        free = f"{name}_{count}"
    taken.add(free)
    return free
