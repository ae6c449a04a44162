"""Shell code as events, read with tree-sitter's grammar of bash."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from elyra_neurodesk.check.readers.events import (
    UNKNOWN,
    Define,
    Event,
    Include,
    Load,
    Place,
    Run,
    Scope,
    Scopes,
    SetVariable,
    Text,
)
from elyra_neurodesk.check.readers.shell_commands import SHELLS, Nested, Session, interpret, unwrapped
from elyra_neurodesk.check.readers.shell_words import literal, parser, word

if TYPE_CHECKING:
    from tree_sitter import Node

_DEEPEST = 8
"""Shells in shells that are followed."""
_MOST = 200
"""Shells that one piece of code may start, as far as they are followed."""
_LONGEST = 10_000
"""Characters of a variable's value that is kept."""
_ROUNDS = 16
"""Rounds of a loop over literal words that are followed."""
# they say nothing about whether a module was used
_IDLE = frozenset({"echo", "printf", "which", "type", "true", ":", "exit", "export", "set", "cd", "date"})
_NEW_PROCESS = ("subshell", "command_substitution", "process_substitution")

Other = Callable[[Nested, Place], list[Event]]
"""Reads code of another language that a shell starts."""


def shell_events(
    text: str,
    place: Place,
    scopes: Scopes,
    *,
    scope: Scope = (),
    kernel: bool = False,
    ready: bool = False,
    variables: Mapping[str, str] | None = None,
    other: Other | None = None,
) -> list[Event]:
    """Return what a piece of shell code does.

    Args:
        text: the code; `UNKNOWN` stands for what was filled in and cannot be known.
        place: of its first line.
        scopes: numbers for new processes.
        scope: the process that runs the code.
        kernel: the process lives on: a bash kernel, or a script of its own.
        ready: ``module`` is defined from the beginning.
        variables: known values.
        other: reads code of other languages in arguments.
    """
    session = Session(scope, scopes, kernel, ready, variables=dict(variables or {}))
    _Reader(place, other).read(text, session)
    return session.events if kernel else _with_losses(session.events)


def command_events(
    words: list[str], place: Place, scopes: Scopes, scope: Scope = (), other: Other | None = None
) -> list[Event]:
    """Return what a command given as a list of words does, in a process of its own."""
    session = Session(scopes.below(scope), scopes)
    _Reader(place, other).command(words, session, place)
    return _with_losses(session.events)


def _with_losses(events: list[Event]) -> list[Event]:
    """Mark the loads after which their shell runs nothing."""

    def used(load: Load, later: list[Event]) -> bool:
        return any(
            event.scope[: len(load.scope)] == load.scope
            and (isinstance(event, Include) or (isinstance(event, Run) and event.words[0] not in _IDLE))
            for event in later
        )

    return [
        dataclasses.replace(event, lost=True)
        if isinstance(event, Load) and event.via and not used(event, events[number + 1 :])
        else event
        for number, event in enumerate(events)
    ]


class _Reader:
    """Walks one syntax tree.

    Args:
        place: of the code's first line.
        other: reads code of other languages.
        depth: shells around this one.
        budget: how many more shells are followed, shared by all of them.
    """

    def __init__(
        self, place: Place, other: Other | None, depth: int = 0, budget: list[int] | None = None
    ) -> None:
        self._place = place
        self._other = other
        self._depth = depth
        self._budget = [_MOST] if budget is None else budget
        self._looping = False

    def read(self, text: str, session: Session) -> None:
        """Read a script."""
        self._walk(parser().parse(text.encode("utf-8", "replace")).root_node, session)

    def command(self, words: list[str], session: Session, place: Place, script: str | None = None) -> None:
        """Read a command; ``script`` is what it gets on its standard input, if that is a here-document."""
        nested = interpret(words, session, place)
        bare = unwrapped(words)
        reads_script = bare[:1] and bare[0] in SHELLS and all(option.startswith("-") for option in bare[1:])
        if nested is None and script is not None and reads_script:
            login = any("l" in option for option in bare[1:])
            nested = Nested("bash", script, session.child(ready=session.ready or login))
            place = place.below(1)
        if nested is None or self._depth >= _DEEPEST or self._budget[0] <= 0:
            return
        self._budget[0] -= 1
        if nested.language == "bash":
            _Reader(place, self._other, self._depth + 1, self._budget).read(nested.text, nested.session)
        elif self._other:
            session.events.extend(self._other(nested, place))

    def _walk(self, node: Node, session: Session) -> None:
        kind = node.type
        method = getattr(self, f"_on_{kind}", None)
        if method is not None:
            method(node, session)
        elif kind in _NEW_PROCESS:
            self._children(node, session.child())
        elif kind not in ("comment", "ERROR", "heredoc_content"):
            self._children(node, session)

    def _children(self, node: Node, session: Session) -> None:
        for child in node.children:
            self._walk(child, session)

    def _at(self, node: Node) -> Place:
        return self._place.below(node.start_point.row)

    def _on_command(self, node: Node, session: Session, script: str | None = None) -> None:
        words: list[str] = []
        variables = session.variables
        for child in node.children:
            if child.type == "variable_assignment":
                self._assign(child, session, lasting=False)
            elif child.type in ("file_redirect", "herestring_redirect"):
                self._walk(child, session)
            elif child.is_named or child.type == "command_name":
                self._substitutions(child, session)
                words.append(word(child, variables))
        if words:
            self.command(words, session, self._at(node), script)

    def _substitutions(self, node: Node, session: Session) -> None:
        """Read the commands that are run for the sake of a word."""
        if node.type in _NEW_PROCESS:
            self._children(node, session.child())
        elif node.child_count:
            for child in node.children:
                self._substitutions(child, session)

    def _on_redirected_statement(self, node: Node, session: Session) -> None:
        body = node.child_by_field_name("body")
        script = next(
            (
                literal(part)
                for child in node.children
                if child.type == "heredoc_redirect"
                for part in child.children
                if part.type == "heredoc_body"
            ),
            None,
        )
        redirects = [child for child in node.children if child != body]
        before = session.piped
        session.piped = before or any(
            child.type in ("heredoc_redirect", "herestring_redirect")
            or (child.type == "file_redirect" and any(part.type == "<" for part in child.children))
            for child in redirects
        )
        for child in redirects:
            self._walk(child, session)
        if body is not None and body.type == "command":
            self._on_command(body, session, script)
        elif body is not None:
            self._walk(body, session)
        session.piped = before

    def _on_file_redirect(self, node: Node, session: Session) -> None:
        target = node.child_by_field_name("destination")
        if target is None:
            return
        self._substitutions(target, session)
        reads = any(child.type == "<" for child in node.children)
        name = word(target, session.variables)
        if not name.isdecimal() and name != "/dev/null":
            mode = "read" if reads else "write"
            session.events.append(Text(self._at(node), name, mode, scope=session.scope))  # type: ignore[arg-type]

    def _on_heredoc_body(self, node: Node, session: Session) -> None:
        # data, but what is substituted in it is run
        for child in node.children:
            self._substitutions(child, session)

    def _on_pipeline(self, node: Node, session: Session) -> None:
        before = session.piped
        for child in node.children:
            self._walk(child, session)
            session.piped = True
        session.piped = before

    def _on_list(self, node: Node, session: Session) -> None:
        alternatives = any(child.type == "||" for child in node.children)
        self._guarded(node.children[0], session, alternatives)
        for child in node.children[1:]:
            self._walk(child, session)

    def _guarded(self, node: Node, session: Session, guarded: bool) -> None:
        before = session.guarded
        session.guarded = before or guarded
        self._walk(node, session)
        session.guarded = before

    def _on_if_statement(self, node: Node, session: Session) -> None:
        condition = True
        for child in node.children:
            condition = condition and child.type != "then"
            self._guarded(child, session, condition)

    def _on_for_statement(self, node: Node, session: Session) -> None:
        variable = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        if variable is None or body is None:
            self._children(node, session)
            return
        items = [child for child in node.children if child.is_named and child not in (variable, body)]
        for item in items:
            self._substitutions(item, session)
        values = [word(item, session.variables) for item in items]
        for value in values:
            session.events.append(Text(self._at(node), value, scope=session.scope))
        globs = any(UNKNOWN in value or set("*?[{") & set(value) for value in values)
        if self._looping or globs or not 0 < len(values) <= _ROUNDS:
            values = [UNKNOWN]
        nested, self._looping = self._looping, True
        for value in values:
            session.variables[literal(variable)] = value
            self._walk(body, session)
        self._looping = nested

    def _on_function_definition(self, node: Node, session: Session) -> None:
        name = node.child_by_field_name("name")
        if name is not None:
            session.events.append(Define(self._at(node), literal(name), scope=session.scope))
        self._children(node, session)

    def _on_variable_assignment(self, node: Node, session: Session) -> None:
        self._assign(node, session, lasting=True)

    def _on_test_command(self, node: Node, session: Session) -> None:
        self._substitutions(node, session)

    def _assign(self, node: Node, session: Session, lasting: bool) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            return
        if value is not None:
            self._substitutions(value, session)
        text = "" if value is None else word(value, session.variables)
        place = self._at(node)
        session.events.append(SetVariable(place, literal(name), text, scope=session.scope))
        session.events.append(Text(place, text, scope=session.scope))
        if lasting:
            session.variables[literal(name)] = text if len(text) <= _LONGEST else UNKNOWN
