"""A pipeline file cannot have files read that lie elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from elyra_neurodesk.validate.errors import InputFileUnusable
from elyra_neurodesk.validate.files import read_input


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret", "utf-8")
    (root / "sub/a.txt").write_bytes("é\r\n".encode())
    (root / "binary").write_bytes(b"\xff\xfe\x00")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "inner").symlink_to(root / "sub/a.txt")
    (root / "loop").symlink_to(root / "loop")
    return root


@pytest.mark.parametrize("path", ["sub/a.txt", "./sub/../sub/a.txt", "inner"])
def test_a_text_file_below_the_root_is_read(root: Path, path: str) -> None:
    assert read_input(root, path, "Input") == "é\r\n"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../secret", "not below"),
        ("/etc/hostname", "not below"),
        ("link", "not below"),
        ("none", "No such file"),
        ("sub", "Is a directory"),
        ("binary", "not UTF-8"),
        ("loop", "cannot be read"),
        ("x" * 300, "too long"),
        ("nul\0", "cannot be read"),
    ],
)
def test_anything_else_is_refused_in_one_line(root: Path, path: str, reason: str) -> None:
    with pytest.raises(InputFileUnusable, match=rf"^ND-FIELD-014: Input takes the file '.*{reason}") as error:
        read_input(root, path, "Input")
    assert str(error.value).isprintable()
