"""Goldens that differ are seen to differ."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden import compare
from tests.golden.support import plain_layout


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(compare, "STORED", tmp_path)
    monkeypatch.delenv(compare.UPDATE, raising=False)
    (tmp_path / "group").mkdir()
    (tmp_path / "group/a.txt").write_text("one\ntwo\n", "utf-8")
    return tmp_path


def test_equal_files_pass(stored: Path) -> None:
    compare.assert_golden("group", {"a.txt": "one\ntwo\n"})


@pytest.mark.parametrize(
    ("made", "line"),
    [
        ({"a.txt": "one\nthree\n"}, "+three"),
        ({"a.txt": "one\ntwo\n", "b.txt": "new\n"}, "+++ made/b.txt"),
        ({"b.txt": "one\ntwo\n"}, "--- stored/a.txt"),
        ({"a.txt": "one\ntwo"}, "a.txt: differs in line ends"),
        ({"a.txt": "one\ntwo\n", "b.txt": ""}, "b.txt: differs in line ends"),
    ],
)
def test_a_changed_new_or_missing_file_fails_with_a_diff(
    stored: Path, made: dict[str, str], line: str
) -> None:
    with pytest.raises(AssertionError, match="`make goldens` rewrites them") as problem:
        compare.assert_golden("group", made)
    assert line in str(problem.value).splitlines()


def test_a_group_of_nothing_fails(stored: Path) -> None:
    with pytest.raises(AssertionError, match="nothing was made"):
        compare.assert_golden("group", {})


def test_updating_stores_what_was_made_and_removes_the_rest(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(compare.UPDATE, "1")
    compare.assert_golden("group", {"sub/b.txt": "é\n"})
    assert compare.texts(stored / "group") == {"sub/b.txt": "é\n"}


def test_layout_and_comments_are_all_that_programs_lose() -> None:
    assert plain_layout("f(b = 1, a=2)  # x\n") == plain_layout("f(\n    b=1,\n    a=2,\n)\n")
    assert plain_layout("f(a=1)\n") != plain_layout("f(a=2)\n")
    assert plain_layout("x = {'b': 1, 'a': 2}\n") != plain_layout("x = {'a': 2, 'b': 1}\n")
