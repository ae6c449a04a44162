"""Expressions of a Lua module file, computed as far as they can be without running anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from elyra_neurodesk.modules.lua_tokens import Cursor, Unreadable

CHANGES = ("prepend_path", "append_path", "setenv", "pushenv")
"""The calls that change the environment."""

_FUNCTIONS = ("depends_on", "extensions")  # Lmod has had them for years; module files ask all the same


class _Unknown:
    """A value that cannot be told."""


@dataclass(frozen=True)
class _Name:
    """A global that is no variable of ours: a function, most likely."""

    path: str


UNKNOWN = _Unknown()
Value = object  # str, bool, None (nil), _Name or UNKNOWN


@dataclass(frozen=True)
class Statement:
    """One call that changes the environment: ``prepend_path``, ``append_path`` or ``setenv``."""

    action: str
    name: str
    value: str
    separator: str = ":"


@dataclass
class Outcome:
    """What running the file would do.

    Attributes:
        statements: in the file's order.
        requires: other modules that it loads first, ``tool/version``.
        refusal: the message of the ``LmodError`` that it would raise, "" if none.
        complete: False when something that changes the environment could not be told.
    """

    statements: list[Statement] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)
    refusal: str = ""
    complete: bool = True


class Expressions(Cursor):
    """A recursive descent over expressions, loosest binding first.

    Args:
        text, file, environment, known, is_there: as for `lua.evaluate`.
    """

    def __init__(
        self,
        text: str,
        file: str,
        environment: Mapping[str, str],
        known: Mapping[str, str],
        is_there: Callable[[str], bool],
    ) -> None:
        super().__init__(text, file)
        self.environment, self.is_there = environment, is_there
        self.variables: dict[str, Value] = dict(known)
        self.outcome = Outcome()
        self.live = True

    def expressions(self) -> list[Value]:
        """Read expressions with commas between them and return their values."""
        values = [self.expression()]
        while self.accept(","):
            values.append(self.expression())
        return values

    def expression(self) -> Value:
        """Read an expression and return its value; the calls in it have their effect if this part is live."""
        value = self._conjunction()
        while self.accept("or"):
            other = self._conjunction()
            value = UNKNOWN if unclear(value) else value if is_true(value) else other
        return value

    def _conjunction(self) -> Value:
        value = self._comparison()
        while self.accept("and"):
            other = self._comparison()
            value = UNKNOWN if unclear(value) else other if is_true(value) else value
        return value

    def _comparison(self) -> Value:
        value = self._concatenation()
        while self.peek() in ("==", "~=", "<", ">", "<=", ">="):
            sign = self.take()[1]
            other = self._concatenation()
            if unclear(value) or unclear(other) or sign not in ("==", "~="):
                value = UNKNOWN
            else:
                value = (value == other) == (sign == "==")
        return value

    def _concatenation(self) -> Value:
        value = self._unary()
        while self.peek() in ("..", "+", "-", "*", "/", "%", "^"):
            sign = self.take()[1]
            other = self._unary()
            both = isinstance(value, str) and isinstance(other, str) and sign == ".."
            value = f"{value}{other}" if both else UNKNOWN
        return value

    def _unary(self) -> Value:
        if self.accept("not"):
            value = self._unary()
            return UNKNOWN if unclear(value) else not is_true(value)
        if self.peek() in ("-", "#"):
            self.take()
            self._unary()
            return UNKNOWN
        return self._suffixed()

    def _suffixed(self) -> Value:
        value = self._primary()
        while True:
            if self.accept("."):
                part = self.take()[1]
                value = _Name(f"{value.path}.{part}") if isinstance(value, _Name) else UNKNOWN
            elif self.accept(":"):
                self.take()
                self._arguments()
                value = UNKNOWN
            elif self.accept("["):
                self.expression()
                self.expect("]")
                value = UNKNOWN
            elif self.peek() in ("(", "{") or self._string_follows(value):
                value = self._call(value, self._arguments())
            else:
                return value

    def _string_follows(self, value: Value) -> bool:
        """Say whether a string is the only argument of a call, as in ``help [[…]]``."""
        following = self.tokens[self.place : self.place + 1]
        return isinstance(value, _Name) and bool(following) and following[0][0] == "string"

    def _primary(self) -> Value:
        kind, text = self.take()
        if kind == "string":
            return text
        if kind == "number":
            return UNKNOWN
        if text == "(":
            value = self.expression()
            self.expect(")")
            return value
        if text == "{":
            self.place -= 1
            self.table()
            return UNKNOWN
        if text == "function":
            self.place -= 1
            self.skip()
            return UNKNOWN
        if kind != "name" and text != "...":
            raise Unreadable(f"{self.file}: {text!r} begins no expression.")
        constants: dict[str, Value] = {"nil": None, "true": True, "false": False, "...": UNKNOWN}
        if text in constants:
            return constants[text]
        return self.variables.get(text, _Name(text))

    def _arguments(self) -> list[Value]:
        if not self.at_end() and self.tokens[self.place][0] == "string":
            return [self.take()[1]]
        if self.peek() == "{":
            self.table()
            return [UNKNOWN]
        self.expect("(")
        values = [] if self.peek() == ")" else self.expressions()
        self.expect(")")
        return values

    def _call(self, function: Value, arguments: list[Value]) -> Value:
        name = function.path if isinstance(function, _Name) else ""
        first = arguments[0] if arguments else None
        if name in CHANGES:
            self._change("setenv" if name == "pushenv" else name, arguments)
            return None
        if name == "LmodError":
            if self.live and not self.outcome.refusal:
                self.outcome.refusal = (
                    " ".join(str(part) for part in arguments if isinstance(part, str)) or name
                )
            return None
        if name in ("depends_on", "load", "always_load"):
            if self.live:
                self.outcome.requires += [part for part in arguments if isinstance(part, str)]
            return None
        if name == "type" and isinstance(first, _Name):
            return "function" if first.path in _FUNCTIONS else UNKNOWN
        if name == "mode":
            return "load"
        if name == "myFileName":
            return self.file
        if name == "os.getenv" and isinstance(first, str):
            return self.environment.get(first)
        if name in ("isDir", "isFile") and isinstance(first, str):
            return self.is_there(first)
        if name == "pathJoin" and all(isinstance(part, str) for part in arguments):
            return os.path.normpath("/".join(str(part) for part in arguments))
        return UNKNOWN

    def _change(self, action: str, arguments: list[Value]) -> None:
        if not self.live:
            return
        texts = [part for part in arguments[:2] if isinstance(part, str)]
        if len(texts) < 2:
            self.outcome.complete = False
            return
        last = arguments[2] if len(arguments) > 2 else ":"
        self.outcome.statements.append(
            Statement(action, texts[0], texts[1], last if isinstance(last, str) else ":")
        )


def unclear(value: Value) -> bool:
    """Say whether a value, or what it would be if a function were called, cannot be told."""
    return value is UNKNOWN or isinstance(value, _Name)


def is_true(value: Value) -> bool:
    """Say whether Lua takes a value for true."""
    return value is not None and value is not False
