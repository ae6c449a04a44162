"""Which runtime configuration a command takes when none is named, the embedded backend being down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from jupyter_core import paths

from elyra_neurodesk.cli.main import COMMANDS, Session, cli, run
from elyra_neurodesk.elyra_adapter import runtime_configurations
from elyra_neurodesk.elyra_adapter.runtime_configurations import (
    AmbiguousRuntimeConfiguration,
    UnknownRuntimeConfiguration,
    default_runtime_configuration,
)
from elyra_neurodesk.settings import THIS_MACHINE

ROOT = Path(__file__).parents[3]
INSTALLED = json.loads((ROOT / f"runtime-configs/{THIS_MACHINE}.json").read_text("utf-8"))
REGISTERED = {
    "backend_home": "/home/me/.local/share/elyra-neurodesk/local",
    "api_endpoint": "http://127.0.0.1:9",
}


class Configurations:
    """Writes runtime configurations to the only directory that is searched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, schema: str = "neurodesk", **metadata: Any) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {**INSTALLED, "display_name": name, "schema_name": schema}
        content["metadata"] = {
            **INSTALLED["metadata"],
            "cos_username": "somebody",
            "cos_password": "password-of-8",
            **metadata,
        }
        (self.folder / f"{name}.json").write_text(json.dumps(content), "utf-8")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configurations:
    monkeypatch.delenv("ELYRA_METADATA_PATH", raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(paths, "SYSTEM_JUPYTER_PATH", [])
    monkeypatch.setattr(paths, "ENV_JUPYTER_PATH", [])
    monkeypatch.chdir(tmp_path)
    return Configurations(tmp_path / "data/metadata/runtimes")


def test_the_only_one_is_taken_whatever_is_down(there: Configurations) -> None:
    there.add(THIS_MACHINE, **REGISTERED)
    there.add("elyras", "kfp")
    assert default_runtime_configuration().name == THIS_MACHINE


def test_this_machines_counts_only_once_its_backend_was_started(there: Configurations) -> None:
    there.add(THIS_MACHINE)  # as the wheel installs it
    assert default_runtime_configuration().name == THIS_MACHINE
    there.add("cluster")
    assert default_runtime_configuration().name == "cluster"
    there.add(THIS_MACHINE, **REGISTERED)
    with pytest.raises(AmbiguousRuntimeConfiguration) as caught:
        default_runtime_configuration()
    assert caught.value.message == (
        "there are 2 neurodesk runtime configurations; those that exist: cluster (neurodesk), "
        f"{THIS_MACHINE} (neurodesk)."
    )


def test_this_machines_is_taken_among_several_when_its_backend_is_up(
    there: Configurations, monkeypatch: pytest.MonkeyPatch
) -> None:
    # tests/integration/submit/test_first_commands.py shows it with a backend that is up
    monkeypatch.setattr(runtime_configurations, "is_up", lambda one: one.name == THIS_MACHINE)
    for name in ("a cluster", "another", THIS_MACHINE):
        there.add(name, **REGISTERED)
    assert default_runtime_configuration().name == THIS_MACHINE


def test_without_any_of_ours_those_of_elyra_are_named(there: Configurations) -> None:
    with pytest.raises(UnknownRuntimeConfiguration):
        default_runtime_configuration()
    there.add("elyras", "kfp")
    with pytest.raises(AmbiguousRuntimeConfiguration, match=r"elyras \(kfp\)"):
        default_runtime_configuration()


def commands(
    group: click.Group, words: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield each command that has subcommands of none, with the words that lead to it."""
    context = click.Context(group, obj=Session())
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, (*words, name))
        else:
            yield (*words, name), command


WITH_CONFIGURATION = {
    " ".join(words): command
    for words, command in commands(cli)
    # `cluster` commands take the name of one, to which they write
    if any(parameter.name == "runtime_config" for parameter in command.params) and words[0] != "cluster"
}


def test_every_group_is_looked_into() -> None:
    assert {line.split()[0] for line in WITH_CONFIGURATION} >= {"submit", "export", "check", "runs"}
    assert {words[0] for words, _ in commands(cli)} == set(COMMANDS)


@pytest.mark.parametrize("line", WITH_CONFIGURATION)
def test_each_command_says_which_there_are(
    there: Configurations, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    there.add("one")
    there.add("two")
    Path("one.py").write_text("print(1)\n", "utf-8")
    needed = [
        "one.py" if parameter.name in ("files", "file") else "a-run"
        for parameter in WITH_CONFIGURATION[line].params
        if isinstance(parameter, click.Argument) and parameter.required
    ]
    options = {"runs prune": ["--older-than", "1d"], "check": ["--image", "a/b:1"]}.get(line, [])
    status = run([*line.split(), *needed, *options])
    error = capsys.readouterr().err
    assert status == (0 if line == "check" else 1)  # a check can do without
    assert "there are 2 neurodesk runtime configurations" in error
    assert "one (neurodesk), two (neurodesk)" in error
    assert len(error.splitlines()) == 1
