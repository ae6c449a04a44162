"""Reads what a Lua module file of Lmod does to the environment, statement by statement, running nothing.

Neurodesk's module files are generated (neurocommand's ``transparent-singularity``); a tool's own lines, and
those of a bundle, add conditions on variables and functions. What is understood are calls and assignments of
one line whose values are strings, variables, ``..``, ``os.getenv``, ``pathJoin`` and the like, and ``if``
around them. Everything else has an unknown value: a change to the environment that depends on one is left
out, and `Effects.complete` says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

CHANGES = ("prepend_path", "append_path", "setenv", "pushenv")
"""The calls that change the environment (Lmod, "Lua modulefile functions")."""

_WORD = re.compile(
    r"""
    (?P<comment>--\[(?P<dashes>=*)\[.*?\](?P=dashes)\] | --[^\n]*)
  | (?P<long>\[(?P<level>=*)\[(?P<text>.*?)\](?P=level)\])
  | (?P<string>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*')
  | (?P<unclosed>["'])
  | (?P<keyword>\b(?:if|then|elseif|else|end|for|while|do|repeat|until|function)\b)
  | (?P<open>[({\[]) | (?P<close>[)}\]])
  | (?P<break>[\n;])
  | (?P<code>\w+ | .)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?P<decimal>\d{1,3})|\\x(?P<hex>[0-9a-fA-F]{2})|\\z\s*|\\(?P<other>.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}

# In what follows a string is `"N"`, its number; `(?![^()]*\))` keeps to what is outside of brackets.
_ASSIGNMENT = re.compile(r"(?:local\s+)?(?P<name>[A-Za-z_]\w*)\s*=(?P<value>[^=].*)", re.DOTALL)
_ASSIGNED = re.compile(r"\b([A-Za-z_]\w*)\s*(?=(?:,\s*\w+\s*)*=(?!=))")
_CALL = re.compile(
    r"(?P<function>[A-Za-z_][\w.]*)\s*(?:\((?P<arguments>.*)\)|(?P<string>\"\d+\"))", re.DOTALL
)
_ARGUMENT = re.compile(r"(?:[^,()]|\([^()]*\))+")
_ARGUMENTS = re.compile(rf"{_ARGUMENT.pattern}(?:,{_ARGUMENT.pattern})*")
_SIGNS = tuple(
    re.compile(rf"\s*({sign})\s*(?![^()]*\))") for sign in (r"\bor\b", r"\band\b", "==|~=", r"\.\.")
)
"""Lua's operators as far as they are understood, the loosest first."""


class Unreadable(ValueError):
    """Blocks, brackets or quotes do not match: the text is not Lua."""


@dataclass(frozen=True)
class Statement:
    """One change of the environment: ``prepend_path``, ``append_path`` or ``setenv``."""

    action: str
    name: str
    value: str
    separator: str = ":"


@dataclass(frozen=True)
class Effects:
    """What loading a module file does.

    Attributes:
        statements: changes of the environment, in the file's order.
        requires: other modules that it loads first, ``tool/version``.
        refusal: the message of the ``LmodError`` that it raises, "" if none.
        complete: False when a change of the environment could not be read.
    """

    statements: tuple[Statement, ...] = ()
    requires: tuple[str, ...] = ()
    refusal: str = ""
    complete: bool = True


class _Unknown:
    """The value of an expression that is not understood."""


_UNKNOWN = _Unknown()
_Value = str | bool | None | _Unknown  # None is Lua's nil
_Reach = Literal["runs", "skipped", "unclear"]
"""Whether a statement is reached when the file is loaded."""


def read_effects(
    text: str,
    file: str,
    environment: Mapping[str, str],
    known: Mapping[str, str],
    exists: Callable[[str], bool] = os.path.exists,
) -> Effects:
    """Follow a module file as Lmod does when it loads it.

    Args:
        text: the file's content.
        file: its path, what ``myFileName()`` returns.
        environment: what ``os.getenv`` returns.
        known: variables whose value is certain even where the file computes it in a way that is not read.
        exists: answers ``isDir`` and ``isFile``.

    Raises:
        Unreadable: blocks, brackets or quotes do not match.
    """
    strings: list[str] = []
    scope = _Scope(file, environment, known, exists, strings)
    statements: list[Statement] = []
    requires: list[str] = []
    refusals: list[str] = []
    complete = True
    for reach, code in _statements(text, strings, scope):
        call = _CALL.fullmatch(code)
        function = call["function"] if call else ""
        arguments = scope.arguments(call) if call else []
        texts = [value for value in arguments if isinstance(value, str)]
        if function in CHANGES:
            if reach == "runs" and len(texts) > 1 and arguments[:2] == texts[:2]:
                action = "setenv" if function == "pushenv" else function
                separator = arguments[2] if len(arguments) > 2 else ":"
                text = separator if isinstance(separator, str) else ":"
                statements.append(Statement(action, texts[0], texts[1], text))
            else:
                complete = False
        elif re.search(rf"\b(?:{'|'.join(CHANGES)})\b", code):
            complete = False
        elif reach != "runs":
            scope.forget(code)
        elif function == "LmodError":
            refusals.append(" ".join(texts) or function)
        elif function in ("depends_on", "load", "always_load"):
            requires += texts
        elif assignment := _ASSIGNMENT.fullmatch(code):
            scope.assign(assignment["name"], scope.value(assignment["value"]))
        else:
            scope.forget(code)
    return Effects(tuple(statements), tuple(requires), refusals[0] if refusals else "", complete)


class _Scope:
    """The variables of a file, and the values of expressions in it."""

    def __init__(
        self,
        file: str,
        environment: Mapping[str, str],
        known: Mapping[str, str],
        exists: Callable[[str], bool],
        strings: list[str],
    ) -> None:
        self._file, self._environment, self._known = file, environment, known
        self._exists, self._strings = exists, strings
        self._variables: dict[str, _Value] = dict(known)

    def assign(self, name: str, value: _Value) -> None:
        """Set a variable; a known one keeps its value where the new one is not understood."""
        self._variables[name] = self._known.get(name, value) if value is _UNKNOWN else value

    def forget(self, code: str) -> None:
        """Make every variable unknown that this code may assign."""
        for name in _ASSIGNED.findall(code):
            self.assign(name, _UNKNOWN)

    def value(self, code: str, signs: Sequence[re.Pattern[str]] = _SIGNS) -> _Value:
        """Return the value of an expression; one with parts in brackets of their own is not understood."""
        if not signs:
            return self._term(code.strip())
        first, *rest = signs[0].split(code)
        value = self.value(first, signs[1:])
        for sign, part in zip(rest[::2], rest[1::2], strict=True):
            value = _combine(sign, value, self.value(part, signs[1:]))
        return value

    def _term(self, code: str) -> _Value:
        if re.match(r"not\b", code):
            value = self._term(code[len("not") :].strip())
            return _UNKNOWN if value is _UNKNOWN else not _is_true(value)
        constants: dict[str, _Value] = {"nil": None, "true": True, "false": False}
        if code in constants:
            return constants[code]
        if re.fullmatch(r'"\d+"', code):
            return self._strings[int(code[1:-1])]
        if call := _CALL.fullmatch(code):
            return self._call(call)
        return self._variables.get(code, _UNKNOWN)

    def arguments(self, call: re.Match[str]) -> list[_Value]:
        """Return the values of a call's arguments; one unknown value for what cannot be taken apart."""
        code = call["string"] or call["arguments"]
        if not code.strip():
            return []
        parts = _ARGUMENT.findall(code) if _ARGUMENTS.fullmatch(code) else [""]
        return [self.value(part) for part in parts]

    def _call(self, call: re.Match[str]) -> _Value:
        name, values = call["function"], self.arguments(call)
        texts = [value for value in values if isinstance(value, str)]
        if name == "mode" and not values:
            return "load"
        if name == "myFileName" and not values:
            return self._file
        # Lmod has had these functions for years; module files ask all the same
        if name == "type" and (call["arguments"] or "").strip() in ("depends_on", "extensions"):
            return "function"
        if not texts or len(texts) < len(values):
            return _UNKNOWN
        if name == "os.getenv":
            return self._environment.get(texts[0])
        if name in ("isDir", "isFile"):
            return self._exists(texts[0])
        return os.path.normpath("/".join(texts)) if name == "pathJoin" else _UNKNOWN


def _combine(sign: str, left: _Value, right: _Value) -> _Value:
    if sign == "..":
        return left + right if isinstance(left, str) and isinstance(right, str) else _UNKNOWN
    if left is _UNKNOWN:
        return _UNKNOWN
    if sign in ("or", "and"):
        return left if _is_true(left) == (sign == "or") else right
    return _UNKNOWN if right is _UNKNOWN else (left == right) == (sign == "==")


def _is_true(value: _Value) -> bool:
    return value is not None and value is not False


class _Block:
    """A block that has been opened: an ``if``, or a loop or function, of which no statement is understood."""

    def __init__(self, keyword: str, around: _Reach) -> None:
        self.keyword, self._around = keyword, around
        self.reach: _Reach = around if keyword == "if" or around == "skipped" else "unclear"
        self.awaits = {"if": "then", "for": "do", "while": "do"}.get(keyword, "")
        self._taken = self._doubtful = False

    def branch(self, condition: _Value) -> None:
        """Begin the branch of an ``if`` with this condition (True for ``else``)."""
        self.awaits = ""
        if (
            self._taken
            or self._around == "skipped"
            or (condition is not _UNKNOWN and not _is_true(condition))
        ):
            self.reach = "skipped"
            return
        self._taken = condition is not _UNKNOWN
        self._doubtful = self._doubtful or not self._taken
        self.reach = "unclear" if self._doubtful else self._around


def _statements(text: str, strings: list[str], scope: _Scope) -> Iterator[tuple[_Reach, str]]:
    """Yield each statement that may be reached, without comments; its strings go to ``strings``."""
    blocks: list[_Block] = []
    code, depth = "", 0
    for kind, word in _words(text, strings):
        depth += (kind == "open") - (kind == "close")
        if depth < 0 or kind == "unclosed":
            raise Unreadable(f"{word!r} closes or opens nothing")
        block = blocks[-1] if blocks else None
        reach: _Reach = block.reach if block else "runs"
        conditional = block is not None and block.awaits == "then"
        if kind == "break" and (depth or conditional):
            code += " "
            continue
        if kind not in ("keyword", "break"):
            code += word
            continue
        if kind == "keyword" and word == "then":
            if block is None or not conditional:
                raise Unreadable("'then' without 'if'")
            block.branch(scope.value(code))
        elif code.strip() and reach != "skipped":
            yield reach, code.strip()
        code = ""
        if kind == "break" or word == "then":
            continue
        _open_or_close(word, blocks)
    if code.strip():
        yield "runs", code.strip()
    if blocks or depth:
        raise Unreadable("the file ends within a block or in brackets")


def _open_or_close(keyword: str, blocks: list[_Block]) -> None:
    block = blocks[-1] if blocks else None
    if keyword == "do" and block is not None and block.awaits == "do":
        block.awaits = ""
    elif keyword not in ("end", "until", "else", "elseif"):
        blocks.append(_Block(keyword, block.reach if block else "runs"))
    elif block is None or block.awaits:
        raise Unreadable(f"{keyword!r} ends nothing")
    elif keyword in ("end", "until"):
        blocks.pop()
    elif block.keyword != "if":
        raise Unreadable(f"{keyword!r} without 'if'")
    elif keyword == "else":
        block.branch(True)
    else:
        block.awaits = "then"


def _words(text: str, strings: list[str]) -> Iterator[tuple[str, str]]:
    """Yield kind and text of each word; a string is added to ``strings`` and yielded as its number."""
    for match in _WORD.finditer(text):
        if match["comment"] is not None:
            yield "code", " "
        elif match["long"] is not None or match["string"] is not None:
            content = (
                match["text"].removeprefix("\n") if match["long"] else _ESCAPE.sub(_unescape, match[0][1:-1])
            )
            strings.append(content)
            yield "string", f'"{len(strings) - 1}"'
        else:
            yield str(match.lastgroup), match[0]


def _unescape(match: re.Match[str]) -> str:
    if match["decimal"]:
        return chr(min(int(match["decimal"]), 255))
    if match["hex"]:
        return chr(int(match["hex"], 16))
    return _ESCAPED.get(match["other"], match["other"]) if match["other"] else ""
