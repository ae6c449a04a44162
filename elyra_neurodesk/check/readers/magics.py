"""IPython's magics and shell escapes, as the calls that IPython makes of them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from elyra_neurodesk.check.readers.events import Ask, Dynamic, Include, Place, SetVariable, Text
from elyra_neurodesk.check.readers.ipython import CellBroken, parse
from elyra_neurodesk.check.readers.literals import interpolated
from elyra_neurodesk.check.readers.shell_commands import SHELLS, Nested, Session

if TYPE_CHECKING:
    from elyra_neurodesk.check.readers.python_code import Reader

_SHELL = frozenset({"sx", "system", "!", "!!"})
_INSTALLERS = frozenset({"pip", "conda", "mamba", "micromamba", "uv"})
_STATEMENTS = frozenset({"time", "timeit", "prun", "memit", "lprun", "mprun"})
_LANGUAGES = {"R": "r", "octave": "octave", "matlab": "octave"}


def magic_events(reader: Reader, name: str, node: ast.Call) -> bool:
    """Add what one of IPython's calls does; return whether it was one.

    Args:
        reader: gets the events.
        name: ``get_ipython().…``.
        node: the call.
    """
    call = name.rpartition(".")[2]
    texts = [
        arg.value if isinstance(arg, ast.Constant) and isinstance(arg.value, str) else None
        for arg in node.args
    ]
    known = [text for text in texts if text is not None]
    if len(known) < len(texts):
        return False
    place = reader.at(node)
    if call in ("system", "getoutput") and len(known) == 1:
        reader.shell(interpolated(known[0], reader.names), place)
    elif call == "run_line_magic" and len(known) >= 2:
        _line_magic(reader, known[0], interpolated(known[1], reader.names), place)
    elif call == "run_cell_magic" and len(known) >= 3:
        _cell_magic(reader, known[0], known[1], known[2], place)
    else:
        return False
    return True


def _line_magic(reader: Reader, name: str, line: str, place: Place) -> None:
    if name in _SHELL:
        reader.shell(line, place)
    elif name in _INSTALLERS:
        # %conda and %mamba add --yes themselves (IPython.core.magics.packaging)
        reader.shell(f"{name} {line}" + (" --yes" if "conda" in name or "mamba" in name else ""), place)
    elif name == "run":
        words = [word for word in line.split() if not word.startswith("-")]
        if words:
            reader.add(Include(place, words[0]))
    elif name == "debug":
        reader.add(Ask(place, "%debug", "debugger"))
    elif name in ("env", "set_env"):
        variable, _, value = re.sub(r"\s*=\s*|\s+", "=", line.strip(), count=1).partition("=")
        if value:
            reader.add(SetVariable(place, variable, value))
            reader.add(Text(place, value))
    elif name == "cd":
        reader.add(Text(place, line.strip(), "read"))
    elif name in _STATEMENTS:
        try:
            tree = parse(line, notebook=True)
        except CellBroken:
            return
        for event in reader.read(tree, place):
            reader.add(event)


def _cell_magic(reader: Reader, name: str, line: str, body: str, place: Place) -> None:
    words = line.split()
    below = place.below(1)
    if name in ("script", "sx", "system", "!"):
        program = next((word for word in words if not word.startswith("-")), "bash")
        name, words = (program.rpartition("/")[2], words) if name == "script" else ("bash", [])
    if name in SHELLS:
        login = any(re.fullmatch(r"-[a-z]*[li]|--login", word) for word in words)
        reader.shell(body, below, ready=login)
    elif name in _LANGUAGES:
        session = Session(reader.scopes.below(()), reader.scopes)
        for event in reader.other(Nested(_LANGUAGES[name], body, session), below):
            reader.add(event)
    elif name in ("writefile", "file"):
        if words:
            reader.add(Text(place, words[-1], "write"))
    elif name not in ("html", "HTML", "javascript", "js", "latex", "markdown", "svg", "SVG"):
        reader.add(Dynamic(place))
