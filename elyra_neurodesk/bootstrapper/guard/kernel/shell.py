"""Reads shell text: which commands it runs, and whether it handles their failures.

The grammar is that of POSIX ("Shell Command Language", 2.10) as needed: quotes, comments, here-documents,
operators, reserved words, command substitution. What it cannot read is left out; nothing is raised.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PLAIN, CHAINED, PIPED, BACKGROUND, HANDLED = "plain", "chained", "piped", "background", "handled"
_OPERATOR = re.compile(r"&&|\|\||\|&|;;|&>>?|[;&|()\n]")
_REDIRECTION = re.compile(r"\d*(?:<<<|<<-?|<>|>>|>\||[<>]&?)")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_IGNORES = {"true", ":"}
_SKIPPED = {"then", "do", "else", "{", "}", "fi", "done", "time", "esac", "exec", "command", "nohup", "env"}
_CONDITIONS = {"if": "then", "elif": "then", "while": "do", "until": "do"}
_READS_STATUS = re.compile(r"\$(?:\?|\{\?|\{?PIPESTATUS\b)")
_OPENS = {"(": ")", "{": "}", "if": "fi", "for": "done", "while": "done", "until": "done", "case": "esac"}
_CLOSES = frozenset(_OPENS.values())
_BEFORE_COMMAND = {"then", "do", "else", "{", "!", "time", "elif", "if", "while", "until"}


class Command(NamedTuple):
    """One simple command.

    Attributes:
        name: its first word, quotes removed.
        words: all of its words.
        line: line from 1.
        place: where it stands. ``plain``: its own status is that of the line; ``chained``: what follows is
            left out if it fails (``&&``), or no shell notes its failure; ``piped``: the end of its
            pipeline decides; ``background``: nothing waits for it (``&``); ``handled``: the text deals with
            it.
        status_read: whether the next command reads its status (``$?``, ``PIPESTATUS``).
    """

    name: str
    words: tuple[str, ...]
    line: int
    place: str
    status_read: bool = False


class _Token(NamedTuple):
    kind: str  # word, op
    text: str
    line: int
    inner: tuple[str, ...] = ()  # texts of command substitutions


def commands(text: str) -> list[Command]:
    """Return the simple commands of a shell text in their order."""
    try:
        found = _commands(text, 1, handled=False, depth=0)
    except (IndexError, RecursionError):
        return []
    return [
        item._replace(status_read=_status_is_read(found, index))
        for index, item in enumerate(found)
        if item.name
    ]


def discards_complaints(text: str) -> bool:
    """Tell whether a command's error messages go to ``/dev/null``: its author expects that it may fail."""
    return re.search(r"(?:2>|&>|>&)\s*/dev/null", text) is not None


def places(text: str, name: str) -> set[str]:
    """Return in which places a command of this name, or of this path, stands in the text."""
    base = name.rsplit("/", 1)[-1]
    return {
        item.place for item in commands(text) if item.name in (name, base) or item.name.endswith("/" + base)
    }


def ignores_failure(text: str) -> bool:
    """Tell whether the text says somewhere that a failure does not matter (``|| true``, ``|| :``)."""
    return re.search(r"\|\|\s*(?:true|:)(?:\s|;|$|\))", text) is not None


def _commands(text: str, first: int, handled: bool, depth: int) -> list[Command]:
    if depth > 4:
        return []
    found: list[Command] = []
    tokens = _tokens(text, first)
    inside = _handled_groups(tokens)
    group: list[_Token] = []
    for index, token in enumerate([*tokens, _Token("op", "\n", first)]):
        if token.kind != "op" or token.text not in (";", ";;", "&", "\n", "(", ")"):
            group.append(token)
        elif group:
            found.extend(_list(group, handled or inside[index - 1], depth, token.text == "&"))
            group = []
    return found


def _handled_groups(tokens: list[_Token]) -> list[bool]:
    """Tell of each token whether it is in a group (``{ }``, ``( )``, a loop) before ``||`` or after ``!``."""
    inside = [False] * len(tokens)
    openers: list[int] = []
    for index, token in enumerate(tokens):
        before = tokens[index - 1] if index else None
        begins = before is None or before.kind == "op" or before.text in _BEFORE_COMMAND
        if token.text in _OPENS and (token.kind == "op" or begins):
            openers.append(index)
        elif token.text in _CLOSES and (token.kind == "op" or begins) and openers:
            opener = openers.pop()
            after = tokens[index + 1] if index + 1 < len(tokens) else None
            negated = opener > 0 and tokens[opener - 1].text == "!"
            if negated or (after is not None and after.kind == "op" and after.text == "||"):
                inside[opener:index] = [True] * (index - opener)
    return inside


def _status_is_read(found: list[Command], index: int) -> bool:
    """Tell whether what follows a command, or its pipeline, reads its status."""
    after = index + 1
    while after < len(found) and found[after - 1].place == PIPED:
        after += 1
    while after < len(found) and not found[after].name and "$(" in " ".join(found[after].words):
        after += 1  # the assignment that a substitution's status becomes the status of
    return after < len(found) and _READS_STATUS.search(" ".join(found[after].words)) is not None


def _list(tokens: list[_Token], handled: bool, depth: int, background: bool) -> list[Command]:
    """Read an and-or list."""
    parts: list[list[_Token]] = [[]]
    between: list[str] = []
    for token in tokens:
        if token.kind == "op" and token.text in ("&&", "||"):
            between.append(token.text)
            parts.append([])
        else:
            parts[-1].append(token)
    found: list[Command] = []
    condition = False
    for index, part in enumerate(parts):
        words = [token.text for token in part if token.kind == "word"]
        condition = (condition or bool(words and words[0] in _CONDITIONS)) and not (
            words and words[0] in ("then", "do")
        )
        rest = between[index:]
        after = [token.text for token in parts[index + 1] if token.kind == "word"] if rest else []
        ignored = bool(rest and rest[0] == "||" and after and after[0] in _IGNORES)
        negated = bool(words and words[0] == "!") or bool(len(words) > 1 and words[1] == "!")
        if handled or condition or negated or ignored or "||" in rest:
            place = HANDLED
        elif background:
            place = BACKGROUND
        else:
            place = CHAINED if rest else PLAIN
        pipeline = _split(part, {"|", "|&"})
        for number, element in enumerate(pipeline):
            last = number == len(pipeline) - 1
            certain = handled or condition or negated or ignored
            found.extend(_simple(element, place if last else (HANDLED if certain else PIPED), depth))
    return found


def _simple(tokens: list[_Token], place: str, depth: int) -> list[Command]:
    found: list[Command] = []
    words = [token for token in tokens if token.kind == "word"]
    for token in words:
        for inner in token.inner:
            found.extend(_commands(inner, token.line, place == HANDLED, depth + 1))
    while words and (
        words[0].text in _CONDITIONS
        or words[0].text in _SKIPPED
        or words[0].text == "!"
        or _ASSIGNMENT.match(words[0].text)
    ):
        words = words[1:]
    if not words or words[0].text == "case":  # no command, but it may read a status
        every = tuple(token.text for token in tokens if token.kind == "word")
        found += [Command("", every, tokens[0].line, place)] if every else []
    elif words[0].text not in ("for", "select", "function", "in"):
        command = Command(words[0].text, tuple(token.text for token in words), words[0].line, place)
        found += [command, *_given(command, depth)]
    return found


def _given(command: Command, depth: int) -> list[Command]:
    """Return the commands of ``bash -c TEXT`` and the like.

    A login shell and ``sh`` do not read BASH_ENV: a failure there is not noted, as if it were chained.
    """
    if command.name.rsplit("/", 1)[-1] not in ("bash", "sh", "dash"):
        return []
    at = next((i for i, word in enumerate(command.words) if re.fullmatch(r"-[a-z]*c", word)), None)
    if at is None or at + 1 >= len(command.words):
        return []
    hooked = command.name.endswith("bash") and not any(
        re.fullmatch(r"-[a-z]*l[a-z]*|--login", word) for word in command.words[1 : at + 1]
    )
    inner = _commands(command.words[at + 1], command.line, command.place == HANDLED, depth + 1)
    return [item._replace(place=CHAINED) if item.place == PLAIN and not hooked else item for item in inner]


def _split(tokens: list[_Token], operators: set[str]) -> list[list[_Token]]:
    parts: list[list[_Token]] = [[]]
    for token in tokens:
        if token.kind == "op" and token.text in operators:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _tokens(text: str, line: int) -> list[_Token]:
    found: list[_Token] = []
    waiting: list[str] = []  # delimiters of here-documents whose text begins on the next line
    at, end = 0, len(text)
    while at < end:
        char = text[at]
        if char in " \t\r":
            at += 1
        elif text.startswith("\\\n", at):
            at, line = at + 2, line + 1
        elif char == "#":
            at = _line_end(text, at)
        elif match := _REDIRECTION.match(text, at):
            at = match.end()
            while at < end and text[at] in " \t":
                at += 1
            _, target, at_after, lines = _word(text, at)
            if match.group().lstrip("0123456789") in ("<<", "<<-"):
                waiting.append(target)
            at, line = at_after, line + lines
        elif match := _OPERATOR.match(text, at):
            found.append(_Token("op", match.group(), line))
            at = match.end()
            if match.group().startswith("&>"):
                found.pop()
                while at < end and text[at] in " \t":
                    at += 1
                at = _word(text, at)[2]
            elif match.group() == "\n":
                line += 1
                for delimiter in waiting:
                    at, lines = _after_document(text, at, delimiter)
                    line += lines
                waiting = []
        else:
            inner, word, at, lines = _word(text, at)
            found.append(_Token("word", word, line, tuple(inner)))
            line += lines
    return found


def _word(text: str, at: int) -> tuple[list[str], str, int, int]:
    """Read one word; returns command substitutions, the word, where it ends, and the lines it spans."""
    inner: list[str] = []
    word, start, quoted = "", at, False
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text):
            word += "" if text[at + 1] == "\n" else text[at + 1]
            at += 2
        elif char == "'" and not quoted:
            close = text.find("'", at + 1)
            close = len(text) if close < 0 else close
            word += text[at + 1 : close]
            at = close + 1
        elif char == '"':
            quoted = not quoted
            at += 1
        elif text.startswith("$(", at) and not text.startswith("$((", at):
            close = _closing(text, at + 2)
            inner.append(text[at + 2 : close])
            word += text[at : close + 1]
            at = close + 1
        elif text.startswith("${", at):
            close = text.find("}", at)
            close = len(text) - 1 if close < 0 else close
            word += text[at : close + 1]
            at = close + 1
        elif char == "`":
            close = text.find("`", at + 1)
            close = len(text) if close < 0 else close
            inner.append(text[at + 1 : close])
            at = close + 1
        elif not quoted and char in " \t\r\n;&|()<>":
            break
        else:
            word += char
            at += 1
    if at == start:  # never stand still
        at += 1
    return inner, word, at, text.count("\n", start, at)


def _closing(text: str, at: int) -> int:
    """Return where the ``)`` is that ends a command substitution."""
    depth, quote = 1, ""
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\" and quote == '"':
                at += 1
            elif char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        elif char == "\\":
            at += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(text)


def _after_document(text: str, at: int, delimiter: str) -> tuple[int, int]:
    lines = 0
    while at < len(text):
        end = _line_end(text, at)
        lines += 1
        if text[at:end].strip() == delimiter:
            return min(end + 1, len(text)), lines
        at = end + 1
    return len(text), lines


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
