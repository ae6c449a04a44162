"""Text for people's terminals: the console, states in colour, names without markup, a busy sign."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext

from rich.console import Console
from rich.text import Text

UNWRAPPED = 10_000
"""Characters: more than any row of ours has."""

_COLOURS = {
    "SUCCEEDED": "green",
    "RUNNING": "cyan",
    "FAILED": "bold red",
    "ERROR": "bold red",
    "CANCELED": "yellow",
    "CANCELING": "yellow",
    "SKIPPED": "dim",
    "PENDING": "dim",
}


def console(stderr: bool = False) -> Console:
    """Return a console that wraps at the terminal's width, and not at all where there is no terminal.

    There `grep` must find a message in one line.
    """
    stream = sys.stderr if stderr else sys.stdout
    if stream.isatty():
        return Console(stderr=stderr, highlight=False)
    return Console(stderr=stderr, highlight=False, width=UNWRAPPED)


def busy(what: str) -> AbstractContextManager[object]:
    """Return a context that shows what is being done, on a terminal."""
    return console(stderr=True).status(f"{what} …") if sys.stderr.isatty() else nullcontext()


def plain(text: str) -> Text:
    """Return text that came from elsewhere as it is: no markup, and no control characters."""
    return Text("".join(letter if letter.isprintable() else " " for letter in text))


def state(name: str) -> Text:
    """Return a state in its colour."""
    return Text(name, style=_COLOURS.get(name, ""))
