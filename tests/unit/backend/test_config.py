from pathlib import Path

import pytest

from elyra_neurodesk.backend.config import (
    Config,
    InvalidConfig,
    load_config,
    load_secrets,
    machine,
    save_config,
)
from elyra_neurodesk.backend.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.make()
    return made


def test_settings_come_back_as_saved(home: Home) -> None:
    assert load_config(home) == Config()
    config = Config(parallelism=3, memory="8Gi", port=1234).with_claims(("data=/srv/data",))
    save_config(home, config)
    assert load_config(home) == config
    assert config.claims == {"cvmfs-neurodesk": "/cvmfs/neurodesk.ardc.edu.au", "data": "/srv/data"}


@pytest.mark.parametrize(
    "text", ["colour: blue", "cpus: lots", "memory: heaps", "parallelism: -1", "- a", "claims: 3", "a: b: c"]
)
def test_settings_that_cannot_be_used_are_refused(home: Home, text: str) -> None:
    home.config.write_text(text)
    with pytest.raises(InvalidConfig):
        load_config(home)


@pytest.mark.parametrize("text", ["data", "=/srv", "data="])
def test_a_claim_needs_a_name_and_a_directory(text: str) -> None:
    with pytest.raises(InvalidConfig, match="NAME=DIRECTORY"):
        Config().with_claims((text,))


def test_secrets_are_text(home: Home) -> None:
    assert load_secrets(home) == {}
    home.secrets.write_text("mine: {token: abc, number: 5}")
    home.secrets.chmod(0o600)
    assert load_secrets(home) == {"mine": {"token": "abc", "number": "5"}}


def test_a_setting_of_an_earlier_version_is_passed_over(home: Home) -> None:
    home.config.write_text("port: 8898\nstore_port: 8900\n")
    assert load_config(home) == Config(port=8898)


def test_secrets_that_others_may_read_are_refused(home: Home) -> None:
    home.secrets.write_text("mine: {token: abc}")
    home.secrets.chmod(0o644)
    with pytest.raises(InvalidConfig, match="read by others"):
        load_secrets(home)


def test_a_damaged_secrets_file_is_not_quoted(home: Home) -> None:
    home.secrets.write_text("mine: {token: hunter2")
    home.secrets.chmod(0o600)
    with pytest.raises(InvalidConfig) as caught:
        load_secrets(home)
    assert "hunter2" not in str(caught.value)


def test_the_machine_is_what_the_settings_say_or_what_there_is() -> None:
    assert machine(Config(cpus=1.5, memory="2Gi")).cpus == 1.5
    assert machine(Config(cpus=1.5, memory="2Gi")).memory == 2 * 2**30
    assert machine(Config()).cpus >= 1
    assert machine(Config()).memory > 2**26
