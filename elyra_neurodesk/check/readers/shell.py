"""Shell code as events, read with tree-sitter's grammar of bash, which recovers from syntax errors."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from elyra_neurodesk.check.events import (
    UNKNOWN,
    DefineCommand,
    Event,
    FileUse,
    LoadModule,
    Location,
    RunCommand,
    RunFile,
    Scope,
    SetVariable,
    UseString,
)
from elyra_neurodesk.check.readers.context import Context
from elyra_neurodesk.check.readers.python_functions import MADE_WHERE_MISSING
from elyra_neurodesk.check.readers.shell_commands import (
    SHELLS,
    EmbeddedCode,
    ShellState,
    interpret,
    is_login,
    unwrapped,
)

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MAX_DEPTH = 8  # of shells in shells that are followed
_MAX_SHELLS = 200  # that one piece of code may start, as far as they are followed
_MAX_VALUE = 10_000  # characters of a variable's value
_MAX_ROUNDS = 16  # of a loop over literal words that are followed
# a module was not necessarily used by these
_NO_TOOLS = frozenset({"echo", "printf", "which", "type", "true", ":", "exit", "export", "set", "cd", "date"})
_NEW_PROCESS = ("subshell", "command_substitution", "process_substitution")
_ESCAPED = re.compile(r"\\(\n|.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\([\n"\\$`])')


def shell_events(
    text: str,
    at: Location,
    context: Context,
    *,
    scope: Scope = (),
    kernel: bool = False,
    ready: bool = False,
) -> list[Event]:
    """Return what a piece of shell code does.

    Args:
        text: the code; `UNKNOWN` stands for what was filled in and cannot be known.
        at: its first line.
        context: what all readers share.
        scope: the process that runs the code.
        kernel: the process lives on: a bash kernel, or a script of its own.
        ready: ``module`` is defined from the beginning.
    """
    shell = ShellState(scope, context, kernel, ready)
    _ShellReader(at).read(text, shell)
    return shell.events if kernel else _with_losses(shell.events)


def command_events(words: list[str], at: Location, context: Context, scope: Scope = ()) -> list[Event]:
    """Return what a command given as a list of words does, in a process of its own."""
    shell = ShellState(context.new_scope(scope), context)
    _ShellReader(at).command(words, shell, at)
    return _with_losses(shell.events)


def _with_losses(events: list[Event]) -> list[Event]:
    """Mark the loads after which their shell runs nothing."""

    def used(load: LoadModule, later: list[Event]) -> bool:
        return any(
            event.scope[: len(load.scope)] == load.scope
            and (
                isinstance(event, RunFile)
                or (isinstance(event, RunCommand) and event.words[0] not in _NO_TOOLS)
            )
            for event in later
        )

    return [
        dataclasses.replace(event, lost=True)
        if isinstance(event, LoadModule) and event.via and not used(event, events[number + 1 :])
        else event
        for number, event in enumerate(events)
    ]


class _ShellReader:
    """Walks one syntax tree; a method ``_on_KIND`` reads the nodes of that kind.

    Args:
        at: the code's first line.
        depth: shells around this one.
        budget: how many more shells are followed, shared by all of them.
    """

    def __init__(self, at: Location, depth: int = 0, budget: list[int] | None = None) -> None:
        self._start = at
        self._depth = depth
        self._budget = [_MAX_SHELLS] if budget is None else budget
        self._looping = False

    def read(self, text: str, shell: ShellState) -> None:
        """Read a script."""
        self._walk(_parser().parse(text.encode("utf-8", "replace")).root_node, shell)

    def command(self, words: list[str], shell: ShellState, at: Location, script: str | None = None) -> None:
        """Read a command; ``script`` is what it gets on its standard input, if that is a here-document."""
        code = interpret(words, shell, at)
        bare = unwrapped(words)
        reads_script = bare[:1] and bare[0] in SHELLS and all(word.startswith("-") for word in bare[1:])
        if code is None and script is not None and reads_script:
            ready = shell.ready or any(is_login(option) for option in bare[1:])
            code = EmbeddedCode("bash", script, shell.child(ready=ready))
            at = at.below(1)
        if code is None or self._depth >= _MAX_DEPTH or self._budget[0] <= 0:
            return
        self._budget[0] -= 1
        if code.language == "bash":
            _ShellReader(at, self._depth + 1, self._budget).read(code.text, code.shell)
        else:
            shell.events += shell.context.read_embedded(code.language, code.text, at, code.shell.scope)

    def _walk(self, node: Node, shell: ShellState) -> None:
        kind = node.type
        method = getattr(self, f"_on_{kind}", None)
        if method is not None:
            method(node, shell)
        elif kind in _NEW_PROCESS:
            self._children(node, shell.child())
        elif kind not in ("comment", "ERROR", "heredoc_content"):
            self._children(node, shell)

    def _children(self, node: Node, shell: ShellState) -> None:
        for child in node.children:
            self._walk(child, shell)

    def _at(self, node: Node) -> Location:
        return self._start.below(node.start_point.row)

    def _on_command(self, node: Node, shell: ShellState, script: str | None = None) -> None:
        words: list[str] = []
        for child in node.children:
            if child.type == "variable_assignment":
                self._assign(child, shell, lasting=False)
            elif child.type in ("file_redirect", "herestring_redirect"):
                self._walk(child, shell)
            elif child.is_named or child.type == "command_name":
                self._substitutions(child, shell)
                words.append(_word(child, shell.variables))
        if words:
            self.command(words, shell, self._at(node), script)

    def _substitutions(self, node: Node, shell: ShellState) -> None:
        """Read the commands that are run to make a word."""
        if node.type in _NEW_PROCESS:
            self._children(node, shell.child())
        elif node.child_count:
            for child in node.children:
                self._substitutions(child, shell)

    def _on_redirected_statement(self, node: Node, shell: ShellState) -> None:
        body = node.child_by_field_name("body")
        script = next(
            (
                _literal(part)
                for child in node.children
                if child.type == "heredoc_redirect"
                for part in child.children
                if part.type == "heredoc_body"
            ),
            None,
        )
        redirects = [child for child in node.children if child != body]
        before = shell.piped
        shell.piped = before or any(
            child.type in ("heredoc_redirect", "herestring_redirect")
            or (child.type == "file_redirect" and any(part.type == "<" for part in child.children))
            for child in redirects
        )
        for child in redirects:
            self._walk(child, shell)
        if body is not None and body.type == "command":
            self._on_command(body, shell, script)
        elif body is not None:
            self._walk(body, shell)
        shell.piped = before

    def _on_file_redirect(self, node: Node, shell: ShellState) -> None:
        target = node.child_by_field_name("destination")
        if target is None:
            return
        self._substitutions(target, shell)
        name = _word(target, shell.variables)
        if not name.isdecimal() and name != "/dev/null":
            reads = any(child.type == "<" for child in node.children)
            shell.events.append(
                UseString(self._at(node), name, "read" if reads else "write", scope=shell.scope)
            )

    def _on_heredoc_body(self, node: Node, shell: ShellState) -> None:
        # data, but what is substituted in it is run
        for child in node.children:
            self._substitutions(child, shell)

    def _on_pipeline(self, node: Node, shell: ShellState) -> None:
        before = shell.piped
        for child in node.children:
            self._walk(child, shell)
            shell.piped = True
        shell.piped = before

    def _on_list(self, node: Node, shell: ShellState) -> None:
        alternatives = any(child.type == "||" for child in node.children)
        self._guarded(node.children[0], shell, alternatives)
        for child in node.children[1:]:
            self._walk(child, shell)

    def _guarded(self, node: Node, shell: ShellState, guarded: bool) -> None:
        before = shell.guarded
        shell.guarded = before or guarded
        self._walk(node, shell)
        shell.guarded = before

    def _on_if_statement(self, node: Node, shell: ShellState) -> None:
        condition = True
        for child in node.children:
            condition = condition and child.type != "then"
            self._guarded(child, shell, condition)

    def _on_for_statement(self, node: Node, shell: ShellState) -> None:
        variable = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        if variable is None or body is None:
            self._children(node, shell)
            return
        items = [child for child in node.children if child.is_named and child not in (variable, body)]
        for item in items:
            self._substitutions(item, shell)
        values = [_word(item, shell.variables) for item in items]
        shell.events += [UseString(self._at(node), value, scope=shell.scope) for value in values]
        globs = any(UNKNOWN in value or set("*?[{") & set(value) for value in values)
        if self._looping or globs or not 0 < len(values) <= _MAX_ROUNDS:
            values = [UNKNOWN]
        nested, self._looping = self._looping, True
        for value in values:
            shell.variables[_literal(variable)] = value
            self._walk(body, shell)
        self._looping = nested

    def _on_function_definition(self, node: Node, shell: ShellState) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            shell.events.append(DefineCommand(self._at(node), _literal(name), scope=shell.scope))
        self._children(node, shell)

    def _on_variable_assignment(self, node: Node, shell: ShellState) -> None:
        self._assign(node, shell, lasting=True)

    def _on_test_command(self, node: Node, shell: ShellState) -> None:
        self._substitutions(node, shell)

    def _assign(self, node: Node, shell: ShellState, lasting: bool) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        if value is not None:
            self._substitutions(value, shell)
        text = "" if value is None else _word(value, shell.variables)
        at = self._at(node)
        shell.events.append(SetVariable(at, _literal(name), text, scope=shell.scope))
        use: FileUse = "quiet" if _literal(name) in MADE_WHERE_MISSING else "unknown"
        shell.events.append(UseString(at, text, use, scope=shell.scope))
        if lasting:
            shell.variables[_literal(name)] = text if len(text) <= _MAX_VALUE else UNKNOWN


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def _literal(node: Node) -> str:
    """Return a node's own text."""
    return (node.text or b"").decode("utf-8", "replace")


def _word(node: Node, variables: Mapping[str, str]) -> str:
    """Return a word of any kind after quotes and variables, with `UNKNOWN` for what cannot be known."""
    kind = node.type
    if kind in ("word", "number", "variable_name", "special_variable_name", "test_operator", "regex"):
        return _ESCAPED.sub(lambda found: "" if found[1] == "\n" else found[1], _literal(node))
    if kind == "raw_string":
        return _literal(node)[1:-1]
    if kind == "ansi_c_string":
        return _literal(node)[2:-1]
    if kind == "string":
        return _quoted(node, variables)
    if kind in ("concatenation", "command_name"):
        return "".join(_word(child, variables) for child in node.children)
    if kind in ("simple_expansion", "expansion"):
        return _variable(node, variables)
    return UNKNOWN


def _quoted(node: Node, variables: Mapping[str, str]) -> str:
    """Return what a string in double quotes says; its white space between two expansions is not a node."""

    def unescaped(part: bytes) -> str:
        text = part.decode("utf-8", "replace")
        return _ESCAPED_IN_QUOTES.sub(lambda found: "" if found[1] == "\n" else found[1], text)

    content, position, parts = node.text or b"", 1, []
    for child in node.children:
        if child.type == '"':
            continue
        start = child.start_byte - node.start_byte
        literal = child.type == "string_content"
        parts.append(unescaped(content[position:start]))
        parts.append(unescaped(child.text or b"") if literal else _word(child, variables))
        position = child.end_byte - node.start_byte
    return "".join(parts)


def _variable(node: Node, variables: Mapping[str, str]) -> str:
    """Return the value of ``$name`` or ``${name}``; that of any other expansion is not known."""
    names = [child for child in node.children if child.is_named]
    plain = len(names) == 1 and names[0].type == "variable_name"
    if not plain or len(node.children) > (2 if node.type == "simple_expansion" else 3):
        return UNKNOWN
    name = _literal(names[0])
    return variables.get(name, "~" if name == "HOME" else UNKNOWN)
