"""The first commands on a machine where nothing is set up: which configuration they take, who starts it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from elyra_neurodesk.backend.config import CVMFS_CLAIM, Config, save_config
from elyra_neurodesk.backend.home import Home
from tests.support.backend import CONFIG, Backend, running_backend
from tests.support.pipelines import notebook_node, write_pipeline

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "runtime-configs"
STARTED = "The embedded backend is down: starting it"


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Backend]:
    """A home without runtime configurations, whose backend was never up."""
    with running_backend(tmp_path, up=False) as made:
        home = Home(made.path)
        home.make()
        save_config(home, Config(claims={CVMFS_CLAIM: str(made.tree)}, port=made.port))
        shutil.copytree(
            ROOT / "runtime-images", made.jupyter.home / ".local/share/jupyter/metadata/runtime-images"
        )
        yield made


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A pipeline of one script, which is beside it."""
    (tmp_path / "hello.py").write_text("print('hello')\n", "utf-8")
    return write_pipeline(tmp_path / "study.pipeline", [notebook_node("hello", "hello.py")])


def install(machine: Backend, *names: str) -> None:
    """Have runtime configurations as the wheel and `config create` write them."""
    folder = machine.jupyter.home / ".local/share/jupyter/metadata/runtimes"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(SAMPLES / f"{name}.json", folder)


def is_up(machine: Backend) -> bool:
    return bool(machine.read("local", "status")["up"])


def test_submit_starts_the_backend_and_makes_its_configuration(machine: Backend, study: Path) -> None:
    done = machine.cli("submit", str(study.with_name("hello.py")), "--watch", "--json", check=True)
    assert json.loads(done.stdout)["run"]["state"] == "SUCCEEDED"
    assert done.stderr.count(STARTED) == 1
    # what is up is not started again, and is the default among several
    install(machine, "neurodesk_minikube", "neurodesk_wsl2")
    again = machine.cli("submit", str(study), "--json", check=True)
    assert STARTED not in again.stderr
    assert machine.wait(json.loads(again.stdout)["run_id"])["state"] == "SUCCEEDED"
    assert len(machine.read("runs", "list")) == 2
    # what is down is not
    machine.cli("local", "down", check=True)
    listed = machine.cli("runs", "list")
    assert listed.returncode == 1
    assert listed.stderr.startswith("ND-CONFIG-010: there are 3 neurodesk runtime configurations; ")
    for name in ("neurodesk_minikube", "neurodesk_wsl2", CONFIG):
        assert f"{name} (neurodesk)" in listed.stderr


@pytest.mark.parametrize("file", ["hello.py", "study.pipeline"])
def test_with_no_start_nothing_is_started(machine: Backend, study: Path, file: str) -> None:
    install(machine, CONFIG)
    done = machine.cli("submit", str(study.with_name(file)), "--no-start")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ND-LOCAL-041: the backend of runtime configuration '{CONFIG}' is down.")
    assert not is_up(machine)


def test_run_pipeline_starts_the_backend_of_the_configuration_that_is_installed(
    machine: Backend, study: Path
) -> None:
    install(machine, CONFIG)
    # what JupyterLab's Run Pipeline and Elyra's command line have in common is the processor
    done = machine.jupyter.run(
        *("elyra-pipeline", "submit", study.name, "--runtime-config", CONFIG, "--json"), cwd=study.parent
    )
    told = re.search(r"\{.*\}", done.stdout, re.DOTALL)
    assert told, done.stdout
    assert is_up(machine)
    assert machine.wait(json.loads(told.group())["run_id"])["state"] == "SUCCEEDED"


def test_export_names_the_file_after_the_pipeline_and_replaces_nothing(machine: Backend, study: Path) -> None:
    machine.up("--port", str(machine.port))
    for form, name in (("yaml", "study.yaml"), ("py", "study_dsl.py")):
        file = study.with_name(name)
        done = machine.cli("export", str(study), "--format", form, check=True)
        assert done.stdout == f"{file}\n"
        text = file.read_text("utf-8")
        refused = machine.cli("export", str(study), "--format", form)
        assert refused.stderr.startswith(f"ND-EXPORT-001: File '{file}' exists already.")
        file.write_text("", "utf-8")
        machine.cli("export", str(study), "--format", form, "--overwrite", check=True)
        assert file.read_text("utf-8") == text
    packages = list(yaml.safe_load_all(study.with_name("study.yaml").read_text("utf-8")))
    assert packages[0]["pipelineInfo"]["name"] == "study"
