import stat
from pathlib import Path

import pytest

from elyra_neurodesk.backend.home import BackendState, Home, HomeUnusable, find_home
from elyra_neurodesk.backend.process_handle import ProcessHandle


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_in_the_home_is_its_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "home")
    home.make()
    home.write_state(BackendState(ProcessHandle(1, 2), 5))
    assert mode(home.path) == 0o700
    assert mode(home.store / "neurodesk") == 0o700
    assert mode(home.path / "state.json") == 0o600


@pytest.mark.parametrize("text", ["", "{", "{}", '{"server": 1}', "[]"])
def test_a_damaged_state_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert Home(tmp_path).state() is None


def test_state_comes_back_as_written(tmp_path: Path) -> None:
    state = BackendState(ProcessHandle(1, 2), 8898)
    Home(tmp_path).write_state(state)
    assert Home(tmp_path).state() == state
    assert state.api_url == "http://127.0.0.1:8898/pipeline"


def test_the_home_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ELYRA_NEURODESK_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert find_home().path == tmp_path / "elyra-neurodesk" / "local"
    monkeypatch.setenv("ELYRA_NEURODESK_HOME", str(tmp_path / "env"))
    assert find_home().path == tmp_path / "env"
    assert find_home(tmp_path / "given").path == tmp_path / "given"


def test_a_home_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeUnusable, match="cannot be used"):
        Home(tmp_path / "file" / "home").make()
