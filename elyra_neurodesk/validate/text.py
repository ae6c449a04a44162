"""Text: how it is quoted in messages, and which characters cannot be passed on at all."""

from __future__ import annotations

import re
from typing import Any

from elyra_neurodesk.validate.errors import UnusableText

MAX_QUOTED = 80
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


def quoted(value: Any) -> str:
    """Return a value for a message: in quotes, one line, at most 80 characters, invisible ones as escapes.

    >>> quoted("a\\nb")
    "'a\\\\nb'"
    """
    text = value if isinstance(value, str) else repr(value)
    cut = text[:MAX_QUOTED]
    if not (cut.isprintable() and cut.isascii()):
        cut = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)
    if len(text) > MAX_QUOTED or len(cut) > MAX_QUOTED:
        cut = f"{cut[: MAX_QUOTED - 1]}…"
    return f"'{cut}'"


def is_usable(text: str) -> bool:
    """Return whether a text has neither a null character nor a lone surrogate."""
    return _UNUSABLE.search(text) is None


def check_text(text: str, where: str) -> None:
    """Refuse null characters and lone surrogates: no environment, argument or UTF-8 file can hold them.

    Args:
        text: any text.
        where: what it is, for the message.

    Raises:
        UnusableText: it has one.
    """
    if found := _UNUSABLE.search(text):
        what = "a null character" if found[0] == "\0" else f"half of a surrogate pair ({quoted(found[0])})"
        raise UnusableText(f"{where} is {quoted(text)}, which has {what} at position {found.start() + 1}.")
