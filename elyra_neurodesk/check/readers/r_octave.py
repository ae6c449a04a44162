"""R, MATLAB and Octave code as events, from the tokens of Pygments' lexers.

Tokens tell code from comments and strings, which is what finding ``system("…")`` needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from elyra_neurodesk.check.events import (
    UNKNOWN,
    ChangeDirectory,
    Event,
    FileUse,
    Interact,
    Location,
    RunFile,
    Scope,
    SetVariable,
    UseString,
)
from elyra_neurodesk.check.readers.context import Context
from elyra_neurodesk.check.readers.lmod import lmod_events
from elyra_neurodesk.check.readers.shell import command_events, shell_events
from elyra_neurodesk.check.words import word_set

_SYSTEM = {"r": ("system", "shell", "pipe"), "octave": ("system", "unix", "dos", "shell_cmd", "popen")}
_WAITS = {
    "r": frozenset({"readline", "menu", "file.choose", "askYesNo"}),
    "octave": frozenset({"input", "uigetfile", "uigetdir", "ginput"}),
}
_DEBUGGERS = {"r": "browser", "octave": "keyboard"}
_RUN_FILE = {"r": ("source",), "octave": ("run", "source")}
_WRITES = word_set(
    "write.csv write.table writeLines saveRDS ggsave pdf png save sink dir.create writeNifti writeNIfTI",
    "mkdir saveas print niftiwrite imwrite writetable file.create dlmwrite csvwrite write.csv2 fwrite",
    "write_csv write_tsv write_rds jpeg tiff svg",
)
# position of the argument that names the file, from 0
_FILE_ARGUMENT = {
    **dict.fromkeys(
        ("write.csv", "write.csv2", "write.table", "fwrite", "write_csv", "write_tsv", "write_rds"), 1
    ),
    **dict.fromkeys(("saveRDS", "writeLines", "writeNifti", "writeNIfTI"), 1),
    **dict.fromkeys(("ggsave", "pdf", "png", "jpeg", "tiff", "svg", "sink", "dlmwrite", "csvwrite"), 0),
    **dict.fromkeys(("saveas", "niftiwrite", "imwrite", "writetable"), 1),
}
_FILE_KEYWORDS = frozenset({"file", "filename", "path", "con"})
_CHANGE_DIRECTORY = frozenset({"setwd", "cd", "chdir"})
_CREATES = frozenset({"dir.create", "mkdir", "file.create"})
_READS = word_set(
    "read.csv read.table readRDS readLines load setwd list.files readNifti readNIfTI read.delim fread",
    "scan cd addpath niftiread readtable csvread dlmread imread dir fileread",
)
_TESTS = frozenset({"file.exists", "dir.exists", "exist", "isfile", "isfolder", "isdir", "unlink"})
_QUIET = word_set("cat message disp fprintf printf stop warning error library require sprintf")
_JOINERS = frozenset({"paste", "paste0", "c", "strcat", "strjoin", "glue", "file.path", "fullfile"})
_SEPARATORS = {"paste": " ", "paste0": "", "strcat": "", "file.path": "/", "fullfile": "/"}
_CONVERSION = re.compile(r"%[-+ 0#]*[\d*]*(?:\.\d+)?[a-zA-Z]")
_MAX_TOKENS = 2000  # of a call's arguments
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of code: ``kind`` is ``text`` (a literal, its content in ``value``), ``name`` or ``sign``."""

    kind: str
    value: str
    line: int


def r_octave_events(
    text: str, language: str, start: Location, context: Context, scope: Scope = ()
) -> list[Event]:
    """Return what a cell, a script or a program of ``Rscript -e`` does.

    Args:
        text: the code.
        language: ``r`` or ``octave`` (which is MATLAB, too).
        start: its first line.
        context: what all readers share.
        scope: the interpreter's process.
    """
    tokens = list(_tokens(text, language))
    events: list[Event] = []
    function = ""  # the call that the last open bracket belongs to
    stack: list[str] = []
    for number, token in enumerate(tokens):
        at = start.below(token.line)
        if token.kind == "escape":
            events += shell_events(token.value, at, context, scope=context.new_scope(scope))
        elif token.kind == "text":
            events.append(UseString(at, token.value, _file_use(function), scope=scope))
        elif token.value == "(":
            stack.append(function)
            before = tokens[number - 1] if number else None
            if before and before.kind == "name":
                function = before.value
                events += _call(function, _arguments(tokens, number + 1), language, at, context, scope)
        elif token.value == ")" and stack:
            function = stack.pop()
        elif token.kind == "name" and language == "octave" and token.value == "keyboard":
            events.append(Interact(at, "keyboard", "debugger", scope=scope))
    return events


def _file_use(function: str) -> FileUse:
    if function in _CREATES:
        return "create"
    if function in _WRITES:
        return "write"
    if function in _READS:
        return "read"
    if function in _TESTS:
        return "test"
    return "quiet" if function in _QUIET else "unknown"


def _call(
    name: str, arguments: list[list[Token]], language: str, at: Location, context: Context, scope: Scope
) -> Iterator[Event]:
    first = _text(arguments[0], language) if arguments else ""
    if name in _SYSTEM[language] and arguments:
        yield from shell_events(first, at, context, scope=context.new_scope(scope))
    elif language == "r" and name == "system2" and arguments:
        words = [first, *(text for part in arguments[1:2] for text in _texts(part, language))]
        yield from command_events(words, at, context, scope)
    elif language == "r" and name == "module" and first:
        # Lmod's own function for R (init/R)
        verb, *names = [
            word for part in arguments for text in _texts(part, language) for word in text.split()
        ] or [""]
        yield from lmod_events(verb, names, at, scope=scope)
    elif name in _RUN_FILE[language] and first and UNKNOWN not in first:
        yield RunFile(at, first, scope=scope)
    elif name in ("Sys.setenv", "setenv", "putenv"):
        yield from _variables(arguments, language, at, scope)
    elif name in _WAITS[language]:
        yield Interact(at, f"{name}()", "input", scope=scope)
    elif name == _DEBUGGERS[language]:
        yield Interact(at, f"{name}()", "debugger", scope=scope)
    elif language == "r" and name in ("readLines", "scan", "file") and first == "stdin":
        yield Interact(at, f'{name}("stdin")', "input", scope=scope)
    elif name in _CHANGE_DIRECTORY:
        yield ChangeDirectory(at, scope=scope)
    elif name == "fopen" and len(arguments) > 1:
        if set(_text(arguments[1], language)) & set("wa"):
            yield UseString(at, first, "write", scope=scope)
    elif name in _FILE_ARGUMENT:
        yield from _written(name, arguments, language, at, scope)


def _written(
    name: str, arguments: list[list[Token]], language: str, at: Location, scope: Scope
) -> Iterator[Event]:
    """Yield the name of the file that a call writes, put together where it is in pieces."""
    plain = [part for part in arguments if not _keyword(part)]
    position = _FILE_ARGUMENT[name]
    named = [part[2:] for part in arguments if _keyword(part) in _FILE_KEYWORDS]
    for part in named or plain[position : position + 1]:
        text = _text(part, language)
        if text.replace(UNKNOWN, ""):
            yield UseString(at, text, "write", scope=scope)


def _keyword(part: Sequence[Token]) -> str:
    """Return the name in an argument ``name = value``, "" for one without."""
    return part[0].value if len(part) > 2 and part[0].kind == "name" and part[1].value == "=" else ""


def _variables(arguments: list[list[Token]], language: str, at: Location, scope: Scope) -> Iterator[Event]:
    if language == "octave":
        if len(arguments) > 1:
            values = (_text(part, language) for part in arguments[:2])
            yield SetVariable(at, next(values), next(values), scope=scope)
        return
    for part in arguments:
        if _keyword(part):
            yield SetVariable(at, part[0].value, _text(part[2:], language), scope=scope)


def _arguments(tokens: Sequence[Token], start: int) -> list[list[Token]]:
    """Return the tokens of each argument of the call whose bracket was opened before ``start``."""
    arguments: list[list[Token]] = [[]]
    depth = 0
    for token in tokens[start : start + _MAX_TOKENS]:
        if token.kind == "sign":
            if token.value == ")" and depth == 0:
                break
            depth += (token.value in "([{") - (token.value in ")]}")
            if token.value == "," and depth == 0:
                arguments.append([])
                continue
        arguments[-1].append(token)
    return arguments if arguments[0] else []


def _text(part: Sequence[Token], language: str) -> str:
    """Return the text of an argument: a literal, or literals put together with ``paste0`` or ``[…]``."""
    literals = [token for token in part if token.kind == "text"]
    if len(part) == 1 and literals:
        return literals[0].value
    if not literals:
        return UNKNOWN
    names = [token.value for token in part if token.kind == "name"]
    function = names[0] if names else ""
    if language == "r" and function in ("command", "cmd") and len(part) == 3:
        return literals[0].value
    if function == "sprintf":
        return UNKNOWN.join(_CONVERSION.split(literals[0].value)).replace("%%", "%")
    if function in _SEPARATORS and part[0].value == function:
        return _put_together(function, _arguments(part, 2), language)
    return "".join(_items(part))


def _put_together(function: str, arguments: list[list[Token]], language: str) -> str:
    """Return what a call that puts texts together returns."""
    separator, pieces = _SEPARATORS[function], []
    for part in arguments:
        if _keyword(part):
            separator = _text(part[2:], language) if _keyword(part) == "sep" else separator
        elif part and part[0].value in _SEPARATORS:
            pieces.append(_text(part, language))
        else:
            pieces += _items(part)
    return separator.join(pieces)


def _items(part: Sequence[Token]) -> list[str]:
    """Return the known and unknown pieces that a text is put together from."""
    pieces = (token for token in part if token.kind == "text" or token.value not in _JOINERS)
    return [token.value if token.kind == "text" else UNKNOWN for token in pieces if token.kind != "sign"]


def _texts(part: Sequence[Token], language: str) -> list[str]:
    """Return the texts of an argument: those of ``c(…)``, or the words of one text."""
    return _items(part) if part and part[0].value == "c" else _text(part, language).split()


@cache
def _lexer(language: str) -> Any:
    from pygments.lexers.matlab import OctaveLexer  # type: ignore[import-untyped]
    from pygments.lexers.r import SLexer  # type: ignore[import-untyped]

    return SLexer() if language == "r" else OctaveLexer()


def _tokens(text: str, language: str) -> Iterator[Token]:
    """Yield the tokens that count: no comments, no white space; adjacent parts of a literal as one."""
    from pygments.token import Comment, Name, String  # type: ignore[import-untyped]
    from pygments.token import Text as White

    if language == "octave":
        text, escapes = _without_escapes(text)
        yield from escapes
    pending: list[str] = []
    line, started, end = 0, 0, -1
    for position, kind, value in _lexer(language).get_tokens_unprocessed(text):
        if pending and (kind not in String or _closed(pending, position, end)):
            yield Token("text", _unquoted("".join(pending), language), started)
            pending = []
        if kind in String:
            if not pending:
                started = line
            pending.append(value)
            end = position + len(value)
        elif kind not in Comment and kind not in White and value.strip():
            yield Token("name" if kind in Name or value.isidentifier() else "sign", value.strip(), line)
        line += value.count("\n")
    if pending:
        yield Token("text", _unquoted("".join(pending), language), started)


def _closed(pending: Sequence[str], position: int, end: int) -> bool:
    whole = "".join(pending)
    return position != end or (len(whole) > 1 and whole[-1] == whole[0] and whole[0] == '"')


def _unquoted(literal: str, language: str) -> str:
    quote, content = literal[:1], literal[1:]
    content = content.removesuffix(quote)
    if language == "octave":
        if quote == "'":
            return content.replace("''", "'")
        return content.replace('""', '"').replace('\\"', '"').replace("\\n", "\n")
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[1]), content)


def _without_escapes(text: str) -> tuple[str, list[Token]]:
    """Take MATLAB's ``!command`` lines out of a text."""
    lines, escapes = text.split("\n"), []
    for number, line in enumerate(lines):
        if line.lstrip().startswith("!") and not line.lstrip().startswith("!="):
            escapes.append(Token("escape", line.lstrip()[1:], number))
            lines[number] = ""
    return "\n".join(lines), escapes
