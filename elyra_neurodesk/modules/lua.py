"""What a Lmod module file does to the environment, found without a Lua interpreter.

Reads the part of Lua that Neurodesk's module files are written in: literal strings, local variables,
concatenation, ``if``, calls. Whatever lies beyond it (patterns, loops, functions) has an unknown value; a
statement that needs it is left out, and `Outcome.complete` says so. Nothing is executed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from elyra_neurodesk.modules.lua_expressions import (
    CHANGES,
    UNKNOWN,
    Expressions,
    Outcome,
    Statement,
    Value,
    is_true,
    unclear,
)
from elyra_neurodesk.modules.lua_tokens import Unreadable

__all__ = ["Outcome", "Statement", "Unreadable", "evaluate"]


def evaluate(
    text: str,
    file: str,
    environment: Mapping[str, str],
    known: Mapping[str, str],
    is_there: Callable[[str], bool] = os.path.exists,
) -> Outcome:
    """Follow a module file as Lmod does when it loads it.

    Args:
        text: the file's content.
        file: its path, what ``myFileName()`` returns.
        environment: what ``os.getenv`` sees.
        known: variables whose value is certain even where the file computes it in a way that is not read.
        is_there: answers ``isDir`` and ``isFile``.

    Raises:
        Unreadable: brackets or blocks do not match.
    """
    reader = _Reader(text, file, environment, known, is_there)
    reader.block(live=True)
    if not reader.at_end():
        raise Unreadable(f"{file}: {reader.peek()!r} ends nothing.")
    return reader.outcome


class _Reader(Expressions):
    """Statements, followed in the order in which they would run."""

    def __init__(
        self,
        text: str,
        file: str,
        environment: Mapping[str, str],
        known: Mapping[str, str],
        is_there: Callable[[str], bool],
    ) -> None:
        super().__init__(text, file, environment, known, is_there)
        self.known = dict(known)

    def block(self, live: bool) -> None:
        """Read statements up to what ends the block; those of a branch not taken change nothing."""
        before, self.live = self.live, self.live and live
        while not self.at_end() and self.peek() not in ("end", "else", "elseif", "until"):
            self.statement()
        self.live = before

    def statement(self) -> None:
        word = self.peek()
        if word == ";":
            self.take()
        elif word == "if":
            self.condition()
        elif word == "do":
            self.take()
            self.block(live=True)
            self.expect("end")
        elif word in ("for", "while", "function", "repeat"):
            self.skip()
        elif word == "return":
            self.take()
            if self.peek() not in ("", "end", "else", "elseif", ";"):
                self.expression()
        elif word == "local" and self.tokens[self.place + 1 : self.place + 2] == [("name", "function")]:
            self.take()
            self.skip()
        else:
            self.accept("local")
            self.assignment_or_call()

    def condition(self) -> None:
        """Read an ``if``; where its condition is unknown, no branch counts."""
        self.expect("if")
        done = doubtful = False
        start = self.place
        while True:
            value = self.expression()
            self.expect("then")
            doubtful = doubtful or unclear(value)
            self.block(live=not done and not doubtful and is_true(value))
            done = done or is_true(value)
            if self.accept("elseif"):
                continue
            if self.accept("else"):
                self.block(live=not done and not doubtful)
            self.expect("end")
            if doubtful and self.live and self.changes(start):
                self.outcome.complete = False
            return

    def changes(self, start: int) -> bool:
        """Say whether the words since ``start`` hold a statement that would matter."""
        return any(kind == "name" and text in CHANGES for kind, text in self.tokens[start : self.place])

    def skip(self) -> None:
        """Pass over a loop or a function, which may have changed something."""
        start = self.place
        super().skip()
        if self.live and self.changes(start):
            self.outcome.complete = False

    def assignment_or_call(self) -> None:
        names = []
        start = self.place
        while self.tokens[self.place : self.place + 1] and self.tokens[self.place][0] == "name":
            names.append(self.take()[1])
            if not self.accept(","):
                break
        if names and self.accept("="):
            values = self.expressions()
            for name, value in zip(names, [*values, *[None] * len(names)]):  # noqa: B905
                self.assign(name, value)
            return
        if len(names) > 1 or (names and self.place > start and self._statement_ends()):
            return  # `local a, b`
        self.place = start
        self.expression()

    def _statement_ends(self) -> bool:
        return self.at_end() or (self.tokens[self.place][0] == "name") or self.peek() == ";"

    def assign(self, name: str, value: Value) -> None:
        if not self.live:
            return
        if value is UNKNOWN and name in self.known:
            value = self.known[name]
        self.variables[name] = value
