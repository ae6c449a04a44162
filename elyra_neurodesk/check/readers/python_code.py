"""Python code and IPython cells as events."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable

from elyra_neurodesk.check.readers import python_calls
from elyra_neurodesk.check.readers.documents import Cell, Document
from elyra_neurodesk.check.readers.events import (
    UNKNOWN,
    Ask,
    Code,
    Event,
    Import,
    Invoke,
    Load,
    Place,
    Scopes,
    SetVariable,
    Unload,
    Unreadable,
    UsePath,
)
from elyra_neurodesk.check.readers.ipython import CellBroken, parse
from elyra_neurodesk.check.readers.literals import Names
from elyra_neurodesk.check.readers.magics import magic_events
from elyra_neurodesk.check.readers.python_walk import Walker
from elyra_neurodesk.check.readers.shell_code import Other, command_events, shell_events
from elyra_neurodesk.check.readers.shell_commands import Nested, Session

BROKEN = "ND-CHECK-012"
PARAMETERS = "parameters"
_ADDED = (3, 12)
# quotes within f-strings (PEP 701), type parameters and aliases (PEP 695)
_SINCE = re.compile(r"""\b[rR]?[fF][rR]?["']|^\s*type\s+\w+|^\s*(async\s+)?(def|class)\s+\w+\[""")


def read_python(
    document: Document, file: str, parameters: Iterable[str], scopes: Scopes, other: Other
) -> Code:
    """Return what a Python notebook or script does.

    Args:
        document: its cells.
        file: for places.
        parameters: names that get their values when the task runs.
        scopes: numbers for new processes.
        other: reads code of other languages that shells start.
    """
    trees: list[tuple[Place, ast.Module, bool]] = []
    broken: dict[Place, Unreadable] = {}
    for cell in document.cells:
        place = Place(file, cell.number, 1)
        try:
            trees.append((place, parse(cell.text, document.notebook), PARAMETERS in cell.tags))
        except CellBroken as problem:
            certain = "raises-exception" not in cell.tags and not _may_be_newer(document, cell, problem.line)
            at = Place(file, cell.number, problem.line)
            broken[place] = Unreadable(at, BROKEN, f"cannot be parsed: {problem}", certain)
    names = Names.of(((tree, replaced) for _, tree, replaced in trees), parameters)
    reader = Reader(names, scopes, other)
    events: list[Event] = []
    for place, tree, _ in trees:
        try:
            events += reader.read(tree, place)
        except RecursionError:
            broken[place] = Unreadable(place, BROKEN, "is nested too deeply to be read", certain=False)
    return Code(
        file, (*broken.values(), *events), {name: tuple(body) for name, body in reader.functions.items()}
    )


def _may_be_newer(document: Document, cell: Cell, line: int | None) -> bool:
    """Return whether a syntax error may come from Python being older here than in the task."""
    here = sys.version_info[:2]
    if document.version > here:
        return True
    lines = cell.text.splitlines()
    wrong = lines[line - 1] if line is not None and 0 < line <= len(lines) else ""
    return not document.version and here < _ADDED and _SINCE.search(wrong) is not None


class Reader(Walker):
    """Adds what calls do: load modules, run commands, read and write files, ask."""

    def shell(self, text: str, place: Place, *, ready: bool = False) -> None:
        """Read the text of a shell command, run in a process of its own."""
        scope = self.scopes.below(())
        self._events += shell_events(text, place, self.scopes, scope=scope, ready=ready, other=self.other)

    _statement: ast.expr | None = None

    def visit_Expr(self, node: ast.Expr) -> None:  # noqa: N802
        """Remember what stands alone: nobody awaits it."""
        self._statement = node.value
        super().visit_Expr(node)

    def visit_Call(self, node: ast.Call) -> None:  # noqa: N802
        """Note what the arguments are, then what the call does."""
        name = self.names.dotted(node.func)
        if name.startswith("get_ipython().") and magic_events(self, name, node):
            return
        command = name in python_calls.SHELL_TEXT or name in python_calls.SUBPROCESS
        self._arguments(node, name, command)
        method = python_calls.MODULE_CALL.fullmatch(name)
        if method and not (name.startswith("module.") and "module" in self.names.bound):
            self._module(method[1], node)
        elif name in ("module", "env_modules_python.module") and name not in self.names.bound and node.args:
            self._old_module(node)
        elif command or name in python_calls.WORDS:
            self._command(name, node)
        elif name in ("os.putenv", "os.environ.setdefault", "os.environ.__setitem__") and len(node.args) == 2:
            variable, value = (self.names.text(arg) for arg in node.args)
            self.add(SetVariable(self.at(node), variable, value))
        elif name == "os.environ.update":
            self._update(node)
        elif name == "importlib.import_module" and node.args:
            self.add(Import(self.at(node), self.names.text(node.args[0])))
        else:
            self._other_call(name, node)

    def _arguments(self, node: ast.Call, name: str, command: bool) -> None:
        last = name.rpartition(".")[2] if name else getattr(node.func, "attr", "")
        opened = self._opened(node) if python_calls.opens(name) or last == "open" else ""
        if isinstance(node.func, ast.Attribute):
            self._value(node.func.value, python_calls.mode_of(last, -1, "", opened))
        elif not isinstance(node.func, ast.Name):
            self.visit(node.func)
        kept, self._quiet = self._quiet, self._quiet or command
        arguments = [("", position, arg) for position, arg in enumerate(node.args)]
        arguments += [(item.arg or "**", 0, item.value) for item in node.keywords]
        for keyword, position, arg in arguments:
            # "module.load" is no file
            quiet = bool(python_calls.MODULE_CALL.fullmatch(name))
            self._value(
                arg, "quiet" if quiet else python_calls.mode_of(name or last, position, keyword, opened)
            )
            if isinstance(arg, ast.Name | ast.Attribute) and (passed := self.names.dotted(arg)):
                self.add(Invoke(self.at(node), passed))
        self._quiet = kept

    def _opened(self, node: ast.Call) -> str:
        modes = [item.value for item in node.keywords if item.arg == "mode"]
        first = (
            1
            if isinstance(node.func, ast.Name) or self.names.dotted(node.func) in ("io.open", "gzip.open")
            else 0
        )
        modes += node.args[first : first + 1]
        return self.names.text(modes[0]) if modes else "r"

    def _module(self, verb: str, node: ast.Call) -> None:
        place = self.at(node)
        texts = [text for arg in node.args for text in self.names.texts(arg)]
        texts += [
            text
            for item in node.keywords
            if item.arg in (None, "modules", "module")
            for text in self.names.texts(item.value)
        ]
        # one string may hold several modules, as on Lmod's command line
        requests = [part for text in texts for part in text.split()]
        if verb == "load":
            for request in requests:
                self.add(Load(place, request, self._guarded, awaited=node is not self._statement))
        elif verb == "use":
            for request in requests:
                self.add(UsePath(place, request))
        elif verb in ("purge", "reset"):
            self.add(Unload(place))
        elif verb == "restore":
            self.add(Load(place, UNKNOWN, self._guarded))
        else:
            for request in requests[:-1] if verb == "swap" else requests:
                self.add(Unload(place, request))
            if verb == "swap" and requests:
                self.add(Load(place, requests[-1], self._guarded))

    def _old_module(self, node: ast.Call) -> None:
        """Lmod's own function for Python: ``module("load", "fsl/6.0.4")``."""
        words = [text for arg in node.args for text in self.names.texts(arg)]
        verb = {"add": "load", "del": "unload", "rm": "unload"}.get(words[0], words[0])
        if verb in ("load", "unload", "swap", "use", "purge"):
            self._module(verb, ast.Call(node.func, node.args[1:], [], lineno=node.lineno, col_offset=0))

    def _command(self, name: str, node: ast.Call) -> None:
        place = self.at(node)
        if name in python_calls.WORDS:
            words: list[str] | None = [text for arg in node.args for text in self.names.texts(arg)]
        else:
            given = (
                node.args[0]
                if node.args
                else next((i.value for i in node.keywords if i.arg in ("args", "cmd")), None)
            )
            if given is None:
                return
            words = None if name in python_calls.SHELL_TEXT else self.names.words(given)
            if words is None:
                text = self.names.text(given)
                shell = name in python_calls.SHELL_TEXT or self._through_shell(node)
                if shell:
                    start = given if isinstance(given, ast.Constant | ast.JoinedStr) else node
                    self.shell(text, self.at(start))
                    return
                words = [text]
        if words:
            self._events += command_events(words, place, self.scopes, other=self.other)

    def _through_shell(self, node: ast.Call) -> bool:
        values = [item.value for item in node.keywords if item.arg == "shell"]
        return bool(values) and not (isinstance(values[0], ast.Constant) and not values[0].value)

    def _update(self, node: ast.Call) -> None:
        pairs: list[tuple[str, ast.expr]] = [(item.arg, item.value) for item in node.keywords if item.arg]
        for arg in node.args:
            if isinstance(arg, ast.Dict):
                keys = zip(arg.keys, arg.values, strict=True)
                pairs += [(self.names.text(key), value) for key, value in keys if key is not None]
        for variable, value in pairs:
            self.add(SetVariable(self.at(node), variable, self.names.text(value)))

    def _other_call(self, name: str, node: ast.Call) -> None:
        place = self.at(node)
        if name in python_calls.DEBUGGERS and (name != "breakpoint" or self.names.is_builtin(name)):
            self.add(Ask(place, f"{name}()", "debugger", self._guarded))
        elif name in python_calls.WAITING or (name in ("input", "raw_input") and self.names.is_builtin(name)):
            self.add(Ask(place, f"{name}()", "input", self._guarded))
        elif name.endswith(".eval") and node.args and self._has_matlab():
            session = Session(self.scopes.below(()), self.scopes)
            self._events += self.other(Nested("octave", self.names.text(node.args[0]), session), place)
        elif name:
            self.add(Invoke(place, name))

    def _has_matlab(self) -> bool:
        roots = {alias.partition(".")[0] for alias in self.names.aliases.values()}
        return bool(roots & {"matlab", "oct2py"})
