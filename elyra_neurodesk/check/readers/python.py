"""Python code and IPython cells as events."""

# ruff: noqa: N802, N815  the methods have the names of syntax nodes

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

from elyra_neurodesk.check.events import (
    UNKNOWN,
    CallFunction,
    ChangeDirectory,
    Event,
    FileEvents,
    FileUse,
    ImportModule,
    Interact,
    Location,
    ReadFailure,
    RunFile,
    SetVariable,
    UseString,
    WriteUnknown,
)
from elyra_neurodesk.check.readers import python_functions
from elyra_neurodesk.check.readers.context import Context
from elyra_neurodesk.check.readers.documents import CodeCell, Document
from elyra_neurodesk.check.readers.ipython import CellSyntaxError, parse_cell
from elyra_neurodesk.check.readers.lmod import lmod_events
from elyra_neurodesk.check.readers.python_names import PythonNames, interpolated
from elyra_neurodesk.check.readers.python_rounds import Enclosing
from elyra_neurodesk.check.readers.shell import command_events, shell_events
from elyra_neurodesk.check.readers.shell_commands import SHELLS, is_login

MAIN = "__main__"
"""Name of the function that stands for what a module does only when it is run as a script."""
_PARAMETERS = "parameters"  # papermill's tag of the cell whose values it replaces
# quotes within f-strings (PEP 701), type parameters and aliases (PEP 695)
_NEW_SYNTAX = re.compile(r"""\b[rR]?[fF][rR]?["']|^\s*type\s+\w+|^\s*(async\s+)?(def|class)\s+\w+\[""")
_NEW_SYNTAX_SINCE = (3, 12)

_SHELL_MAGICS = frozenset({"sx", "system", "!", "!!"})
_INSTALLER_MAGICS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
_STATEMENT_MAGICS = frozenset({"time", "timeit", "prun", "memit", "lprun", "mprun"})
_LANGUAGE_MAGICS = {"R": "r", "octave": "octave", "matlab": "octave"}
_LEAVING = frozenset({"sys.exit", "os._exit", "exit", "quit"})
_DISPLAY_MAGICS = frozenset({"html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"})


def read_python(document: Document, file: str, parameters: Iterable[str], context: Context) -> FileEvents:
    """Return what a Python notebook or script does.

    Args:
        document: its cells.
        file: its name in locations.
        parameters: names that get their values when the task runs.
        context: what all readers share.
    """
    trees: list[tuple[Location, ast.Module, bool]] = []
    failures: dict[Location, ReadFailure] = {}
    for cell in document.cells:
        start = Location(file, cell.number, 1)
        try:
            trees.append((start, parse_cell(cell.text, document.notebook), _PARAMETERS in cell.tags))
        except CellSyntaxError as problem:
            certain = "raises-exception" not in cell.tags and not _may_be_newer(document, cell, problem.line)
            at = Location(file, cell.number, problem.line)
            failures[start] = ReadFailure(at, "syntax", f"cannot be parsed: {problem}", certain)
    reader = _PythonReader(
        PythonNames.from_trees(((tree, replaced) for _, tree, replaced in trees), parameters), context
    )
    events: list[Event] = []
    for start, tree, _ in trees:
        try:
            events += reader.read(tree, start)
        except RecursionError:
            failures[start] = ReadFailure(start, "syntax", "is nested too deeply to be read", certain=False)
    functions = {name: tuple(body) for name, body in reader.functions.items()}
    return FileEvents(file, (*failures.values(), *events), functions)


def python_events(text: str, at: Location, context: Context) -> list[Event]:
    """Return what the program of ``python -c`` does; its functions are not followed."""
    try:
        tree = parse_cell(text, notebook=False)
    except CellSyntaxError:
        return []
    return _PythonReader(PythonNames.from_trees([(tree, False)]), context).read(tree, at)


def _may_be_newer(document: Document, cell: CodeCell, line: int | None) -> bool:
    """Return whether a syntax error may come from Python being older here than in the task."""
    here = sys.version_info[:2]
    if document.version > here:
        return True
    lines = cell.text.splitlines()
    wrong = lines[line - 1] if line is not None and 0 < line <= len(lines) else ""
    return not document.version and here < _NEW_SYNTAX_SINCE and _NEW_SYNTAX.search(wrong) is not None


def _ends_the_task(handler: ast.ExceptHandler) -> bool:
    """Return whether an exception ends the task all the same: the handler raises one, or leaves Python."""
    last = handler.body[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call):
        return ast.unparse(last.value.func) in _LEAVING
    return isinstance(last, ast.Raise)


class _PythonReader:
    """Visits the cells of one notebook, or one module, in the order in which they are evaluated.

    Like `ast.NodeVisitor`, whose way to find the method of a node takes longer.

    Attributes:
        functions: what its functions do, by name.
    """

    def __init__(self, names: PythonNames, context: Context) -> None:
        self.functions: dict[str, list[Event]] = {}
        self._names = names
        self._context = context
        self._events: list[Event] = []
        self._class: list[Event] | None = None
        self._start = Location("")
        self._guarded = False
        self._quiet = False
        self._enclosing: list[Enclosing] = []
        """The loops and functions around what is read, the outermost first."""
        self._statement: ast.expr | None = None
        """The expression that is a statement of its own, so that its value is dropped."""

    def read(self, tree: ast.AST, start: Location) -> list[Event]:
        """Return what a cell does; its functions are added to `functions`."""
        kept = self._events, self._start
        self._events, self._start = [], start
        self._visit(tree)
        events = self._events
        self._events, self._start = kept
        return events

    def _at(self, node: ast.AST) -> Location:
        return self._start.below(getattr(node, "lineno", 1) - 1)

    def _visit(self, node: ast.AST) -> None:
        method = _METHODS.get(type(node))
        if method is None:
            self._children(node)
        else:
            method(self, node)

    def _children(self, node: ast.AST) -> None:
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                for item in value:
                    if isinstance(item, ast.AST):
                        self._visit(item)
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                self._visit(value)

    def _visit_quietly(self, *nodes: ast.AST | None) -> None:
        """Visit nodes whose strings are not files' names."""
        kept, self._quiet = self._quiet, True
        for node in nodes:
            if node is not None:
                self._visit(node)
        self._quiet = kept

    # definitions and flow

    def _on_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Keep the body for the call."""
        for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if part is not None:
                self._visit(part)
        kept, guarded = self._events, self._guarded
        self._events, self._guarded = self.functions.setdefault(node.name, []), False
        self._enclosing.append(node)
        for statement in node.body:
            self._visit(statement)
        body, self._events, self._guarded = self._events, kept, guarded
        self._enclosing.pop()
        if self._class is not None:
            self._class += body

    _on_AsyncFunctionDef = _on_FunctionDef

    def _on_ClassDef(self, node: ast.ClassDef) -> None:
        """Keep what all methods do for the call of the class."""
        kept, self._class = self._class, self.functions.setdefault(node.name, [])
        self._children(node)
        self._class = kept

    def _on_If(self, node: ast.If) -> None:
        """Keep what a module does only as a script."""
        if (
            isinstance(node.test, ast.Compare)
            and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"
        ):
            kept, self._events = self._events, self.functions.setdefault(MAIN, [])
            for statement in node.body:
                self._visit(statement)
            self._events = kept
            self._events.append(CallFunction(self._at(node), MAIN))
        else:
            self._children(node)

    def _on_For(self, node: ast.For | ast.AsyncFor) -> None:
        """Remember what the loop's names run over."""
        self._visit(node.iter)
        self._enclosing.append(node)
        for part in (node.target, *node.body):
            self._visit(part)
        self._enclosing.pop()
        for part in node.orelse:
            self._visit(part)

    _on_AsyncFor = _on_For

    def _on_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> None:
        """Read the generators first, as Python does."""
        for generator in node.generators:
            self._visit(generator.iter)
            self._enclosing.append(generator)
            for part in generator.ifs:
                self._visit(part)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self._visit(part)
        del self._enclosing[-len(node.generators) :]

    _on_SetComp = _on_GeneratorExp = _on_DictComp = _on_ListComp

    def _on_Try(self, node: ast.Try | ast.TryStar) -> None:
        """Remember that a failure is passed over, unless it is raised again."""
        kept = self._guarded
        self._guarded = kept or not all(map(_ends_the_task, node.handlers))
        for statement in node.body:
            self._visit(statement)
        self._guarded = kept
        for part in (*node.handlers, *node.orelse, *node.finalbody):
            self._visit(part)

    _on_TryStar = _on_Try

    def _on_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._import(alias.name, node)

    def _on_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Note the module, and names in it, which may be modules too."""
        base = node.module or ""
        if base:
            self._import(base, node)
        for alias in node.names:
            self._import(f"{base}.{alias.name}".strip("."), node)

    def _import(self, name: str, node: ast.stmt) -> None:
        self._events.append(ImportModule(self._at(node), name))
        if name.partition(".")[0] in python_functions.IMPLICIT_WRITERS:
            self._events.append(WriteUnknown(self._at(node)))

    # assignments and strings

    def _on_Assign(self, node: ast.Assign) -> None:
        variables = {self._environment_variable(target) for target in node.targets}
        made = variables & python_functions.MADE_WHERE_MISSING
        self._string(node.value, "quiet" if made else "unknown")
        for target in node.targets:
            self._assign_environ(target, node.value, node)
            self._visit(target)

    def _on_AugAssign(self, node: ast.AugAssign) -> None:
        self._string(node.value, "unknown")
        self._assign_environ(node.target, node.value, node, UNKNOWN)

    def _assign_environ(self, target: ast.expr, value: ast.expr, node: ast.stmt, before: str = "") -> None:
        if name := self._environment_variable(target):
            self._events.append(SetVariable(self._at(node), name, before + self._names.text(value)))

    def _environment_variable(self, target: ast.expr) -> str:
        """Return NAME of ``os.environ[NAME]``, "" for anything else."""
        if isinstance(target, ast.Subscript) and self._names.dotted(target.value) == "os.environ":
            return self._names.text(target.slice)
        return ""

    def _on_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Leave annotations alone."""
        if node.value is not None:
            self._string(node.value, "unknown")

    def _on_arg(self, node: ast.arg) -> None:
        """Leave annotations alone."""

    def _quietly(self, node: ast.AST) -> None:
        """Visit the parts of a node whose strings are not files' names."""
        kept, self._quiet = self._quiet, True
        self._children(node)
        self._quiet = kept

    _on_Compare = _on_Raise = _on_Assert = _quietly

    def _on_Subscript(self, node: ast.Subscript) -> None:
        self._visit(node.value)
        self._visit_quietly(node.slice)

    def _on_Dict(self, node: ast.Dict) -> None:
        self._visit_quietly(*node.keys)
        for value in node.values:
            self._visit(value)

    def _on_Expr(self, node: ast.Expr) -> None:
        """Pass over docstrings and other strings that are not used."""
        if not isinstance(node.value, ast.Constant | ast.JoinedStr):
            self._statement = node.value
            self._visit(node.value)

    def _on_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._use(node, node.value, "unknown")

    def _on_JoinedStr(self, node: ast.JoinedStr | ast.BinOp) -> None:
        self._string(node, "unknown")

    _on_BinOp = _on_JoinedStr

    def _use(self, node: ast.AST, text: str, use: FileUse) -> None:
        self._events.append(UseString(self._at(node), text, "quiet" if self._quiet else use))

    def _string(self, node: ast.expr, use: FileUse, function: str = "") -> None:
        """Note the string that an expression is, as far as it is known, and visit its parts.

        Args:
            node: the expression.
            use: what is done to the file of that name.
            function: dotted name of the function that does it.
        """
        if not isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp | ast.Name | ast.Call):
            self._visit(node)
            return
        text = self._names.text(node)
        if not text.replace(UNKNOWN, ""):
            if use in ("write", "create") and text:
                self._events.append(WriteUnknown(self._at(node)))
            self._children(node) if isinstance(node, ast.BinOp | ast.JoinedStr) else self._visit(node)
            return
        if use == "write":
            text = python_functions.written_name(function, text)
        if isinstance(node, ast.Constant):
            if isinstance(node.value, str | bytes):
                self._use(node, text, use)
        else:
            self._use(node, text, use)
            self._quietly(node)

    # calls

    def _on_Call(self, node: ast.Call) -> None:
        """Note the arguments, then what the call does."""
        name = self._names.dotted(node.func)
        if name.startswith("get_ipython().") and self._magic(name, node):
            return
        command = name in python_functions.SHELL_TEXT or name in python_functions.SUBPROCESS
        self._arguments(node, name, command)
        method = python_functions.MODULE_CALL.fullmatch(name)
        if method and not (name.startswith("module.") and "module" in self._names.bound):
            self._module_call(method[1], node)
        elif name in ("module", "env_modules_python.module") and name not in self._names.bound:
            self._module_function(node)
        elif command or name in python_functions.EXEC:
            self._command(name, node)
        elif name in ("os.putenv", "os.environ.setdefault", "os.environ.__setitem__") and len(node.args) == 2:
            variable, value = (self._names.text(arg) for arg in node.args)
            self._events.append(SetVariable(self._at(node), variable, value))
        elif name == "os.environ.update":
            self._update_environ(node)
        elif name == "importlib.import_module" and node.args:
            self._events.append(ImportModule(self._at(node), self._names.text(node.args[0])))
        else:
            self._other_call(name, node)

    def _arguments(self, node: ast.Call, name: str, command: bool) -> None:
        last = name.rpartition(".")[2] if name else getattr(node.func, "attr", "")
        opened = self._opened(node) if python_functions.opens(name) or last == "open" else ""
        if isinstance(node.func, ast.Attribute):
            self._string(node.func.value, python_functions.file_use(last, -1, "", opened))
        elif not isinstance(node.func, ast.Name):
            self._visit(node.func)
        kept, self._quiet = self._quiet, self._quiet or command
        # "module.load" does not read a file
        module = python_functions.MODULE_CALL.fullmatch(name)
        arguments = [("", position, arg) for position, arg in enumerate(node.args)]
        arguments += [(item.arg or "**", 0, item.value) for item in node.keywords]
        for keyword, position, arg in arguments:
            use = "quiet" if module else python_functions.file_use(name or last, position, keyword, opened)
            self._string(arg, use, name or last)
            if isinstance(arg, ast.Name | ast.Attribute) and (passed := self._names.dotted(arg)):
                self._events.append(CallFunction(self._at(node), passed))
        self._quiet = kept

    def _opened(self, node: ast.Call) -> str:
        """Return the mode that a file is opened in."""
        modes = [item.value for item in node.keywords if item.arg == "mode"]
        is_function = isinstance(node.func, ast.Name)
        first = 1 if is_function or self._names.dotted(node.func) in python_functions.OPENS else 0
        modes += node.args[first : first + 1]
        return self._names.text(modes[0]) if modes else "r"

    def _module_call(self, verb: str, node: ast.Call) -> None:
        """Neurodesk's interface to Lmod: ``await module.load("fsl/6.0.4")``."""
        texts = [text for arg in node.args for text in self._names.texts(arg, self._enclosing)]
        texts += [
            text
            for item in node.keywords
            if item.arg in (None, "modules", "module")
            for text in self._names.texts(item.value, self._enclosing)
        ]
        awaited = verb != "load" or node is not self._statement
        self._lmod(verb, texts, node, awaited)

    def _module_function(self, node: ast.Call) -> None:
        """Lmod's own function for Python: ``module("load", "fsl/6.0.4")``."""
        verb, *texts = [text for arg in node.args for text in self._names.texts(arg, self._enclosing)] or [""]
        self._lmod(verb, texts, node)

    def _lmod(self, verb: str, texts: Iterable[str], node: ast.Call, awaited: bool = True) -> None:
        # one string may hold several modules, as on Lmod's command line
        requests = [part for text in texts for part in text.split()]
        self._events += lmod_events(verb, requests, self._at(node), guarded=self._guarded, awaited=awaited)

    def _command(self, name: str, node: ast.Call) -> None:
        words: list[str] | None
        if name in python_functions.EXEC:
            words = [text for arg in node.args for text in self._names.texts(arg)]
        else:
            keywords = (item.value for item in node.keywords if item.arg in ("args", "cmd"))
            given = node.args[0] if node.args else next(keywords, None)
            if given is None:
                return
            is_text = name in python_functions.SHELL_TEXT
            words = None if is_text else self._names.words(given)
            if words is None and (is_text or self._through_shell(node)):
                start = given if isinstance(given, ast.Constant | ast.JoinedStr) else node
                self._shell(self._names.text(given), self._at(start))
                return
            if words is None:
                words = [self._names.text(given)]
        if words:
            self._events += command_events(words, self._at(node), self._context)

    def _through_shell(self, node: ast.Call) -> bool:
        values = [item.value for item in node.keywords if item.arg == "shell"]
        return bool(values) and not (isinstance(values[0], ast.Constant) and not values[0].value)

    def _shell(self, text: str, at: Location, *, ready: bool = False) -> None:
        """Read the text of a shell command, run in a process of its own."""
        scope = self._context.new_scope()
        self._events += shell_events(text, at, self._context, scope=scope, ready=ready)

    def _update_environ(self, node: ast.Call) -> None:
        pairs: list[tuple[str, ast.expr]] = [(item.arg, item.value) for item in node.keywords if item.arg]
        for arg in node.args:
            if isinstance(arg, ast.Dict):
                keys = zip(arg.keys, arg.values, strict=True)
                pairs += [(self._names.text(key), value) for key, value in keys if key is not None]
        for variable, value in pairs:
            self._events.append(SetVariable(self._at(node), variable, self._names.text(value)))

    def _other_call(self, name: str, node: ast.Call) -> None:
        at = self._at(node)
        if name in python_functions.DEBUGGERS and (name != "breakpoint" or self._names.is_builtin(name)):
            self._events.append(Interact(at, f"{name}()", "debugger", self._guarded))
        elif name in python_functions.WAITING or (
            name in ("input", "raw_input") and self._names.is_builtin(name)
        ):
            self._events.append(Interact(at, f"{name}()", "input", self._guarded))
        elif name in python_functions.LEAVING and at.cell is not None and self._names.is_builtin(name):
            self._events.append(Interact(at, f"{name}()", "leave", self._guarded))
        elif name in python_functions.WINDOWS:
            self._events.append(Interact(at, f"{name}()", "display", self._guarded))
        elif name.endswith(".eval") and node.args and self._has_matlab():
            self._embedded("octave", self._names.text(node.args[0]), at)
        elif name in python_functions.CHANGE_DIRECTORY:
            self._events.append(ChangeDirectory(at))
        elif name:
            self._events.append(CallFunction(at, name))

    def _has_matlab(self) -> bool:
        roots = {alias.partition(".")[0] for alias in self._names.aliases.values()}
        return bool(roots & {"matlab", "oct2py"})

    def _embedded(self, language: str, text: str, at: Location) -> None:
        """Read code of another language, run in a process of its own."""
        self._events += self._context.read_embedded(language, text, at, self._context.new_scope())

    # IPython's magics and shell escapes, which IPython turns into calls

    def _magic(self, name: str, node: ast.Call) -> bool:
        """Add what a call ``get_ipython().NAME(…)`` does; return whether it is a magic."""
        call = name.rpartition(".")[2]
        texts = [
            arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if len(texts) < len(node.args):
            return False
        at = self._at(node)
        if call in ("system", "getoutput") and len(texts) == 1:
            self._shell(interpolated(texts[0], self._names), at)
        elif call == "run_line_magic" and len(texts) >= 2:
            self._line_magic(texts[0], interpolated(texts[1], self._names), at)
        elif call == "run_cell_magic" and len(texts) >= 3:
            self._cell_magic(texts[0], texts[1].split(), texts[2], at)
        else:
            return False
        return True

    def _line_magic(self, name: str, line: str, at: Location) -> None:
        if name in _SHELL_MAGICS:
            self._shell(line, at)
        elif name in _INSTALLER_MAGICS:
            # %conda and %mamba add --yes themselves (IPython.core.magics.packaging)
            self._shell(f"{name} {line}" + (" --yes" if "conda" in name or "mamba" in name else ""), at)
        elif name == "run":
            words = [word for word in line.split() if not word.startswith("-")]
            if words:
                self._events.append(RunFile(at, words[0]))
        elif name == "debug":
            self._events.append(Interact(at, "%debug", "debugger"))
        elif name == "gui" and line.strip():
            self._events.append(Interact(at, f"%gui {line.strip()}", "display"))
        elif name in ("env", "set_env"):
            variable, _, value = re.sub(r"\s*=\s*|\s+", "=", line.strip(), count=1).partition("=")
            if value:
                use: FileUse = "quiet" if variable in python_functions.MADE_WHERE_MISSING else "unknown"
                self._events += [SetVariable(at, variable, value), UseString(at, value, use)]
        elif name == "cd":
            self._events += [UseString(at, line.strip(), "read"), ChangeDirectory(at)]
        elif name in _STATEMENT_MAGICS:
            try:
                tree = parse_cell(line, notebook=True)
            except CellSyntaxError:
                return
            self._events += self.read(tree, at)

    def _cell_magic(self, name: str, words: list[str], body: str, at: Location) -> None:
        below = at.below(1)
        if name == "script":
            program = next((word for word in words if not word.startswith("-")), "bash")
            name = program.rpartition("/")[2]
        elif name in _SHELL_MAGICS:
            name, words = "bash", []
        if name in SHELLS:
            self._shell(body, below, ready=any(is_login(word) for word in words))
        elif name in _LANGUAGE_MAGICS:
            self._embedded(_LANGUAGE_MAGICS[name], body, below)
        elif name in ("writefile", "file"):
            if words:
                self._events.append(UseString(at, words[-1], "write"))
        elif name not in _DISPLAY_MAGICS:
            self._events.append(WriteUnknown(at))


_METHODS: dict[type[ast.AST], Callable[[_PythonReader, Any], None]] = {
    kind: getattr(_PythonReader, f"_on_{name}")
    for name, kind in vars(ast).items()
    if isinstance(kind, type) and issubclass(kind, ast.AST) and hasattr(_PythonReader, f"_on_{name}")
}
