"""Text from elsewhere on a terminal: what a terminal would act on is shown as an escape, colours are kept."""

from __future__ import annotations

import codecs
import re
import sys

import click

# select graphic rendition (ECMA-48, 8.3.117): colours and weights, and nothing else
_COLOURS = r"\x1b\[[0-9;:]*m"
# control characters but tab, line feed and carriage return; marks of the direction of writing
_ACTIVE = re.compile(rf"({_COLOURS})|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_RESET = "\x1b[0m"


class LogWriter:
    """Writes the pieces of one log to standard output.

    To a terminal, `harmless`; to a file or a pipe as they are: programs want what the task wrote.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def write(self, piece: bytes) -> None:
        """Write the next piece."""
        if sys.stdout.isatty():
            write_text(self._decoder.decode(piece))
        else:
            stream = click.get_binary_stream("stdout")
            stream.write(piece)
            stream.flush()


def write_text(text: str) -> None:
    """Write a piece of a log to standard output, `harmless` if that is a terminal."""
    sys.stdout.write(harmless(text) if sys.stdout.isatty() else text)
    sys.stdout.flush()


def harmless(text: str) -> str:
    """Return text with which a terminal does nothing but show it.

    Colours stay, and end with the text. Every other escape sequence (window titles, clipboard, reports,
    cursor movement) becomes visible, ``\\x1b]0;title\\x07``.
    """
    shown = _ACTIVE.sub(lambda found: found[1] or found[0].encode("unicode_escape").decode(), text)
    return f"{shown}{_RESET}" if "\x1b" in shown else shown
