import os
import pty
from pathlib import Path

import pytest

from elyra_neurodesk.cli.terminal import LogWriter, harmless


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ü 脑\n\tx\r50 %\r\n", "plain ü 脑\n\tx\r50 %\r\n"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b]52;c;cm0gLXJm\x1b\\", "\\x1b]52;c;cm0gLXJm\\x1b\\"),
        ("\x1b[2J\x1b[1;1H", "\\x1b[2J\\x1b[1;1H"),
        ("\x9b6n\x90q\x7f\x00", "\\x9b6n\\x90q\\x7f\\x00"),
        ("gpj\u202etxt.exe", "gpj\\u202etxt.exe"),
        ("\x1b[31;1mred\x1b[0m", "\x1b[31;1mred\x1b[0m\x1b[0m"),
        ("\x1b[8mhidden", "\x1b[8mhidden\x1b[0m"),
    ],
)
def test_a_terminal_shows_escape_sequences_but_colours_and_obeys_none(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_a_log_is_harmless_on_a_terminal_and_as_it_was_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pieces = [b"\x1b]0;title\x07\xe8\x84", b"\x91\xff\n"]
    reader, writer = pty.openpty()
    with os.fdopen(writer, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        log = LogWriter()
        for piece in pieces:
            log.write(piece)
        shown = b""
        while not shown.endswith(b"\n"):  # a read may give one write, or several
            shown += os.read(reader, 100)
        assert shown == "\\x1b]0;title\\x07脑�\r\n".encode()
    os.close(reader)
    with (tmp_path / "log").open("w", encoding="utf-8") as file:
        monkeypatch.setattr("sys.stdout", file)
        log = LogWriter()
        for piece in pieces:
            log.write(piece)
    assert (tmp_path / "log").read_bytes() == b"".join(pieces)
