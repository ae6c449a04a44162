from pathlib import Path

import pytest

from elyra_neurodesk.backend.db.catalog import NotFound
from elyra_neurodesk.backend.pages.files import resolve_inside, stored_files, tail
from elyra_neurodesk.storage.partfile import part_beside

PART = part_beside(Path("a")).name


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    (made / "task").mkdir(parents=True)
    (made / "task" / "a.txt").write_text("a")
    (made / PART).write_text("half")
    (tmp_path / "secret").write_text("s")
    (made / "link").symlink_to(tmp_path / "secret")
    return made


def test_a_file_of_the_run_is_found(directory: Path) -> None:
    assert resolve_inside(directory, "task/a.txt").read_text() == "a"
    assert [file.path for file in stored_files(directory)] == ["task/a.txt"]


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "task/../../secret",
        "link",
        "/etc/passwd",
        "task",
        "",
        ".",
        pytest.param(PART, id="part"),
        "a\0b",
    ],
)
def test_nothing_outside_is_found(directory: Path, path: str) -> None:
    with pytest.raises(NotFound):
        resolve_inside(directory, path)


def test_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{number}\n" for number in range(100_000)))
    text, whole = tail(log, 3)
    assert (text, whole) == ("99997\n99998\n99999", False)
    log.write_bytes(b"one\n\xff")
    assert tail(log) == ("one\n�", True)
