"""What names stand for in each round of a loop over literals, and in each call of a function.

``for tool, version in {"fsl": "6.0.4", "ants": "2.5.4"}.items()`` has two rounds, and in each of them
``tool`` and ``version`` belong together. A function has a round for each call of it that can be seen.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from elyra_neurodesk.check.events import UNKNOWN

Round = Mapping[str, ast.expr]
"""What names stand for: literals, in which `UNKNOWN` stands for what cannot be known."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
Enclosing = ast.For | ast.AsyncFor | ast.comprehension | Function
"""What gives names a value in each round of its own."""

NO_ROUND: Round = {}
_MAX_ROUNDS = 500
_MAX_DEPTH = 12
_COPIES = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter"})


class Names(Protocol):
    """What has to be known of the names of a notebook or module."""

    @property
    def functions(self) -> Functions:
        """The functions, and their calls."""

    def single_value(self, name: str) -> ast.expr | None:
        """Return the value that a name was assigned, when it was assigned once."""

    def dotted(self, node: ast.expr) -> str:
        """Return the full name of what a name or attribute stands for, "" when that is not known."""

    def text(self, node: ast.expr, depth: int = 0, known: Round = NO_ROUND) -> str:
        """Return an expression's string."""


class Functions:
    """The functions of a notebook or module, and their calls.

    Args:
        trees: its syntax trees.
    """

    def __init__(self, trees: Iterable[ast.AST]) -> None:
        self._calls: dict[str, list[tuple[ast.Call, tuple[Enclosing, ...]]]] = {}
        self._uses: Counter[str] = Counter()
        self._definitions: Counter[str] = Counter()
        self._followed: set[str] = set()
        for tree in trees:
            self._collect(tree, ())

    def _collect(self, node: ast.AST, enclosing: tuple[Enclosing, ...]) -> None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            self._calls.setdefault(node.func.id, []).append((node, enclosing))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            self._uses[node.id] += 1
        elif isinstance(node, Function | ast.ClassDef):
            self._definitions[node.name] += 1
        if isinstance(node, ast.For | ast.AsyncFor | Function):
            enclosing = (*enclosing, node)
        elif isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp):
            enclosing = (*enclosing, *node.generators)
        for child in ast.iter_child_nodes(node):
            self._collect(child, enclosing)

    def rounds(self, function: Function, names: Names) -> list[Round] | None:
        """Return what each call gives to the parameters, the defaults where no call is seen.

        None where the function is handed on, defined twice or calls itself, or a call unpacks its arguments.
        """
        name = function.name
        calls = self._calls.get(name, [])
        if self._uses[name] > len(calls) or self._definitions[name] > 1 or name in self._followed:
            return None
        self._followed.add(name)
        try:
            return self._given(function, calls, names)
        finally:
            self._followed.discard(name)

    def _given(
        self,
        function: Function,
        calls: Sequence[tuple[ast.Call, tuple[Enclosing, ...]]],
        names: Names,
    ) -> list[Round] | None:
        parameters = function.args
        positional = [arg.arg for arg in (*parameters.posonlyargs, *parameters.args)]
        defaults = dict(zip(reversed(positional), reversed(parameters.defaults), strict=False))
        for arg, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True):
            if default is not None:
                defaults[arg.arg] = default
        defaults = {name: _closed(value, NO_ROUND, names) for name, value in defaults.items()}
        if not calls:
            return [defaults]
        found: list[Round] = []
        for call, enclosing in calls:
            unpacked = any(isinstance(arg, ast.Starred) for arg in call.args)
            if unpacked or any(keyword.arg is None for keyword in call.keywords):
                return None
            given = dict(zip(positional, call.args, strict=False))
            given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
            for known in rounds(ast.Tuple([*given.values()], ast.Load()), names, enclosing):
                values = {name: _closed(value, known, names) for name, value in given.items()}
                found.append({**defaults, **values})
        return found


def rounds(node: ast.expr, names: Names, enclosing: Sequence[Enclosing]) -> list[Round]:
    """Return the rounds that an expression has; one without names where it has none, or too many.

    Args:
        node: the expression.
        names: the names of the notebook or module.
        enclosing: the loops and functions around it, the outermost first.
    """
    found: list[Round] = []
    for one in _expanded(node, NO_ROUND, names, enclosing):
        found.append(one)
        if len(found) > _MAX_ROUNDS:
            return [NO_ROUND]
    return found


def _expanded(node: ast.expr, known: Round, names: Names, enclosing: Sequence[Enclosing]) -> Iterator[Round]:
    """Yield the rounds of the loops and functions that the expression depends on, the outermost first."""
    if not enclosing:
        yield known
        return
    source, inner = enclosing[0], enclosing[1:]
    targets = _targets(source)
    if not targets & _dependencies(node, names, enclosing):
        yield from _expanded(node, known, names, inner)
        return
    unknown: Round = dict.fromkeys(targets, ast.Constant(UNKNOWN))
    given = _given(source, known, names)
    for one in [unknown] if given is None else given:
        yield from _expanded(node, {**known, **unknown, **one}, names, inner)


def _dependencies(node: ast.expr, names: Names, enclosing: Sequence[Enclosing]) -> set[str]:
    """Return the names that an expression depends on, through those that stand for others."""
    found: set[str] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        for part in ast.walk(waiting.pop()):
            if not isinstance(part, ast.Name) or part.id in found:
                continue
            found.add(part.id)
            sources = [one for one in enclosing if part.id in _targets(one)]
            waiting += [one.iter for one in sources if not isinstance(one, Function)]
            value = None if sources else names.single_value(part.id)
            if value is not None:
                waiting.append(value)
    return found


def _targets(source: Enclosing) -> set[str]:
    """Return the names that a loop or a function binds, and nothing within it binds again."""
    bound = Counter(
        part.id
        for part in ast.walk(source)
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load)
    )
    if not isinstance(source, Function):
        return {
            part.id for part in ast.walk(source.target) if isinstance(part, ast.Name) and bound[part.id] == 1
        }
    args = source.args
    return {arg.arg for arg in (*args.posonlyargs, *args.args, *args.kwonlyargs) if not bound[arg.arg]}


def _given(source: Enclosing, known: Round, names: Names) -> list[Round] | None:
    """Return the rounds of one loop or function, None where they cannot be known."""
    if isinstance(source, Function):
        return names.functions.rounds(source, names)
    items = elements(source.iter, known, names)
    if items is None:
        return None
    return [dict(_unpacked(source.target, _closed(item, known, names), names)) for item in items]


def _unpacked(target: ast.expr, item: ast.expr, names: Names) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, item
    elif isinstance(target, ast.Tuple | ast.List):
        parts = elements(item, NO_ROUND, names)
        if parts is not None and len(parts) == len(target.elts):
            for inner, part in zip(target.elts, parts, strict=True):
                yield from _unpacked(inner, part, names)


def _closed(node: ast.expr, known: Round, names: Names) -> ast.expr:
    """Return an expression as a literal that means the same in any round."""
    value = literal(node, known, names)
    if isinstance(value, ast.Dict) and None not in value.keys:
        keys = [_closed(key, known, names) for key in value.keys if key is not None]
        return ast.Dict([*keys], [_closed(item, known, names) for item in value.values])
    items = elements(value, known, names)
    if items is not None:
        return ast.Tuple([_closed(item, known, names) for item in items], ast.Load())
    return ast.Constant(names.text(value, 0, known))


def elements(node: ast.expr, known: Round, names: Names, depth: int = 0) -> list[ast.expr] | None:
    """Return the elements of what is written as a literal, or as a literal's `items`, `enumerate`, `zip` …

    None where it is something else.
    """
    if depth >= _MAX_DEPTH:
        return None
    deeper = depth + 1
    node = literal(node, known, names)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        found: list[ast.expr] = []
        for item in node.elts:
            inner = elements(item.value, known, names, deeper) if isinstance(item, ast.Starred) else [item]
            if inner is None:
                return None
            found += inner
        return found
    if isinstance(node, ast.Dict):
        keys = [key for key in node.keys if key is not None]
        return keys if len(keys) == len(node.keys) else None
    if not isinstance(node, ast.Call) or node.keywords:
        return None
    if isinstance(node.func, ast.Attribute):
        return _of_method(node.func, node.args, known, names)
    called = node.func.id if isinstance(node.func, ast.Name) else ""
    inner_lists = [elements(arg, known, names, deeper) for arg in node.args]
    lists = [one for one in inner_lists if one is not None]
    if not lists or len(lists) < len(inner_lists):
        return None
    if called in _COPIES and len(lists) == 1:
        return lists[0]
    if called == "enumerate" and len(lists) == 1:
        return [_pair(ast.Constant(number), item) for number, item in enumerate(lists[0])]
    if called == "zip":
        return [ast.Tuple(list(items), ast.Load()) for items in zip(*lists, strict=False)]
    return None


def _of_method(
    method: ast.Attribute, args: Sequence[ast.expr], known: Round, names: Names
) -> list[ast.expr] | None:
    value = literal(method.value, known, names)
    if (
        isinstance(value, ast.Constant)
        and isinstance(value.value, str)
        and method.attr == "split"
        and not args
    ):
        return [ast.Constant(word) for word in value.value.split()]
    if not isinstance(value, ast.Dict) or None in value.keys:
        return None
    keys = [key for key in value.keys if key is not None]
    if method.attr == "items":
        return [_pair(key, item) for key, item in zip(keys, value.values, strict=True)]
    return {"keys": keys, "values": [*value.values]}.get(method.attr)


def _pair(first: ast.expr, second: ast.expr) -> ast.Tuple:
    return ast.Tuple([first, second], ast.Load())


def literal(node: ast.expr, known: Round, names: Names, depth: int = 0) -> ast.expr:
    """Return what is behind a name, or behind a key of a literal; the expression itself elsewhere."""
    if depth >= _MAX_DEPTH:
        return node
    if isinstance(node, ast.Name):
        value = known.get(node.id) or names.single_value(node.id)
        return node if value is None else literal(value, known, names, depth + 1)
    if isinstance(node, ast.Subscript):
        container = literal(node.value, known, names, depth + 1)
        key = literal(node.slice, known, names, depth + 1)
        found = _item(container, key)
        return node if found is None else literal(found, known, names, depth + 1)
    if isinstance(node, ast.Call) and names.dotted(node.func) == "dict" and not node.args:
        keys = [ast.Constant(keyword.arg) if keyword.arg else None for keyword in node.keywords]
        return ast.Dict([*keys], [keyword.value for keyword in node.keywords])
    return node


def _item(container: ast.expr, key: ast.expr) -> ast.expr | None:
    if not isinstance(key, ast.Constant):
        return None
    if isinstance(container, ast.Dict):
        pairs = zip(container.keys, container.values, strict=True)
        return next((v for k, v in pairs if isinstance(k, ast.Constant) and k.value == key.value), None)
    if isinstance(container, ast.List | ast.Tuple) and isinstance(key.value, int):
        fixed = not any(isinstance(item, ast.Starred) for item in container.elts)
        return container.elts[key.value] if fixed and -1 < key.value < len(container.elts) else None
    return None
