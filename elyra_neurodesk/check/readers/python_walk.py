"""Python code as events: all but what calls mean."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any, ClassVar

from elyra_neurodesk.check.readers import python_calls
from elyra_neurodesk.check.readers.events import (
    UNKNOWN,
    Dynamic,
    Event,
    Import,
    Invoke,
    Mode,
    Place,
    Scopes,
    SetVariable,
    Text,
)
from elyra_neurodesk.check.readers.literals import Names
from elyra_neurodesk.check.readers.shell_code import Other

MAIN = "__main__"
"""Name under which a module keeps what it does only when it is run as a script."""


class Walker(ast.NodeVisitor):
    """Visits the cells of one notebook, or one module, in the order in which they are evaluated.

    Attributes:
        names: what is known about its names.
        scopes: numbers for new processes.
        other: reads code of other languages.
        functions: what its functions do.
    """

    _methods: ClassVar[dict[type[ast.AST], Callable[[Any, Any], None]]] = {}

    def __init__(self, names: Names, scopes: Scopes, other: Other) -> None:
        self.names = names
        self.scopes = scopes
        self.other = other
        self.functions: dict[str, list[Event]] = {}
        self._events: list[Event] = []
        self._class: list[Event] | None = None
        self._place = Place("")
        self._guarded = False
        self._quiet = False

    def read(self, tree: ast.AST, place: Place) -> list[Event]:
        """Return what a cell does; its functions are added to `functions`."""
        kept = self._events, self._place
        self._events, self._place = [], place
        self.visit(tree)
        events = self._events
        self._events, self._place = kept
        return events

    def at(self, node: ast.AST) -> Place:
        """Return the place of a node."""
        return self._place.below(getattr(node, "lineno", 1) - 1)

    def __init_subclass__(cls) -> None:
        cls._methods = {
            kind: getattr(cls, f"visit_{name}")
            for name, kind in vars(ast).items()
            if isinstance(kind, type) and issubclass(kind, ast.AST) and hasattr(cls, f"visit_{name}")
        }

    def visit(self, node: ast.AST) -> None:
        """Visit a node; like `ast.NodeVisitor`, whose way to find the method takes longer."""
        method = self._methods.get(type(node))
        if method is None:
            self.generic_visit(node)
        else:
            method(self, node)

    def generic_visit(self, node: ast.AST) -> None:
        """Visit all children."""
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self.visit(item)
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                self.visit(value)

    def add(self, event: Event) -> None:
        """Append an event."""
        self._events.append(event)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Keep the body for the call."""
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self.visit(part)
        kept, guarded = self._events, self._guarded
        self._events, self._guarded = self.functions.setdefault(node.name, []), False
        for statement in node.body:
            self.visit(statement)
        body, self._events, self._guarded = self._events, kept, guarded
        if self._class is not None:
            self._class += body

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Keep what all methods do for the call of the class."""
        kept, self._class = self._class, self.functions.setdefault(node.name, [])
        self.generic_visit(node)
        self._class = kept

    def visit_If(self, node: ast.If) -> None:
        """Keep what a module does only as a script."""
        if (
            isinstance(node.test, ast.Compare)
            and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"
        ):
            kept, self._events = self._events, self.functions.setdefault(MAIN, [])
            for statement in node.body:
                self.visit(statement)
            self._events = kept
            self.add(Invoke(self.at(node), MAIN))
        else:
            self.generic_visit(node)

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        """Remember that a failure is expected."""
        kept = self._guarded
        self._guarded = kept or bool(node.handlers)
        for statement in node.body:
            self.visit(statement)
        self._guarded = kept
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(part)

    visit_TryStar = visit_Try  # noqa: N815

    def visit_Import(self, node: ast.Import) -> None:
        """Note the modules."""
        for alias in node.names:
            self._imported(alias.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note the module, and names in it, which may be modules too."""
        base = node.module or ""
        if base:
            self._imported(base, node)
        for alias in node.names:
            self._imported(f"{base}.{alias.name}".strip("."), node)

    def _imported(self, name: str, node: ast.stmt) -> None:
        self.add(Import(self.at(node), name))
        if name.partition(".")[0] in python_calls.IMPLICIT_WRITERS:
            self.add(Dynamic(self.at(node)))

    def visit_Expr(self, node: ast.Expr) -> None:
        """Pass over docstrings and other texts that nothing is done with."""
        if not isinstance(node.value, ast.Constant | ast.JoinedStr):
            self.visit(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        """Note assignments to environment variables."""
        self._value(node.value, "unknown")
        for target in node.targets:
            self._environ(target, node.value, node)
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Note additions to environment variables."""
        self._value(node.value, "unknown")
        self._environ(node.target, node.value, node, UNKNOWN)

    def _environ(self, target: ast.expr, value: ast.expr, node: ast.stmt, before: str = "") -> None:
        if isinstance(target, ast.Subscript) and self.names.dotted(target.value) == "os.environ":
            name = self.names.text(target.slice)
            self.add(SetVariable(self.at(node), name, before + self.names.text(value)))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Leave annotations alone."""
        if node.value is not None:
            self._value(node.value, "unknown")

    def visit_arg(self, node: ast.arg) -> None:
        """Leave annotations alone."""

    def visit_Compare(self, node: ast.Compare) -> None:
        """Compared texts name no files."""
        self._silently(node.left, *node.comparators)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Messages name no files."""
        self._silently(node.exc, node.cause)

    def visit_Assert(self, node: ast.Assert) -> None:
        """Messages name no files."""
        self._silently(node.test, node.msg)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        """Keys name no files."""
        self.visit(node.value)
        self._silently(node.slice)

    def visit_Dict(self, node: ast.Dict) -> None:
        """Keys name no files."""
        self._silently(*node.keys)
        for value in node.values:
            self.visit(value)

    def _silently(self, *nodes: ast.AST | None) -> None:
        kept, self._quiet = self._quiet, True
        for node in nodes:
            if node is not None:
                self.visit(node)
        self._quiet = kept

    def visit_Constant(self, node: ast.Constant) -> None:
        """Note a text."""
        if isinstance(node.value, str):
            self._text(node, node.value, "unknown")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Note a text with its known parts."""
        self._value(node, "unknown")

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Note a text put together."""
        self._value(node, "unknown")

    def _text(self, node: ast.AST, text: str, mode: Mode) -> None:
        self.add(Text(self.at(node), text, "quiet" if self._quiet else mode))

    def _value(self, node: ast.expr, mode: Mode) -> None:
        """Note the text that an expression is, or look into it."""
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Name | ast.Call):
            self.visit(node)
            return
        text = self.names.text(node)
        if not text.replace(UNKNOWN, ""):
            if mode in ("write", "create") and text:
                self.add(Dynamic(self.at(node)))
            self.generic_visit(node) if isinstance(node, ast.BinOp | ast.JoinedStr) else self.visit(node)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str | bytes):
                self._text(node, text, mode)
        else:
            self._text(node, text, mode)
            kept, self._quiet = self._quiet, True
            self.generic_visit(node)
            self._quiet = kept
