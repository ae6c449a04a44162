"""The parameters of a notebook: read from its cell tagged ``parameters``, and values typed by them.

Papermill's own reader (papermill/translators.py, ``inspect``) knows Python only and takes its type hints as
text; this one also reads the defaults, and R and bash.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from elyra_neurodesk.bootstrapper.notebook_file import read_facts
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.pipeline import PARAMETER_TYPES, Parameter
from elyra_neurodesk.graph.values import InvalidInputValue, parse_value

TYPE_NAMES = {
    "Integer": "a whole number (int)",
    "Float": "a number (float)",
    "Bool": "true or false (bool)",
    "String": "text (str)",
    "List": "a list such as [1, 2] (list)",
    "Dict": 'a dictionary such as {"a": 1} (dict)',
}
_PYTHON_TYPES = {
    "int": "Integer",
    "float": "Float",
    "bool": "Bool",
    "str": "String",
    "list": "List",
    "List": "List",
    "tuple": "List",
    "dict": "Dict",
    "Dict": "Dict",
}
_VALUE_TYPES = {**PARAMETER_TYPES, "List": "LIST", "Dict": "STRUCT"}
_MAX_SHOWN = 80  # characters of a value in a message


class UnknownParameter(NeurodeskError):
    """A value was given for a parameter that does not exist."""

    code = "ND-PARAMETER-002"


class ParameterOfWrongType(NeurodeskError):
    """A value does not fit the type of its parameter."""

    code = "ND-PARAMETER-003"


@dataclass(frozen=True)
class DeclaredParameter:
    """A parameter that a notebook declares.

    Attributes:
        name: as in the cell.
        type: String, Integer, Float, Bool, List or Dict; "" where the cell does not tell.
        default: as written, shortened for messages; "" for none.
        required: the cell names it without giving it a value.
    """

    name: str
    type: str = ""
    default: str = ""
    required: bool = False


def declared_parameters(path: Path) -> tuple[DeclaredParameter, ...] | None:
    """Return a notebook's parameters in the order of its cell; None without a cell tagged ``parameters``.

    Raises:
        NotebookUnreadable: it is not a notebook.
    """
    facts = read_facts(path)
    if facts.parameters_cell is None:
        return None
    content = json.loads(path.read_text(encoding="utf-8"))
    cells = content["cells"] if "cells" in content else content["worksheets"][0]["cells"]
    cell = cells[facts.parameters_cell]
    source = cell.get("source", cell.get("input", ""))
    text = source if isinstance(source, str) else "".join(str(line) for line in source)
    read = _READERS.get(facts.language, _read_assignments)
    return tuple({found.name: found for found in read(text)}.values())


def typed(declared: DeclaredParameter, text: str, file: str) -> Parameter:
    """Return a parameter with the value ``text`` as its type reads it.

    Where the cell does not tell a type, the value is taken as papermill's ``-p`` takes it (papermill/cli.py,
    ``_resolve_type``): ``True`` and ``False``, whole numbers, numbers, else text.

    Raises:
        ParameterOfWrongType: the text is not a value of that type.
    """
    kind = declared.type or _guess(text)
    where = f"{file}: parameter '{declared.name}'"
    try:
        value = parse_value(text, _VALUE_TYPES.get(kind, "STRING"), where)
    except InvalidInputValue as problem:
        raise ParameterOfWrongType(
            f"{where} is '{text[:_MAX_SHOWN]}', which is not {TYPE_NAMES[kind]}.",
            f"The 'parameters' cell has {declared.name} = {declared.default}; give a value of that type, or "
            "change the default there."
            if declared.default
            else f"Give {TYPE_NAMES[kind]}.",
        ) from problem
    if kind in ("List", "Dict"):
        value = json.dumps(value, ensure_ascii=False)
    return Parameter(name=declared.name, type=kind, value=value)


def _guess(text: str) -> str:
    if text in ("True", "False"):
        return "Bool"
    for kind, convert in (("Integer", int), ("Float", float)):
        try:
            number = convert(text)
        except ValueError:
            continue
        return kind if number == number and abs(number) != float("inf") else "String"
    return "String"


def _read_python(source: str) -> Iterator[DeclaredParameter]:
    lines = [line for line in source.split("\n") if not line.lstrip().startswith(("%", "!", "?"))]
    text = "\n".join(lines)
    for statement in _statements(text):
        comment = getattr(statement, "type_comment", None)
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    kind = _hinted(_expression(comment)) or _type_of(statement.value)
                    yield DeclaredParameter(target.id, kind, _shown(text, statement.value))
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            value = statement.value
            kind = _hinted(statement.annotation) or (_type_of(value) if value else "")
            shown = _shown(text, value) if value else ""
            yield DeclaredParameter(statement.target.id, kind, shown, required=value is None)


def _statements(text: str) -> Sequence[ast.stmt]:
    for type_comments in (True, False):  # a comment that only looks like a type must not hide the others
        try:
            return ast.parse(text, type_comments=type_comments).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
    return ()


def _expression(text: str | None) -> ast.expr | None:
    try:
        return ast.parse(text, mode="eval").body if text else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _hinted(annotation: ast.expr | None) -> str:
    """Return the type that a hint names: ``int``, ``Optional[int]``, ``int | None``, ``list[str]``."""
    if isinstance(annotation, ast.Name):
        return _PYTHON_TYPES.get(annotation.id, "")
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _hinted(_expression(annotation.value))
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        kinds = {_hinted(part) for part in (annotation.left, annotation.right) if not _is_none(part)}
        return kinds.pop() if len(kinds) == 1 else ""
    if isinstance(annotation, ast.Subscript):
        base = annotation.value.id if isinstance(annotation.value, ast.Name) else ""
        return _hinted(annotation.slice) if base == "Optional" else _PYTHON_TYPES.get(base, "")
    return ""


def _is_none(expression: ast.expr) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is None


def _type_of(expression: ast.expr) -> str:
    """Return the type of a literal; "" for None and for what is computed."""
    if isinstance(expression, ast.JoinedStr):
        return "String"
    try:
        value = ast.literal_eval(expression)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return ""
    return _PYTHON_TYPES.get(type(value).__name__, "")


def _shown(source: str, expression: ast.expr) -> str:
    text = " ".join((ast.get_source_segment(source, expression) or "").split())
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 1]}…"


# name <- value, name = value; no further than the end of the line or a comment outside of quotes
_R = re.compile(r"""([A-Za-z.][\w.]*)\s*(?:<-|=)\s*((?:"[^"]*"|'[^']*'|[^#"'])+?)\s*;?\s*(?:#.*)?""")
_R_TYPES: tuple[tuple[str, str], ...] = (
    (r"TRUE|FALSE|T|F", "Bool"),
    (r"[+-]?\d+L", "Integer"),
    (r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", "Float"),
    (r"\"[^\"]*\"|'[^']*'", "String"),
    (r"(c|list|vector)\(.*\)", "List"),
)


def _read_r(source: str) -> Iterator[DeclaredParameter]:
    for line in source.split("\n"):
        found = _R.fullmatch(line.rstrip())
        if found:
            kind = next((kind for form, kind in _R_TYPES if re.fullmatch(form, found[2])), "")
            yield DeclaredParameter(found[1], kind, found[2][:_MAX_SHOWN])


_SHELL = re.compile(r"(?:export\s+|readonly\s+|declare\s+(?:-\w+\s+)*)?([A-Za-z_]\w*)=(.*)")


def _read_shell(source: str) -> Iterator[DeclaredParameter]:
    """Yield a shell's variables, which are all text."""
    for line in source.split("\n"):
        found = _SHELL.fullmatch(line.rstrip())
        if found:
            yield DeclaredParameter(found[1], "String", found[2][:_MAX_SHOWN])


def _read_assignments(source: str) -> Iterator[DeclaredParameter]:
    """Yield what ``name = value`` assigns in a language that is not known here, without a type."""
    for line in source.split("\n"):
        found = re.fullmatch(
            r"(?:(?:let|var|const|val)\s+)?([A-Za-z_]\w*)\s*(?:=|<-)\s*([^=].*)", line.strip()
        )
        if found:
            yield DeclaredParameter(found[1], "", found[2][:_MAX_SHOWN].rstrip("; "))


_READERS: Mapping[str, Callable[[str], Iterator[DeclaredParameter]]] = {
    "python": _read_python,
    "r": _read_r,
    "bash": _read_shell,
    "sh": _read_shell,
    "shell": _read_shell,
}
