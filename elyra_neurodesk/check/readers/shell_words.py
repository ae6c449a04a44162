"""Words of a shell command, as the shell would pass them on, where that can be known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from elyra_neurodesk.check.readers.events import UNKNOWN

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_ESCAPED = re.compile(r"\\(\n|.)", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\([\n"\\$`])')


@cache
def parser() -> Parser:
    """Return a parser of bash: tree-sitter's, which recovers from what it does not understand."""
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def literal(node: Node) -> str:
    """Return a node's own text."""
    return (node.text or b"").decode("utf-8", "replace")


def word(node: Node, variables: Mapping[str, str]) -> str:
    """Return a word after quotes and variables, with `UNKNOWN` for what cannot be known.

    Args:
        node: a word of any kind.
        variables: values of shell variables that are known.
    """
    kind = node.type
    if kind in ("word", "number", "variable_name", "special_variable_name", "test_operator", "regex"):
        return _ESCAPED.sub(lambda found: "" if found[1] == "\n" else found[1], literal(node))
    if kind == "raw_string":
        return literal(node)[1:-1]
    if kind == "ansi_c_string":
        return literal(node)[2:-1]
    if kind == "string":
        return "".join(_quoted(child, variables) for child in _with_gaps(node))
    if kind in ("concatenation", "command_name"):
        return "".join(word(child, variables) for child in node.children)
    if kind in ("simple_expansion", "expansion"):
        return _variable(node, variables)
    return UNKNOWN


def _with_gaps(node: Node) -> list[Node | str]:
    """Return the parts of a quoted string between its quotes; white space between two parts is no node."""
    parts: list[Node | str] = []
    content = node.text or b""
    position = 1
    for child in node.children:
        if child.type == '"':
            continue
        start = child.start_byte - node.start_byte
        if start > position:
            parts.append(content[position:start].decode("utf-8", "replace"))
        parts.append(child)
        position = child.end_byte - node.start_byte
    return parts


def _quoted(part: Node | str, variables: Mapping[str, str]) -> str:
    text = part if isinstance(part, str) else literal(part) if part.type == "string_content" else None
    if text is None:
        assert not isinstance(part, str)  # noqa: S101 - for the type checker
        return word(part, variables)
    return _ESCAPED_IN_QUOTES.sub(lambda found: "" if found[1] == "\n" else found[1], text)


def _variable(node: Node, variables: Mapping[str, str]) -> str:
    """Return the value of ``$name`` or ``${name}``; anything cleverer is not known."""
    names = [child for child in node.children if child.is_named]
    plain = len(names) == 1 and names[0].type == "variable_name"
    if not plain or len(node.children) > (2 if node.type == "simple_expansion" else 3):
        return UNKNOWN
    name = literal(names[0])
    return variables.get(name, "~" if name == "HOME" else UNKNOWN)
