"""IPython cells as Python, line for line."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

# cell magics whose body is a Python cell
_BODIES = re.compile(r"%%(capture|time|timeit|prun|memit|lprun|mprun|python3?|px|skip)\b")
_MAX_MAGICS = 500  # as many as IPython itself reads (IPython.core.inputtransformer2.TRANSFORM_LOOP_LIMIT)


class CellSyntaxError(Exception):
    """A cell is neither Python nor IPython's syntax.

    Attributes:
        line: from 1, or None.
    """

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


def parse_cell(text: str, notebook: bool) -> ast.Module:
    """Return the syntax tree of a cell or a script; its line numbers are those of ``text``.

    Nothing of it is run: IPython's transformer rewrites ``!command``, ``%magic`` and ``%%magic`` as calls.

    Args:
        text: the code.
        notebook: IPython's syntax is allowed.

    Raises:
        CellSyntaxError: it cannot be parsed.
    """
    try:
        return _tree(text)
    except CellSyntaxError as problem:
        # most cells are plain Python, which spares them IPython's tokenizer
        if not notebook:
            raise
        first = problem
    try:
        return _by_line(text, first.line) or _tree(_whole(text))
    except (SyntaxError, ValueError, RuntimeError, IndexError, TypeError, RecursionError) as problem:
        raise CellSyntaxError(str(problem), getattr(problem, "lineno", None)) from problem


def _tree(text: str) -> ast.Module:
    try:
        flags = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = compile(text, "<cell>", "exec", flags, dont_inherit=True)
    except SyntaxError as problem:
        raise CellSyntaxError(problem.msg, problem.lineno) from problem
    except (ValueError, RecursionError, MemoryError, OverflowError) as problem:
        raise CellSyntaxError(str(problem) or type(problem).__name__, None) from problem
    assert isinstance(tree, ast.Module)  # noqa: S101 - what mode "exec" returns
    return tree


@cache
def _manager() -> Any:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager()  # type: ignore[no-untyped-call]


def _by_line(text: str, wrong: int | None) -> ast.Module | None:
    """Rewrite, one by one, the lines that the compiler stops at.

    IPython itself reads the whole cell again after each magic, which takes ten times as long.

    Args:
        text: the code.
        wrong: the line that the compiler stopped at.

    Returns:
        The tree, or None where this does not lead to one.
    """
    lines = text.split("\n")
    if "\f" in text or "\v" in text or any(line.startswith("%%") for line in lines if line):
        return None
    done: set[int] = set()
    while wrong is not None and wrong <= len(lines) and wrong not in done and len(done) < _MAX_MAGICS:
        done.add(wrong)
        start = end = wrong - 1
        while lines[end].endswith("\\") and end + 1 < len(lines):
            end += 1
        indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
        chunk = [f"{line}\n" for line in (lines[start].lstrip(), *lines[start + 1 : end + 1])]
        changed, new = _manager().do_one_token_transform(chunk)
        if not changed or len(new) != 1:
            return None
        lines[start : end + 1] = [indent + new[0].rstrip("\n"), *[""] * (end - start)]
        try:
            return _tree("\n".join(lines))
        except CellSyntaxError as problem:
            wrong = problem.line
    return None


def _whole(text: str) -> str:
    """Do what ``TransformerManager.transform_cell`` does, and put back the lines that it takes away."""
    manager = _manager()
    lines = (text if text.endswith("\n") else f"{text}\n").splitlines(keepends=True)
    if any("\f" in line or "\v" in line for line in lines):
        lines = [f"{line}\n" for line in text.split("\n")]
    kept = len(lines)
    for transform in manager.cleanup_transforms:
        lines = transform(lines)
    # empty lines before the code are all that the clean-up removes
    lines = ["\n"] * (kept - len(lines)) + lines
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    blank, lines = lines[:first], lines[first:]
    if lines and _BODIES.match(lines[0]):
        body = "".join([*blank, "\n", *lines[1:]])
        try:
            _tree(body)
        except CellSyntaxError:
            return _whole(body)
        return body
    magic = bool(lines) and lines[0].startswith("%%")
    for transform in manager.line_transforms:
        lines = transform(lines)
    for _ in range(0 if magic else _MAX_MAGICS):
        changed, new = manager.do_one_token_transform(lines)
        if not changed:
            return "".join(blank + lines)
        lines = _padded(lines, new)
    if magic:
        return "".join(blank + lines)
    raise CellSyntaxError(f"has more than {_MAX_MAGICS} magics", None)


def _padded(old: list[str], new: list[str]) -> list[str]:
    """Return ``new`` with empty lines after the statement that took several lines before."""
    missing = len(old) - len(new)
    if missing <= 0:
        return new
    pairs = enumerate(zip(old, new, strict=False))
    same = next((row for row, (before, after) in pairs if before != after), 0)
    return [*new[: same + 1], *["\n"] * missing, *new[same + 1 :]]
