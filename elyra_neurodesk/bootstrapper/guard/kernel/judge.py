"""Decides what went wrong in one shell text that has ended. Pure, but for looking at wrappers and scripts.

What counts: the text's own exit status; a command that is not found (126, 127) or that fails anywhere in it,
unless the text handles that; a retired tool; apptainer's failure lines from a tool although everything ended
with 0. What does not: SIGPIPE (``tool | head``), and commands that only answer (`questions`).

A bash script that the text calls is judged by its own text. How it ended is its caller's to handle; what went
wrong in it although it ended with 0, nobody has seen.
"""

# ruff: noqa: PTH113, PTH123
from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from . import lines, shell, wrappers
from .notes import Note
from .questions import HARMLESS, MISSING, QUERIES, asks_for_help, split

STOPPED = (141, 143, 130)
PIPE_SIGNAL = (-13, 141)
BASH_HINT = "Handle it in the notebook (`|| true`, try/except) if it does not matter."
MODULE_HINT = "What a shell escape loads ends with it: use `import module` and `await module.load(…)`."
LOAD_HINT = "`elyra-neurodesk modules search` lists what there is."
_SHOWN = 160
_MAX_SCRIPT = 1 << 18  # bytes of a script that is read
_MAX_SCRIPTS = 20
_LOST = (shell.PIPED, shell.CHAINED, shell.BACKGROUND)
_UNHANDLED = (*_LOST, shell.PLAIN)


class ShellRun(NamedTuple):
    """One shell text that ended.

    Attributes:
        text: the text, "" if it is not known.
        status: exit status; negative for a signal; 0 if it is not known.
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
    if run.status != 0 and not is_answered(run):
        return found if run.observed else [*found, _failed(run)]
    if found:
        return found
    found = [*_missing(run), *_failures(run)]
    if not found:
        found = _printed(run)
    return found


def is_answered(run: ShellRun) -> bool:
    """Tell whether a status other than 0 is no failure: an answer, a help text, an early end of a pipe."""
    return is_answer(run.text, run.status) or _only_asked(run)


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


def _only_asked(run: ShellRun) -> bool:
    """Tell whether the command that the status comes from was asked for its help."""
    deciding = [item for item in shell.commands(run.text) if item.place in (shell.PLAIN, shell.CHAINED)]
    if not deciding:
        return False
    return asks_for_help(_called_as(run, deciding[-1].words), run.status)


def _called_as(run: ShellRun, words: Sequence[str]) -> Sequence[str]:
    """Return a command as it was really called, with its variables, where its wrapper has noted that."""
    ran = [note for note in run.notes if note.kind == "tool"]
    known = [note for note in ran if words and _base(note.command) == _base(words[0])]
    if words and words[0].startswith(("$", "{")):
        known = ran
    return _words(known[-1]) if known else words


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
    line = _deciding_line(run.text)
    command = shown(line)
    loads = [item for item in shell.commands(line) if item.name in ("module", "ml")]
    if loads and run.status not in MISSING:
        found = _no_load(command, words, run, run.line)
        return {**found, "tail": words}
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


def _no_load(command: str, words: Sequence[str], run: ShellRun, line: int) -> dict[str, Any]:
    said = f": {' '.join(word.strip() for word in words[:3])[:300]}" if words else ""
    message = f"`{command}` loaded nothing{said}"
    return finding("ND-GUARD-001", command, message, LOAD_HINT, _severity(run, "error"), line)


def _missing(run: ShellRun) -> list[dict[str, Any]]:
    """Return commands that were not found and that nothing handles."""
    certain = [note for note in _unhandled(run) if note.status in MISSING]
    found: dict[str, dict[str, Any]] = {}
    for note in certain:
        name = _name(note.command)
        if name == "wait":
            continue
        line = _line(run, note)
        found.setdefault(name, _not_found(name, note.status, run, line, _seriousness(run, note)))
    if any("=$(" in name or "=`" in name for name in found) and len(found) > 1:
        found = {name: item for name, item in found.items() if "=$(" not in name and "=`" not in name}
    noted = [note for note in run.notes if note.kind == "missing"]
    names = {_name(note.command) for note in noted}
    for missing in lines.missing(run.output):
        if _base(missing.name) not in names:  # a shell without our hooks
            noted.append(Note("missing", "", 127, missing.line, missing.name, ""))
    for note in noted:
        name, text = _name(note.command), _text_of(run, note)
        # a bash with our hooks has noted what is plain
        relevant = set(_LOST) if name in names else set(_UNHANDLED)
        command = _at(text, note)
        if command is not None and command.status_read:
            continue
        if name not in found and _places(text, name, note.line) & relevant:
            severity = "warning" if _errexit_is_off(text, note.line) else "error"
            found[name] = _not_found(name, 127, run, _line(run, note), severity)
    return list(found.values())


def _not_found(name: str, status: int, run: ShellRun, line: int, severity: str) -> dict[str, Any]:
    what = "was not found" if status == 127 else "could not be executed"
    return finding(
        "ND-GUARD-005",
        name,
        f"`{name}` {what}, but {_caller(run, name)} went on and ended with 0",
        "Load the module that provides it, or say that it does not matter (`|| true`).",
        _severity(run, severity),
        line,
    )


def _caller(run: ShellRun, name: str) -> str:
    text = run.text.strip()
    if not text:
        return "the code"
    known = any(_base(item.name) == _base(name) for item in shell.commands(text))
    return f"`{shown(text)}`" if known and "\n" not in text else "the script"


def _failures(run: ShellRun) -> list[dict[str, Any]]:
    """Return commands that failed although the text ended with 0: tools, module loads, and any other."""
    found: dict[str, dict[str, Any]] = {}
    for note in _unhandled(run):
        name = _name(note.command)
        if note.status in MISSING or not (_matters(note) or _is_tool(run, note)):
            continue
        found.setdefault(name, _went_on(name, note, run, _line(run, note), _seriousness(run, note)))
    sources = {item.shell: item.source for item in run.notes if item.shell and item.kind != "tool"}
    for note in run.notes:
        if note.kind in ("tool", "ended") and note.status not in (0, *STOPPED):
            name = _base(note.command)
            if name not in found and not asks_for_help(_words(note), note.status):
                item = _lost(name, note, run, sources.get(note.parent, ""))
                found.update({name: item} if item else {})
    return list(found.values())


def _lost(name: str, note: Note, run: ShellRun, caller: str) -> dict[str, Any] | None:
    """Return the finding for a tool or script whose status its caller does not get; None if it does.

    Args:
        name: its name.
        note: how it ended.
        run: what it ran in.
        caller: the script that called it, as that notes it; "" where that is not known.
    """
    text, bash = run.text, run.bash
    if caller.startswith("/"):
        text, bash = _read_script(caller), True
    known = [item for item in shell.commands(text) if _calls(item, name)]
    if not known and text == run.text:
        known = [item for script in _scripts(text) for item in shell.commands(script) if _calls(item, name)]
        bash = bash and not known  # a bash would have been known as the caller
    called = tuple(split(note.arguments))
    exactly = [item for item in known if called and item.words[-len(called) :] == called]
    known = exactly or known
    waited = any(item.name == "wait" and len(item.words) > 1 for item in shell.commands(text))
    places = {item.place for item in known if not item.status_read}
    if bash and waited:
        places.discard(shell.BACKGROUND)  # the status of `wait` is the job's
    if known and places <= {shell.HANDLED}:
        return None
    if known and not places & (set(_LOST) if bash else set(_UNHANDLED)):
        return None  # bash would have noted it
    if note.kind == "ended" and (not known or _last_status(run, known)):
        return None
    certain = shell.HANDLED not in places if known else not (run.text or run.observed)
    if _errexit_is_off(text, 0):
        certain = False
    return _went_on(
        name,
        note,
        run,
        _own_line(run, known[0].line if known and not caller else 0),
        "error" if certain else "warning",
    )


def _last_status(run: ShellRun, known: Sequence[shell.Command]) -> bool:
    """Tell whether the only call is what the text's own status comes from."""
    every = shell.commands(run.text)
    return len(known) == 1 and known[0].place == shell.PLAIN and every[-1:] == [*known]


def _unhandled(run: ShellRun) -> list[Note]:
    """Return what shells noted as failed, without what a caller or the next command could see."""
    endings = {note.shell: note.status for note in run.notes if note.kind == "ended"}
    failed = [note for note in run.notes if note.kind == "failed"]
    found = []
    for index, note in enumerate(failed):
        after = failed[index + 1] if index + 1 < len(failed) else None
        if after is not None and _is_return_of(note, after):
            continue
        if endings.get(note.shell, 0) != 0:
            continue  # the script ended with a failure: that is for its caller to see
        text = _text_of(run, note)
        command = _at(text, note)
        if command is not None and command.status_read:
            continue
        from_function = note.command.startswith("return ") and not note.line  # in an interactive shell
        if from_function and any(item.status_read for item in shell.commands(text)):
            continue
        words = command.words if command else split(note.command)
        same = [item for item in run.notes if item.kind == "tool" and item.status == note.status]
        if not asks_for_help(_called_as(run._replace(notes=same), words), note.status):
            found.append(note)
    return found


def _is_return_of(inner: Note, outer: Note) -> bool:
    """Tell whether bash noted the same failure twice: in a function, then where that was called."""
    same = inner.command, inner.status, inner.source, inner.shell
    return same == (outer.command, outer.status, outer.source, outer.shell) and inner.line != outer.line


def _matters(note: Note) -> bool:
    """Tell whether a failed command of any kind is likely to spoil what comes after it."""
    if note.command.startswith("((") or note.command.split(" ")[0] in HARMLESS:
        return False
    inner = shell.commands(note.command)
    name = inner[0].name if inner else _name(note.command)
    return name not in HARMLESS and not is_answer(note.command, note.status)


def _is_tool(run: ShellRun, note: Note) -> bool:
    name = _name(note.command)
    return any(item.kind == "tool" and _base(item.command) == name for item in run.notes)


def _seriousness(run: ShellRun, note: Note) -> str:
    """Return ``warning`` where the text says that it may fail, and where it may have been handled."""
    text = _text_of(run, note)
    if _failure_ignored(run, note) or _errexit_is_off(text, note.line):
        return "warning"
    if note.status in MISSING or _is_tool(run, note):
        return "error"
    unknown_end = note.source.startswith("/") and not any(
        item.kind == "ended" and item.shell == note.shell for item in run.notes
    )
    return "warning" if unknown_end or shell.discards_complaints(note.command) else "error"


def _went_on(name: str, note: Note, run: ShellRun, line: int, severity: str) -> dict[str, Any]:
    words = _last_words(run, name)
    if name in ("module", "ml"):
        loads = [item for item in shell.commands(_text_of(run, note)) if item.name in ("module", "ml")]
        here = [item for item in loads if item.line == note.line] or loads
        command = shown(" ".join(here[0].words) if here else note.command)
        return {**_no_load(command, words, run, line), "severity": _severity(run, severity)}
    known = name if note.kind != "failed" or _is_tool(run, note) else shown(note.command)
    what = "a background job" if name == "wait" else f"`{known}`"
    caller = f"`{_base(note.source)}`" if note.source.startswith("/") and note.kind == "failed" else ""
    went_on = f"but {caller or _caller(run, name)} went on"
    if run.observed:
        went_on = "its caller may have dealt with that"
    said = f": {' / '.join(word.strip() for word in words)[:300]}" if words else ""
    message = f"{what} {describe(note.status)}, {went_on}{said}"
    found = finding("ND-GUARD-006", name, message, BASH_HINT, _severity(run, severity), line)
    return {**found, "tail": words}


def _last_words(run: ShellRun, name: str) -> list[str]:
    """Return what the text printed that is most likely a failed command's complaint."""
    only = len(shell.commands(run.text)) <= 1
    return lines.complaints(run.output, name)[-3:] or (lines.tail(run.output, 3) if only else [])


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


def _text_of(run: ShellRun, note: Note) -> str:
    """Return the text of the shell that wrote a note: the script's, if it is one."""
    return _read_script(note.source) if note.source.startswith("/") else run.text


def _read_script(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_SCRIPT).decode("utf-8", "replace")
    except OSError:
        return ""


def _scripts(text: str) -> Iterable[str]:
    """Yield the texts of the shell scripts that a text names."""
    words = [word for item in shell.commands(text) for word in item.words]
    for word in words[:_MAX_SCRIPTS]:
        if word.endswith(".sh") and os.path.isfile(word):
            yield _read_script(word)


def _at(text: str, note: Note) -> shell.Command | None:
    """Return the command of a text that a note is about."""
    known = shell.commands(text)
    noted = shell.commands(note.command)
    words = noted[-1].words if noted else ()
    same = [item for item in known if item.words == words]
    here = [item for item in same if item.line == note.line]
    there = [item for item in known if item.line == note.line][-1:] if note.line else []  # a function's call
    return next(iter(here or there or same), None)


def _calls(command: shell.Command, name: str) -> bool:
    """Tell whether a command runs a program of this name, by itself or through another (``timeout``)."""
    return any(_base(word) == name for word in command.words)


def _line(run: ShellRun, note: Note) -> int:
    """Return the line of the cell that a note is about, 0 where it is not known."""
    if note.source.startswith("/"):
        return 0
    command = _at(run.text, note) if not note.line else None
    return _own_line(run, command.line if command else note.line)


def _own_line(run: ShellRun, line: int) -> int:
    return run.line + line - 1 if run.line and line else 0


def _words(note: Note) -> list[str]:
    return [note.command, *split(note.arguments)]


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
