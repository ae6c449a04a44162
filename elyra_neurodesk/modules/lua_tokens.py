"""The words of a Lua text, comments left out and strings read, and a place among them."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    (?P<space>\s+ | --\[(?P<dashes>=*)\[.*?\](?P=dashes)\] | --[^\n]*)
  | (?P<long>\[(?P<level>=*)\[(?P<text>.*?)\](?P=level)\])
  | (?P<string>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?P<name>[A-Za-z_]\w*)
  | (?P<number>\d[\w.]*)
  | (?P<sign>\.\.\.|\.\.|==|~=|<=|>=|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(\d{1,3}|x[0-9a-fA-F]{2}|z\s*|.)", re.DOTALL)
_OPENING = {"if", "for", "while", "function", "repeat"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Unreadable(ValueError):
    """The text is not Lua as far as it is read here."""


def tokens(text: str) -> list[tuple[str, str]]:
    """Return kind (``string``, ``name``, ``number`` or ``sign``) and text of each word."""
    found = []
    for match in _TOKEN.finditer(text):
        if match["long"] is not None:
            found.append(("string", match["text"].removeprefix("\n")))
        elif match["string"] is not None:
            found.append(("string", _ESCAPE.sub(_unescape, match["string"][1:-1])))
        elif match["space"] is None:
            kind = "name" if match["name"] else "number" if match["number"] else "sign"
            found.append((kind, match[0]))
    return found


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code.isdigit():
        return chr(min(int(code), 255))
    if code[0] == "x" and len(code) == 3:
        return chr(int(code[1:], 16))
    return "" if code[0] == "z" else _ESCAPES.get(code, code)


class Cursor:
    """A place among the words of a text."""

    def __init__(self, text: str, file: str) -> None:
        self.tokens, self.place, self.file = tokens(text), 0, file

    def at_end(self) -> bool:
        """Say whether no word is left."""
        return self.place >= len(self.tokens)

    def peek(self) -> str:
        """Return the next token unless it is a string, which is no keyword whatever it says."""
        if self.at_end() or self.tokens[self.place][0] == "string":
            return ""
        return self.tokens[self.place][1]

    def take(self) -> tuple[str, str]:
        """Return the next word's kind and text, and go on."""
        if self.at_end():
            raise Unreadable(f"{self.file} ends in the middle of a statement.")
        self.place += 1
        return self.tokens[self.place - 1]

    def accept(self, text: str) -> bool:
        """Go on if the next word is this one."""
        if self.peek() != text:
            return False
        self.place += 1
        return True

    def expect(self, text: str) -> None:
        """Go on over this word, which must be next."""
        if not self.accept(text):
            raise Unreadable(f"{self.file}: {text!r} is missing before {self.peek()!r}.")

    def skip(self) -> None:
        """Pass over a loop or a function: to the word that ends it."""
        depth = 0
        while True:
            kind, text = self.take()
            if kind == "name":
                # the `do` of a loop belongs to the `for` or `while` before it
                depth += text in _OPENING
                depth -= text in ("end", "until")
            if depth == 0:
                break

    def table(self) -> None:
        """Pass over a table; the value of one is never needed."""
        depth = 0
        while True:
            kind, text = self.take()
            if kind == "sign":
                depth += (text == "{") - (text == "}")
            if depth == 0:
                return
