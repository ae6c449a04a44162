from __future__ import annotations

import io
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.log import Log, write_termination_message


def test_what_is_said_before_the_file_is_known_is_in_the_file(tmp_path: Path) -> None:
    stream = io.StringIO()
    log = Log(stream)
    log.say("one")
    log.attach(tmp_path / "x.log")
    log.write("no line end")
    log.say("two")
    log.error("ND-X-001: three")
    expected = "neurodesk: one\nno line end\nneurodesk: two\nND-X-001: three\n"
    assert stream.getvalue() == expected
    assert (tmp_path / "x.log").read_text() == expected


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_ends_the_file_but_not_the_stream() -> None:
    stream = io.StringIO()
    log = Log(stream)
    log.attach(Path("/dev/full"))
    log.say("one")
    log.say("two")
    assert stream.getvalue().splitlines()[::2] == ["neurodesk: one", "neurodesk: two"]
    assert "the log file /dev/full ends here" in stream.getvalue()


def test_the_termination_message_goes_only_to_a_file_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "termination-log"
    write_termination_message("x", path)
    assert not path.exists()
    path.touch()
    write_termination_message("é" * 5000, path)
    assert path.stat().st_size == 4096
