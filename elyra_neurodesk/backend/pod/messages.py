"""The one line of a log that says why a task failed."""

from __future__ import annotations

import re
from pathlib import Path

LIMIT = 500
_TAIL = 65536
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_CODED = re.compile(r"ND-[A-Z]+-[0-9]{3}\b")
_CODED_WITHIN = re.compile(r"\bND-[A-Z]+-[0-9]{3}: ")
_ERROR = re.compile(
    r"\b(\w*(Error|Exception)\b|(?i:error|fatal|fail(ed|ure)|denied|not found|no such|cannot|killed))"
)


def error_line(log: Path) -> str:
    """Return the last line of a log that looks like an error, at most 500 characters, "" for no log.

    A line that starts with one of this project's codes (ND-…) comes first, then one that has such a code,
    then one with a word for an error, then the last line of any kind.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    lines = [" ".join(_COLOUR.sub("", line).split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    for matches in (_CODED.match, _CODED_WITHIN.search, _ERROR.search, bool):
        for line in reversed(lines):
            if matches(line):
                return shorten(line)
    return ""


def shorten(line: str) -> str:
    """Return a line of at most 500 characters."""
    line = " ".join(line.split())
    return line if len(line) <= LIMIT else f"{line[: LIMIT - 1]}…"
