"""Texts: how they are shown in messages, and what may not be in them at all."""

from __future__ import annotations

import re
from typing import Any

from elyra_neurodesk.validate.errors import UnusableText

SHOWN = 80
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


def shown(value: Any) -> str:
    """Return a value for a message: one line of at most 80 characters, invisible ones as escapes.

    >>> shown("a\\nb")
    "'a\\\\nb'"
    """
    text = value if isinstance(value, str) else repr(value)
    cut = text[:SHOWN]
    if not (cut.isprintable() and cut.isascii()):
        cut = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)
    if len(text) > SHOWN or len(cut) > SHOWN:
        cut = f"{cut[: SHOWN - 1]}…"
    return f"'{cut}'"


def unusable(text: str) -> bool:
    """Tell whether a text has a null character or a lone surrogate."""
    return _UNUSABLE.search(text) is not None


def check_text(text: str, where: str) -> None:
    """Refuse null characters and lone surrogates: no environment, argument or UTF-8 file can hold them.

    Raises:
        UnusableText: there is one.
    """
    if found := _UNUSABLE.search(text):
        what = "a null character" if found[0] == "\0" else f"half of a surrogate pair ({shown(found[0])})"
        raise UnusableText(f"{where} is {shown(text)}, which has {what} at position {found.start() + 1}.")
