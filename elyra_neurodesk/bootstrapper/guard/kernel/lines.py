"""What apptainer and a shell print when a tool did not run although the whole may have ended with 0.

Apptainer writes ``%-8s`` of the level and a colon (pkg/sylog/sylog.go), its starter ``%-7s:``
(cmd/starter/c/message.c); ``--silent`` in Neurodesk's wrappers leaves FATAL and ERROR. Shells write
``name: not found`` after their own name (dash) or ``name: command not found`` (bash).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_FATAL = re.compile(r"(?:FATAL|ABORT)(?::   |  : )\S")
_ERROR = re.compile(
    r"ERROR(?::   |  : )(?=\S).*\b(?:container|image|mount|bind|squashfs|fuse|overlay|exec\w*|namespaces?|"
    r"starter|process|unable|could not|cannot|can't|failed|failure|no such|not found|denied|permission|"
    r"invalid|missing)",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(
    r"error|fail|cannot|can't|could not|unable|not found|no such|denied|invalid|fatal|abort|exception|"
    r"licen[sc]e|killed|usage|no space",
    re.IGNORECASE,
)
_WHY = r"(?P<why>command not found|Permission denied|No such file or directory|cannot execute\b.*)"
_SH = re.compile(
    r"(?:\S*/)?(?:da|a)?sh: (?:line )?(?P<line>\d+): (?:\S*/)?(?P<name>[^\s:]+): "
    r"(?P<why>(?:command )?not found|Permission denied)"
)
_BASH = re.compile(r"\S+: line (?P<line>\d+): (?P<name>[^\s:]+): " + _WHY)
_BASH_MISSING = re.compile(r"(?:\S*/)?-?bash: (?:line (?P<line>\d+): )?(?P<name>[^\s:]+): command not found")
TAIL = 5


class Missing(NamedTuple):
    """A shell's complaint about a command: its name, the line from 1, and the complaint itself."""

    name: str
    line: int
    text: str


def clean(text: str) -> list[str]:
    """Return the lines that are not empty, without colours and carriage returns."""
    lines = (_COLOUR.sub("", line).rstrip() for line in re.split(r"[\r\n]+", text))
    return [line for line in lines if line.strip()]


def tail(text: str, count: int = TAIL) -> list[str]:
    """Return the last lines that are not empty."""
    return clean(text)[-count:]


def fatal(text: str, source: str = "") -> list[str]:
    """Return apptainer's lines for "nothing was run", but not those that the source itself contains."""
    return [line for line in clean(text) if _FATAL.match(line) and line.strip() not in source]


def errors(text: str, source: str = "") -> list[str]:
    """Return apptainer's error lines, and bash's complaints about commands inside a tool's own scripts."""
    return [
        line
        for line in clean(text)
        if (_ERROR.match(line) or _BASH.fullmatch(line)) and line.strip() not in source
    ]


def complaints(text: str, name: str) -> list[str]:
    """Return the lines that a command has most likely complained in: its own name before all other."""
    found = clean(text)
    own = [line for line in found if re.match(rf"(?:\S*/)?{re.escape(name)}\b\S*:", line)]
    return own or [line for line in found if _COMPLAINT.search(line)]


def missing(text: str) -> list[Missing]:
    """Return what ``/bin/sh`` or a bash did not find."""
    found = []
    for line in clean(text):
        if match := _SH.fullmatch(line) or _BASH_MISSING.fullmatch(line):
            found.append(Missing(match["name"], int(match["line"] or 0), line))
    return found
