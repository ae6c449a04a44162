"""The two files through which kernel and host talk, and the variables that name them.

``NEURODESK_GUARD_NOTES`` names a file of raw notes, one line each, that bash and R append as things happen.
``NEURODESK_GUARD_FINDINGS`` names a file of JSON lines: what has been judged. Both are opened for appending
only, one write per line, so that several processes can write at once.
"""

# ruff: noqa: PTH116, PTH123
from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

MODE = "NEURODESK_GUARD"  # error or warn
NOTES = "NEURODESK_GUARD_NOTES"
FINDINGS = "NEURODESK_GUARD_FINDINGS"
CALL = "NEURODESK_GUARD_CALL"  # which shell escape a process belongs to; unset outside of one
PYTHON = "NEURODESK_GUARD_PYTHON"  # directory that every other Python of the task has first on PYTHONPATH
SEPARATOR = "\x1f"
MAX_FINDINGS = 200  # that one process writes

_written = 0


class Note(NamedTuple):
    """Something that a shell saw.

    Attributes:
        kind: ``failed`` (nothing handled it), ``missing`` (a command is not found, handled or not), ``tool``
            (a Neurodesk wrapper ended), ``retired`` (so did one that is a notice), ``ended`` (a bash script
            did), ``r`` (R's ``system()`` failed), ``rdropped`` (and nothing gets its result), ``rkept``
            (a variable does), ``load`` (Lmod refused a load); of a process that Python code started:
            ``call`` (it ended), ``looked`` (its status was read), ``shown`` (its error output was),
            ``said`` (what Python code got of its output), ``number`` (the code gets the status as a number),
            ``unkept`` (it has not kept that), ``dropped`` (nothing can read its status any more).
        call: the shell escape, or the process started by Python, that it happened in; "" outside of one.
        status: exit status; as `subprocess` has it for ``call``.
        line: line of the shell's text, or of the Python code, from 1; 0 where that is not known.
        command: the command, one line; a script's path for ``tool``, ``retired`` and ``ended``.
        source: the shell script's or the Python file's name.
        shell: process id of the shell that noted it; of ``call`` ``text`` where a shell read the command.
        parent: process id of that shell's parent; of ``call`` the call that the Python code is part of.
        arguments: of ``tool``, ``retired`` and ``ended``, quoted for a shell; the variable of ``rkept``.
    """

    kind: str
    call: str
    status: int
    line: int
    command: str
    source: str
    shell: str = ""
    parent: str = ""
    arguments: str = ""


def size(variable: str = NOTES) -> int:
    """Return how long a file is, 0 if there is none: where `read` may begin."""
    try:
        return os.stat(os.environ[variable]).st_size
    except (KeyError, OSError):
        return 0


def read(path: str, offset: int = 0) -> tuple[list[Note], int]:
    """Return the notes from ``offset`` (bytes) on, and the offset after the last whole line.

    Other lines are left out.
    """
    lines, end = read_lines(path, offset)
    found = []
    for line in lines:
        parts = line.split(SEPARATOR)
        if 6 <= len(parts) <= len(Note._fields) and parts[2].lstrip("-").isdigit() and parts[3].isdigit():
            kind, call, status, number, command, *more = parts
            found.append(Note(kind, call, int(status), int(number), command, *more))
    return found, end


def append(note: Note) -> None:
    """Append a note; a file that cannot be written costs the note, never the task."""
    texts = (str(value).replace(SEPARATOR, " ").replace("\n", " ")[:1000] for value in note)
    _append_line(os.environ.get(NOTES), SEPARATOR.join(texts))


def read_lines(path: str, offset: int) -> tuple[list[str], int]:
    """Return the whole lines from ``offset`` (bytes) on and the offset after them."""
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            content = file.read()
    except OSError:
        return [], offset
    whole = content[: content.rfind(b"\n") + 1]
    return whole.decode("utf-8", "replace").split("\n")[:-1], offset + len(whole)


def write(finding: dict[str, Any]) -> None:
    """Append a finding; a file that cannot be written (a full disk) costs the finding, never the task."""
    global _written
    path = os.environ.get(FINDINGS)
    _written += 1
    if not path or _written > MAX_FINDINGS:
        return
    _append_line(path, json.dumps(finding, ensure_ascii=True))


def _append_line(path: str | None, line: str) -> None:
    if not path:
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, (line + "\n").encode("utf-8", "backslashreplace"))
        finally:
            os.close(descriptor)
    except OSError:
        pass


def report_internal_error(problem: BaseException, where: str) -> None:
    """Write the finding that the guard itself failed; the task goes on."""
    write(internal_error_finding(problem, where))


def internal_error_finding(problem: BaseException, where: str) -> dict[str, Any]:
    """Return the finding that the guard itself failed."""
    words = " ".join(f"{type(problem).__name__}: {problem}".split())[:300]
    return {
        "code": "ND-GUARD-099",
        "severity": "warning",
        "cell": None,
        "line": None,
        "command": where,
        "message": f"the guard itself failed here: {words}",
        "hint": "The task went on without this check; please report it.",
        "raised": False,
    }
