"""Names and strings in Python code: what they stand for, where that can be known without running it."""

from __future__ import annotations

import ast
import builtins
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from elyra_neurodesk.check.events import UNKNOWN
from elyra_neurodesk.check.readers.python_rounds import (
    NO_ROUND,
    Enclosing,
    Functions,
    Round,
    elements,
    literal,
    rounds,
)

_MAX_DEPTH = 12
_MAX_TEXT = 20_000
_MAX_WORDS = 500
_PATHS = frozenset({"str", "os.fspath", "os.path.expanduser", "os.path.abspath", "os.path.realpath"})
_PATH_CLASSES = frozenset({"pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "os.path.join"})
_FIELD = re.compile(r"\{\{|\}\}|\$\$|\{(?P<expression>[^}]*)(?P<end>\}?)|\$(?P<name>\w*)")
# the plain fields of str.format and of %; others are not followed
_BRACES = re.compile(r"\{\d*\}")
_PERCENT = re.compile(r"%[sd]")
_BINDING = (
    ast.Name,
    ast.stmt,
    ast.NamedExpr,
    ast.comprehension,
    ast.arg,
    ast.ExceptHandler,
    ast.MatchAs,
    ast.MatchStar,
)


@dataclass
class PythonNames:
    """The names of a notebook or module: bound how often, to what.

    A name that is assigned a literal once, and never anything else, has that value; a parameter never has.

    Attributes:
        bound: names that the code binds, and how often.
        aliases: local name to the dotted name of what was imported.
        assigned: the value that a name was assigned.
        trees: the syntax trees.
    """

    bound: Counter[str] = field(default_factory=Counter)
    aliases: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, ast.expr] = field(default_factory=dict)
    trees: list[ast.Module] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def functions(self) -> Functions:
        """The functions, and their calls."""
        return Functions(self.trees)

    @classmethod
    def from_trees(
        cls, trees: Iterable[tuple[ast.Module, bool]], parameters: Iterable[str] = ()
    ) -> PythonNames:
        """Collect the names of several cells.

        Args:
            trees: syntax trees, and whether the values assigned there are replaced when the task runs.
            parameters: names that get their values when the task runs.
        """
        names = cls()
        for tree, replaced in trees:
            names.trees.append(tree)
            names._collect(tree, 2 if replaced else 1)
        for name in parameters:
            names.bound[name] += 2
        return names

    def _collect(self, tree: ast.AST, count: int) -> None:
        # a third of the time of ast.walk, which is a third of the time of the whole check
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            if isinstance(node, _BINDING):
                self._bind(node, count)
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(value, list):
                    waiting += [item for item in value if isinstance(item, ast.AST)]
                elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                    waiting.append(value)

    def _bind(self, node: ast.AST, count: int) -> None:
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                self.bound[node.id] += count
        elif isinstance(node, ast.Assign):
            if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.assigned[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            if isinstance(node.target, ast.Name) and node.value is not None:
                self.assigned[node.target.id] = node.value
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                self.bound[node.target.id] += 2
        elif isinstance(node, ast.arg):
            self.bound[node.arg] += 2
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.bound[node.name] += 2
        elif isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                self.aliases[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self.aliases[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}".strip(".")
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            self.bound[node.name] += 2

    def dotted(self, node: ast.expr) -> str:
        """Return the full name of what a name or attribute stands for, "" when that is not known."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            value = self.single_value(node.id)
            root = "get_ipython()" if _is_shell(value) else self.aliases.get(node.id, node.id)
        elif _is_shell(node):
            root = "get_ipython()"
        else:
            return ""
        return ".".join((root, *reversed(parts)))

    def is_builtin(self, name: str) -> bool:
        """Return whether a plain name still is Python's own."""
        return (
            name not in self.bound
            and name not in self.aliases
            and (hasattr(builtins, name) or name == "raw_input")
        )

    def text(self, node: ast.expr, depth: int = 0, known: Round = NO_ROUND) -> str:
        """Return an expression's string; `UNKNOWN` stands for each part that cannot be known.

        Args:
            node: the expression.
            depth: of the expressions around it.
            known: what names stand for in this round of a loop.
        """
        found = self._text(node, depth, known) if depth < _MAX_DEPTH else UNKNOWN
        return found if len(found) <= _MAX_TEXT else UNKNOWN

    def _text(self, node: ast.expr, depth: int, known: Round) -> str:
        deeper = depth + 1
        if isinstance(node, ast.Constant):
            if isinstance(node.value, bytes):
                return node.value.decode("utf-8", "replace")
            return str(node.value) if isinstance(node.value, str | int | float) else UNKNOWN
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text(part, deeper, known) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return UNKNOWN if node.format_spec else self.text(node.value, deeper, known)
        if isinstance(node, ast.BinOp):
            return self._operation(node, deeper, known)
        if isinstance(node, ast.Name):
            return self._named(node.id, deeper, known)
        if isinstance(node, ast.Call):
            return self._called(node, deeper, known)
        if isinstance(node, ast.Subscript):
            found = literal(node, known, self)
            return UNKNOWN if found is node else self.text(found, deeper, known)
        return UNKNOWN

    def _named(self, name: str, depth: int, known: Round) -> str:
        if known:
            value = known.get(name) or self.single_value(name)
            return UNKNOWN if value is None else self.text(value, depth, known)
        if name not in self._texts:
            value = self.single_value(name)
            self._texts[name] = UNKNOWN  # should it lead back to itself
            self._texts[name] = UNKNOWN if value is None else self.text(value, depth)
        return self._texts[name]

    def _operation(self, node: ast.BinOp, depth: int, known: Round) -> str:
        left = self.text(node.left, depth, known)
        if isinstance(node.op, ast.Mod):
            values = node.right.elts if isinstance(node.right, ast.Tuple) else [node.right]
            return _filled(_PERCENT, left, [self.text(value, depth, known) for value in values])
        if isinstance(node.op, ast.Add):
            return left + self.text(node.right, depth, known)
        if isinstance(node.op, ast.Div):
            return _joined([left, self.text(node.right, depth, known)])
        return UNKNOWN

    def _called(self, node: ast.Call, depth: int, known: Round) -> str:
        if not node.args or node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            return UNKNOWN
        name = self.dotted(node.func)
        if name in _PATHS:
            return self.text(node.args[0], depth, known)
        if name in _PATH_CLASSES:
            return _joined([self.text(arg, depth, known) for arg in node.args])
        if isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join"):
            text = self.text(node.func.value, depth, known)
            if node.func.attr == "format":
                return _filled(_BRACES, text, [self.text(arg, depth, known) for arg in node.args])
            parts = elements(node.args[0], known, self)
            return UNKNOWN if parts is None else text.join(self.text(one, depth, known) for one in parts)
        return UNKNOWN

    def texts(self, node: ast.expr, enclosing: Sequence[Enclosing] = ()) -> list[str]:
        """Return the strings that an argument stands for: one, those of a list, or one for each round.

        Args:
            node: the argument.
            enclosing: the loops and functions around it, the outermost first.
        """
        found: dict[str, None] = {}
        node = node.value if isinstance(node, ast.Starred) else node
        for known in rounds(node, self, enclosing):
            parts = elements(node, known, self)
            found.update(
                dict.fromkeys(self.text(one, 0, known) for one in ([node] if parts is None else parts))
            )
            if len(found) > _MAX_WORDS:
                return [UNKNOWN]
        return [*found]

    def words(self, node: ast.expr, depth: int = 0) -> list[str] | None:
        """Return a command given as a list of words; None when it is not a list."""
        if depth >= _MAX_DEPTH:
            return None
        if isinstance(node, ast.List | ast.Tuple):
            return [UNKNOWN if isinstance(item, ast.Starred) else self.text(item) for item in node.elts]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.words(node.left, depth + 1), self.words(node.right, depth + 1)
            return None if left is None else [*left, *([UNKNOWN] if right is None else right)]
        if isinstance(node, ast.Name):
            value = self.single_value(node.id)
            return None if value is None else self.words(value, depth + 1)
        if isinstance(node, ast.Call):
            if self.dotted(node.func) == "shlex.split" and node.args:
                return _split(self.text(node.args[0]))
            if isinstance(node.func, ast.Attribute) and node.func.attr == "split" and not node.args:
                return self.text(node.func.value).split()
        return None

    def single_value(self, name: str) -> ast.expr | None:
        """Return the value that a name was assigned, when it was assigned once."""
        return self.assigned.get(name) if self.bound[name] == 1 else None


def _is_shell(node: ast.expr | None) -> bool:
    """Return whether an expression is a call of IPython's ``get_ipython``."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == "get_ipython"


def _filled(field: re.Pattern[str], text: str, values: list[str]) -> str:
    """Return a format string with its fields filled in, each from the next value."""
    if UNKNOWN in text or len(field.findall(text)) != len(values):
        return UNKNOWN
    rest = iter(values)
    return field.sub(lambda _: next(rest), text)


def _joined(parts: list[str]) -> str:
    path = ""
    for part in parts:
        path = part if part.startswith(("/", "~")) or not path else f"{path.rstrip('/')}/{part}"
    return path


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return [UNKNOWN]


def interpolated(text: str, names: PythonNames) -> str:
    """Return a ``!`` command after IPython has filled in ``{expressions}`` and ``$names`` of Python.

    As IPython does (IPython.utils.text.DollarFormatter), a text in which something does not evaluate stays as
    it is, so that ``awk '{print $1}'`` arrives whole.
    """

    def value(field: re.Match[str]) -> str:
        if field["expression"] is not None:
            return _expression(field["expression"] if field["end"] else "", names)
        name = field["name"]
        if name is None:
            return field[0][0]
        known = name.isidentifier() and (name in names.bound or name in names.aliases)
        return names.text(ast.Name(name, ast.Load())) if known else field[0]

    try:
        return _FIELD.sub(value, text)
    except LookupError:
        return text


def _expression(source: str, names: PythonNames) -> str:
    """Return an expression's string.

    Raises:
        LookupError: it would not evaluate, as far as can be seen.
    """
    try:
        tree = ast.parse(source.strip().partition("!")[0] or "\0", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        raise LookupError(source) from problem
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    if not all(name in names.bound or name in names.aliases or hasattr(builtins, name) for name in used):
        raise LookupError(source)
    return names.text(tree.body)
