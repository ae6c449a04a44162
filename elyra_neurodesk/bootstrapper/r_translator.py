"""Writes parameters as R code that has the same value in every locale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_ESCAPED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_NOT_PLAIN = re.compile(r'[^ -~]|["\\]')


def string_literal(text: str) -> str:
    r"""Return an R string of this text, in ASCII.

    R marks a string with Unicode escapes as UTF-8 whatever the locale, and refuses one that has ``\x``
    escapes too (R, ``?Quotes``).

    >>> print(string_literal('ü "\n"'))
    "\u00fc \"\n\""
    """
    return f'"{_NOT_PLAIN.sub(lambda found: _escape(found[0]), text)}"'


def _escape(character: str) -> str:
    code = ord(character)
    return _ESCAPED.get(character) or (f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}")


def register() -> None:
    """Have papermill write R with `string_literal`, for the language as notebooks spell it.

    Papermill's own translator writes Python's escapes: R reads its ``\\xfc`` as a byte, and refuses it beside
    ``\\u2026``. It also knows the language as ``R`` only.
    """
    from papermill.translators import RTranslator, papermill_translators

    class Translator(RTranslator):  # type: ignore[misc]
        @classmethod
        def translate_escaped_str(cls, str_val: Any) -> str:
            return string_literal(str(str_val))

        @classmethod
        def translate_dict(cls, val: Mapping[str, Any]) -> str:
            # a name before "=" would be converted to the locale's encoding
            names = ", ".join(cls.translate_str(name) for name in val)
            return f"structure({cls.translate_list(list(val.values()))}, names = c({names}))"

    for language in ("r", "R"):
        papermill_translators.register(language, Translator)
