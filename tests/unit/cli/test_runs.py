"""``elyra-neurodesk runs``: what is refused before anything is connected to."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.cli.main import run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["logs", "latest", "--follow", "--json"], "--follow and --json cannot be used together."),
        (["logs", "latest", "--follow", "--tail", "3"], "--follow and --tail cannot be used together."),
        (["outputs", "latest", "--overwrite"], "--overwrite needs --download DIRECTORY."),
        (["record", "latest", "--overwrite"], "--overwrite needs --output FILE."),
        (["retry", "latest", "--timeout", "3"], "--timeout needs --watch."),
        (["delete"], "Missing argument 'RUN...'."),
        (["prune", "--yes"], "Missing option '--older-than'."),
        (["prune", "--older-than", "30"], "'30' is not a number with m, h, d or w, such as 30d."),
        (["prune", "--older-than", "-1d"], "'-1d' is not a number with m, h, d or w, such as 30d."),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["runs", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_record_is_not_written_over_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    there = tmp_path / "record.json"
    there.write_text("mine")
    assert run(["runs", "record", "latest", "--output", str(there)]) == 1
    assert capsys.readouterr().err.startswith(f"ND-RECORD-001: {there} exists already. ")
    assert there.read_text() == "mine"
