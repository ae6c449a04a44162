"""Decides what went wrong in one shell text that has ended. Pure, but for looking at wrappers.

What counts: the text's own exit status; a command that is not found (126, 127) or a Neurodesk tool that fails
anywhere in it, unless the text handles that; a retired tool; apptainer's failure lines from a tool although
everything ended with 0. What does not: SIGPIPE (``tool | head``), and the status 1 of a command that asks
a question (``grep``, ``test``, ``diff``), and a tool asked for its help.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from . import lines, shell, wrappers
from .notes import Note

NOT_FOUND = (126, 127)
STOPPED = (141, 143, 130)
PIPE_SIGNAL = (-13, 141)
QUERIES = frozenset(
    [
        "[",
        "[[",
        "test",
        "grep",
        "egrep",
        "fgrep",
        "zgrep",
        "rg",
        "diff",
        "cmp",
        "which",
        "type",
        "command",
        "hash",
        "pgrep",
        "expr",
        "read",
        "let",
        "((",
    ]
)
BASH_HINT = "Handle it in the notebook (`|| true`, try/except) if it does not matter."
MODULE_HINT = "What a shell escape loads ends with it: use `import module` and `await module.load(…)`."
HELP = frozenset({"-h", "-H", "-help", "--help", "-?", "-version", "--version", "-V"})
_SHOWN = 160


class ShellRun(NamedTuple):
    """One shell text that ended.

    Attributes:
        text: the text, "" if it is not known.
        status: exit status; negative for a signal; 0 if it is not known or the caller deals with it.
        output: the end of what it printed.
        notes: what shells noted meanwhile.
        bash: whether a bash with our hooks ran the text, so that a failure nothing handles is noted.
        line: line of the notebook's cell (from 1) where the text begins, 0 if that is not known.
        observed: whether the caller may look at the status later; what fails is then a warning.
    """

    text: str
    status: int = 0
    output: str = ""
    notes: Sequence[Note] = ()
    bash: bool = False
    line: int = 0
    observed: bool = False


def judge(run: ShellRun) -> list[dict[str, Any]]:
    """Return the findings, as `finding` makes them, the most important first; [] if nothing is wrong."""
    found = _retired(run)
    if 0 < run.status < min(NOT_FOUND) and asks_for_help(run.text):
        return found
    if run.status != 0 and not is_answer(run.text, run.status):
        return [*found, _failed(run)]
    if found:
        return found
    found = [*_missing(run), *_tools(run)]
    if not found:
        found = _printed(run)
    return found


def finding(
    code: str, command: str, message: str, hint: str = "", severity: str = "error", line: int = 0
) -> dict[str, Any]:
    """Return one finding as it is written; the cell is filled in by the host."""
    return {
        "code": code,
        "severity": severity,
        "cell": None,
        "line": line or None,
        "command": shown(command),
        "message": " ".join(message.split()),
        "hint": hint,
        "raised": False,
    }


def is_answer(text: str, status: int) -> bool:
    """Tell whether a status other than 0 is not a failure but an early end of a pipe, or an answer."""
    if status in PIPE_SIGNAL:
        return True
    if status != 1:
        return False
    found = shell.commands(text)
    deciding = [item.name for item in found if item.place in (shell.PLAIN, shell.CHAINED)][-1:]
    chained = [item.name for item in found if item.place == shell.CHAINED]
    return any(name in QUERIES for name in (*deciding, *chained[-1:]))


def asks_for_help(text: str) -> bool:
    """Tell whether nothing is done but to read how a tool is used: many print that and exit with 1.

    Without arguments that is so for Neurodesk's tools only: a script of the user's own may need none.
    """
    found = shell.commands(text)
    if len(found) != 1:
        return False
    name, *arguments = found[0].words
    return set(arguments) <= HELP if arguments else wrappers.find(name) is not None


def describe(status: int) -> str:
    """Say how a command ended, in words."""
    if status == 127:
        return "was not found (exit status 127)"
    if status == 126:
        return "could not be executed (exit status 126)"
    if status < 0:
        killed = ", most likely out of memory" if status == -9 else ""
        return f"was ended by signal {-status}{killed}"
    if status == 137:
        return "was ended by signal 9, most likely out of memory"
    return f"ended with exit status {status}"


def shown(command: str) -> str:
    """Return a command as a message shows it: one line, not too long."""
    text = " ".join(command.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _failed(run: ShellRun) -> dict[str, Any]:
    words = lines.tail(run.output)
    said = f": {words[-1].strip()[:300]}" if words else ""
    command = shown(_deciding_line(run.text))
    hint = BASH_HINT
    if run.status == 127 and any(item.name in ("module", "ml") for item in shell.commands(run.text)):
        hint = MODULE_HINT
    elif run.status == 127:
        hint = "Load the module that provides it in a cell before, or declare the module on the node."
    found = finding("ND-GUARD-002", command, f"`{command}` {describe(run.status)}{said}", hint, line=run.line)
    return {**found, "tail": words}


def _deciding_line(text: str) -> str:
    """Return the line whose status the text ended with: the last command's, as far as the text shows it."""
    rows = [row for row in text.splitlines() if row.strip()]
    if len(rows) < 2:
        return rows[0] if rows else ""
    known = shell.commands(text)
    stops = any(item.name == "set" and item.words[1:2] and "e" in item.words[1][:4] for item in known)
    if stops or not known or any(item.name == "exit" for item in known):
        return f"{rows[0]} …"
    return text.splitlines()[known[-1].line - 1]


def _retired(run: ShellRun) -> list[dict[str, Any]]:
    paths: list[str] = []
    noted = [note.command for note in run.notes if note.kind == "retired"]
    named = [wrappers.find(name) for name in sorted({item.name for item in shell.commands(run.text)})]
    for path in (*noted, *(path for path in named if path and wrappers.is_retired(path))):
        if path not in paths:
            paths.append(path)
    found = []
    for path in paths:
        container, command = path.split("/")[-2:]
        found.append(
            finding(
                "ND-GUARD-003",
                command,
                f"`{command}` is retired: its container {container} was withdrawn, it only prints a "
                "notice and exits with 0",
                "Load another version of the tool.",
                line=run.line,
            )
        )
    return found


def _missing(run: ShellRun) -> list[dict[str, Any]]:
    """Return commands that were not found and that nothing handles."""
    certain = [note for note in run.notes if note.kind == "failed" and note.status in NOT_FOUND]
    found: dict[str, dict[str, Any]] = {}
    for note in certain:
        name = _name(note.command)
        severity = "warning" if _failure_ignored(run, note) else "error"
        if _errexit_is_off(run.text, note.line):
            continue
        found.setdefault(name, _not_found(name, note.status, run, note.line, severity))
    if any("=$(" in name or "=`" in name for name in found) and len(found) > 1:
        found = {name: item for name, item in found.items() if "=$(" not in name and "=`" not in name}
    noted = [(_name(note.command), note.line) for note in run.notes if note.kind == "missing"]
    names = {name for name, _ in noted}
    printed = [(item.name, item.line) for item in lines.missing(run.output) if _base(item.name) not in names]
    for name, line in (*noted, *printed):
        # a bash with our hooks has noted what is plain
        relevant = {shell.PIPED, shell.CHAINED} if name in names else set(_UNHANDLED)
        places = _places(run.text, name, line)
        if name not in found and places & relevant and not _errexit_is_off(run.text, line):
            found[name] = _not_found(name, 127, run, line, "error")
    return list(found.values())


def _not_found(name: str, status: int, run: ShellRun, line: int, severity: str) -> dict[str, Any]:
    what = "was not found" if status == 127 else "could not be executed"
    return finding(
        "ND-GUARD-005",
        name,
        f"`{name}` {what}, but {_caller(run, name)} went on and ended with 0",
        "Load the module that provides it, or say that it does not matter (`|| true`).",
        _severity(run, severity),
        run.line + line - 1 if run.line and line else 0,
    )


def _caller(run: ShellRun, name: str) -> str:
    text = run.text.strip()
    if not text:
        return "the code"
    known = any(_base(item.name) == _base(name) for item in shell.commands(text))
    return f"`{shown(text)}`" if known and "\n" not in text else "the script"


def _tools(run: ShellRun) -> list[dict[str, Any]]:
    """Return Neurodesk tools (and module loads) that failed although the text ended with 0."""
    found: dict[str, dict[str, Any]] = {}
    for note in run.notes:
        if note.kind == "failed" and note.status not in NOT_FOUND:
            name = _name(note.command)
            if _errexit_is_off(run.text, note.line):
                continue
            severity = "warning" if _failure_ignored(run, note) else "error"
            found.setdefault(name, _tool(name, note, run, severity))
        elif note.kind == "tool" and note.status not in (0, *STOPPED):
            name = _name(note.command)
            places = _places(run.text, name, 0)
            if name in found or (places and places <= {shell.HANDLED}):
                continue
            relevant = places & ({shell.PIPED, shell.CHAINED} if run.bash else set(_UNHANDLED))
            if places and not relevant:
                continue  # bash would have noted it
            certain = shell.HANDLED not in places if places else not (run.text or run.observed)
            found[name] = _tool(name, note, run, "error" if certain else "warning")
    return list(found.values())


_UNHANDLED = (shell.PIPED, shell.CHAINED, shell.PLAIN)


def _tool(name: str, note: Note, run: ShellRun, severity: str) -> dict[str, Any]:
    line = run.line + note.line - 1 if run.line and note.line else 0
    if name in ("module", "ml"):
        command = shown(note.command)
        return finding(
            "ND-GUARD-001",
            command,
            f"`{command}` failed, but the shell went on",
            "",
            _severity(run, severity),
            line,
        )
    went_on = "its caller may have dealt with that" if run.observed else f"but {_caller(run, name)} went on"
    return finding(
        "ND-GUARD-006",
        name,
        f"`{name}` {describe(note.status)}, {went_on}",
        BASH_HINT,
        _severity(run, severity),
        line,
    )


def _printed(run: ShellRun) -> list[dict[str, Any]]:
    """Return failure lines, but only where a Neurodesk tool ran: other programs may print such text, too."""
    ran = [note for note in run.notes if note.kind == "tool"]
    if any(note.status for note in ran):
        return []  # judged above, and handled
    names = [_name(note.command) for note in ran]
    names += [item.name for item in shell.commands(run.text) if wrappers.find(item.name)]
    if not names:
        return []
    fatal, errors = lines.fatal(run.output, run.text), lines.errors(run.output, run.text)
    if not fatal and not errors:
        return []
    line = (fatal or errors)[0].strip()[:300]
    return [
        finding(
            "ND-GUARD-004",
            names[0],
            f"`{names[0]}` ended with 0 but printed: {line}",
            "Look at the cell's output: most likely a part of the tool did not run.",
            _severity(run, "error" if fatal else "warning"),
            run.line,
        )
    ]


def _severity(run: ShellRun, severity: str) -> str:
    return "warning" if run.observed else severity


def _failure_ignored(run: ShellRun, note: Note) -> bool:
    """Tell whether it happened in a script that the text calls with ``|| true``."""
    known = {item.name for item in shell.commands(run.text)}
    return _name(note.command) not in known and shell.ignores_failure(run.text)


def _places(text: str, name: str, line: int) -> set[str]:
    at_line = {
        item.place for item in shell.commands(text) if item.line == line and _base(item.name) == _base(name)
    }
    return at_line or shell.places(text, name)


def _errexit_is_off(text: str, line: int) -> bool:
    """Tell whether the text says ``set +e`` before the line, and not ``set -e`` after that."""
    off = False
    for item in shell.commands(text):
        if item.line > line and line:
            break
        if item.name == "set" and len(item.words) > 1:
            if item.words[1] == "+e" or item.words[1:3] == ("+o", "errexit"):
                off = True
            elif item.words[1].startswith("-") and "e" in item.words[1]:
                off = False
    return off


def _name(command: str) -> str:
    """Return the name of a noted command: the first word that is not an assignment, without directories."""
    for word in command.split():
        if "=" not in word.split("/")[0]:
            return _base(word)
    return command.split(" ")[0]


def _base(name: str) -> str:
    return name.rsplit("/", 1)[-1]
