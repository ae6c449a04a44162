import os
import stat
from pathlib import Path

import pytest

from elyra_neurodesk.backend.pod import scratch
from elyra_neurodesk.backend.pod.scratch import make_scratch, remove_scratch

LONG = "a-directory-with-a-long-name-" * 4


@pytest.fixture
def system_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a directory that stands for /tmp."""
    shared = tmp_path / "t"
    shared.mkdir()
    monkeypatch.setattr(scratch, "_SYSTEM_TMP", shared)
    return shared


@pytest.fixture
def attempt(tmp_path: Path) -> Path:
    made = tmp_path / LONG
    made.mkdir()
    return made


def test_a_long_path_gets_a_short_name_in_a_directory_of_this_user_alone(
    system_tmp: Path, attempt: Path
) -> None:
    name = Path(make_scratch(attempt))
    assert name.readlink() == attempt / "tmp"
    assert name.parent == system_tmp / f"nd-{os.geteuid()}"
    assert stat.S_IMODE(name.parent.stat().st_mode) == 0o700
    assert make_scratch(attempt) == str(name)
    remove_scratch(attempt, work=True)
    assert list(name.parent.iterdir()) == []


def test_a_directory_that_others_may_use_is_not_used(system_tmp: Path, attempt: Path) -> None:
    private = system_tmp / f"nd-{os.geteuid()}"
    private.mkdir()
    private.chmod(0o777)
    assert make_scratch(attempt) == str(attempt / "tmp")
    assert list(private.iterdir()) == []


def test_a_directory_that_became_open_to_others_is_not_trusted_again(system_tmp: Path, attempt: Path) -> None:
    link = Path(make_scratch(attempt))
    link.parent.chmod(0o755)
    assert make_scratch(attempt) == str(attempt / "tmp")


def test_a_link_in_the_directorys_place_is_not_followed(system_tmp: Path, attempt: Path) -> None:
    elsewhere = system_tmp / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (system_tmp / f"nd-{os.geteuid()}").symlink_to(elsewhere)
    assert make_scratch(attempt) == str(attempt / "tmp")
    assert list(elsewhere.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another account")
def test_a_directory_of_another_account_is_not_used(system_tmp: Path, attempt: Path) -> None:
    theirs = system_tmp / f"nd-{os.geteuid()}"
    theirs.mkdir(mode=0o700)
    os.chown(theirs, 65534, 65534)
    assert make_scratch(attempt) == str(attempt / "tmp")


def test_a_short_path_needs_no_link(
    system_tmp: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_MAX_TMP_BYTES", 4000)
    assert make_scratch(tmp_path / "a") == str(tmp_path / "a" / "tmp")
    assert list(system_tmp.iterdir()) == []
