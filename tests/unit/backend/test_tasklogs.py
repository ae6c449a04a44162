"""Log files of tasks: the end of a file, and what was added to it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from elyra_neurodesk.backend import tasklogs
from elyra_neurodesk.backend.db.catalog import Catalog
from elyra_neurodesk.backend.db.database import Database
from elyra_neurodesk.backend.db.rows import AVAILABLE, RunRow, TaskRow, now
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import SUCCEEDED
from elyra_neurodesk.backend.tasklogs import LogReader, print_logs, tail_offset


@pytest.mark.parametrize("piece", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("content", "lines", "expected"),
    [
        (b"", 2, b""),
        (b"one", 2, b"one"),
        (b"one\n", 1, b"one\n"),
        (b"one\ntwo", 1, b"two"),
        (b"one\ntwo\n", 1, b"two\n"),
        (b"one\ntwo\nthree\n", 2, b"two\nthree\n"),
        (b"one\n\n", 1, b"\n"),
        (b"\n\n\n", 2, b"\n\n"),
        (b"one\ntwo\n", 9, b"one\ntwo\n"),
    ],
)
def test_the_last_lines_are_found_from_the_end(
    monkeypatch: pytest.MonkeyPatch, content: bytes, lines: int, expected: bytes, piece: int
) -> None:
    monkeypatch.setattr(tasklogs, "_PIECE", piece)
    assert content[tail_offset(io.BytesIO(content), lines) :] == expected


@pytest.fixture
def runs(tmp_path: Path) -> RunStore:
    """Return a database with one run that has ended, of the task ``a`` in ``tmp_path``."""
    database = Database(tmp_path / "db.sqlite")
    experiment = Catalog(database).ensure_default_experiment()
    made = RunStore(database)
    run = RunRow("r", experiment, "r", "", "", "", "p", "", {}, SUCCEEDED, AVAILABLE, now())
    made.add(run, "text", [TaskRow("r", "a", 0, "a", (), SUCCEEDED, 1, directory=str(tmp_path))])
    return made


@pytest.mark.parametrize("piece", [1, 2, 1000])
def test_logs_are_printed_under_headings_with_their_characters_whole(
    monkeypatch: pytest.MonkeyPatch, runs: RunStore, tmp_path: Path, piece: int
) -> None:
    monkeypatch.setattr(tasklogs, "_PIECE", piece)
    (tmp_path / "main.log").write_text("größe\nno end", "utf-8")
    (tmp_path / "pod.log").write_text("pod\n", "utf-8")
    written: list[str] = []
    print_logs(LogReader(runs, runs.run("r")), False, written.append)
    assert "".join(written) == "==> a: main.log <==\ngröße\nno end\n==> a: pod.log <==\npod\n"
    written.clear()
    print_logs(LogReader(runs, runs.run("r"), tail=1), False, written.append)
    assert "".join(written) == "==> a: main.log <==\nno end\n==> a: pod.log <==\npod\n"


def test_only_what_was_added_is_read_again(runs: RunStore, tmp_path: Path) -> None:
    reader = LogReader(runs, runs.run("r"))
    log = tmp_path / "main.log"
    log.write_bytes(b"one\n")
    assert list(reader.new_lines()) == [("a", "main.log", "one\n")]
    assert list(reader.new_lines()) == []
    log.write_bytes(b"one\ntwo\n")
    assert list(reader.new_lines()) == [("a", "main.log", "two\n")]
