import os
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
    ("text", "message"),
    [
        ("colour: blue", ": the setting 'colour' is unknown; there are claims, parallelism, "),
        ("7: blue", ": the setting '7' is unknown; there are claims, "),
        ("cpus: lots", ": cpus is 'lots'; it must be a number."),
        ("cpus: .nan", ": cpus is nan; it must be a number from 0 to 10000."),
        ("cpus: .inf", ": cpus is inf; it must be a number from 0 to 10000."),
        ("cpus: -0.5", ": cpus is -0.5; it must be a number from 0 to 10000."),
        ("cpus: true", ": cpus is True; it must be a number."),
        ("cpus:", ": cpus is None; it must be a number."),
        ("memory: lots", ": memory is 'lots'; it must be a size such as 8Gi or 500Mi."),
        ("memory: -1Gi", ": memory is '-1Gi'; it must be a size such as 8Gi or 500Mi."),
        ("memory: .nan", ": memory is 'nan'; it must be a size such as 8Gi or 500Mi."),
        ("memory: [8Gi]", ": memory is ['8Gi']; it must be a text."),
        ("parallelism: -1", ": parallelism is -1; it must be a number from 0 to 10000."),
        ("parallelism: 1.5", ": parallelism is 1.5; it must be a whole number."),
        ("parallelism: many", ": parallelism is 'many'; it must be a whole number."),
        ("port: -5", ": port is -5; it must be a number from 0 to 65535."),
        ("port: 65536", ": port is 65536; it must be a number from 0 to 65535."),
        ("port: '80'", ": port is '80'; it must be a whole number."),
        ("grace_seconds: .inf", ": grace_seconds is inf; it must be a number from 0 to 3600."),
        ("claims: 3", ": claims is 3; it must be a mapping of names of PVCs to directories."),
        ("claims: [a]", ": claims is ['a']; it must be a mapping of names of PVCs to directories."),
        ("claims: {data: }", ": claims has None for 'data'; it must be a directory."),
        ("claims: {data: ''}", ": claims has '' for 'data'; it must be a directory."),
        ("- a", " is a list; it must be a mapping of settings."),
        ("text", " is a str; it must be a mapping of settings."),
        ("a: b: c", " cannot be read: mapping values are not allowed here"),
        ("a: \0", " cannot be read: unacceptable character #x0000"),
        ("[" * 50_000, " cannot be read: "),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_value_and_limit(
    home: Home, text: str, message: str
) -> None:
    home.config.write_text(text)
    with pytest.raises(InvalidConfig) as caught:
        load_config(home)
    assert caught.value.message.startswith(f"{home.config}{message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "# nothing", "{}", "cpus: 2", "memory: 1073741824", "parallelism: 0"])
def test_what_can_be_used_is_taken(home: Home, text: str) -> None:
    home.config.write_text(text)
    assert load_config(home).validated()


def test_a_config_that_is_not_text_or_not_a_file_is_one_error_and_is_not_waited_for(home: Home) -> None:
    home.config.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_config(home)
    home.config.unlink()
    os.mkfifo(home.config)
    with pytest.raises(InvalidConfig, match="it is not a regular file"):
        load_config(home)
    home.config.unlink()
    home.config.mkdir()
    with pytest.raises(InvalidConfig, match="it is not a regular file"):
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
