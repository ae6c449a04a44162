"""What is said of undeclared files."""

from __future__ import annotations

import pytest

from elyra_neurodesk.record.model import NotKept, StoredFile, UnkeptFile
from elyra_neurodesk.record.undeclared import kept_sentence, not_kept_sentence


def lost(*names: str, files: int = 0, **more: object) -> NotKept:
    values = {"complete": True, "problem": "", **more}
    named = tuple(UnkeptFile(name, 1 << 30, "file limit") for name in names)
    return NotKept(files or len(names), 1_288_490_189, named, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (lost("a"), "1 file was not kept: a, 1.2 GiB; declare it under Output Files"),
        (lost("a", "b"), "2 files were not kept: a, b, 1.2 GiB; declare them under Output Files"),
        (
            lost("a", "b", "c", "d", files=100_000),
            "100,000 files were not kept: a, b, c and 99,997 more, 1.2 GiB; declare them under Output Files",
        ),
        (
            lost("a", problem="ND-STORE-102: full"),
            "1 file was not kept: a, 1.2 GiB (ND-STORE-102: full); declare it under Output Files",
        ),
        (
            lost("a\x1b[2J\nb", complete=False),
            "at least 1 file was not kept: a\\x1b[2J b, 1.2 GiB; declare it under Output Files",
        ),
    ],
)
def test_a_line_counts_and_names_what_was_not_kept_and_says_what_to_do(what: NotKept, sentence: str) -> None:
    assert not_kept_sentence(what) == sentence


def test_a_line_says_where_kept_files_are_and_that_no_other_node_gets_them() -> None:
    files = tuple(StoredFile(name, f"k/{name}", 512, "0" * 64) for name in ("a", "b"))
    assert kept_sentence(files[:1]) == (
        "1 undeclared file was kept in undeclared/, 512 B; declare it under Output Files for later nodes to "
        "use"
    )
    assert kept_sentence(files).startswith(
        "2 undeclared files were kept in undeclared/, 1.0 KiB; declare them"
    )
