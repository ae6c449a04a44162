import stat
from pathlib import Path

import pytest

from elyra_neurodesk.backend.access_token import (
    TokenUnusable,
    ensure_token,
    page_session,
    proof,
    read_token,
    same,
)


def test_a_token_is_made_once_for_its_owner_alone_and_differs_between_homes(tmp_path: Path) -> None:
    first = ensure_token(tmp_path / "token")
    assert ensure_token(tmp_path / "token") == read_token(tmp_path / "token") == first
    assert ensure_token(tmp_path / "other") != first
    assert len(first) >= 43  # 32 bytes in base64
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_a_token_that_others_may_read_is_refused(tmp_path: Path) -> None:
    ensure_token(tmp_path / "token")
    (tmp_path / "token").chmod(0o644)
    with pytest.raises(TokenUnusable, match="others may read it"):
        ensure_token(tmp_path / "token")


def test_a_token_behind_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    ensure_token(tmp_path / "elsewhere")
    (tmp_path / "token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TokenUnusable):
        ensure_token(tmp_path / "token")


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff" * 50])
def test_a_damaged_token_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    (tmp_path / "token").chmod(0o600)
    with pytest.raises(TokenUnusable, match="token"):
        ensure_token(tmp_path / "token")


def test_a_missing_token_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(TokenUnusable, match="local up"):
        read_token(tmp_path / "token")


def test_any_texts_are_compared() -> None:
    assert same("ü", "ü")
    assert not same("\udcff", "ü")
    assert not same("", "a")


def test_nothing_derived_is_the_token_or_holds_for_another_purpose() -> None:
    derived = {
        page_session("t"),
        proof("t", 1, "a"),
        proof("t", 2, "a"),
        proof("t", 1, "b"),
        proof("u", 1, "a"),
    }
    assert len(derived) == 5
    assert "t" not in derived
