"""The directory that ``local up --claim`` names is Neurodesk's repository for all commands, or absent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.backend import Backend, running_backend
from tests.support.neurodesk_tree import Tool, make_tree

IMAGE = "example.org/neurodesktop:1"


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with running_backend(tmp_path_factory.mktemp("backend"), up=False) as made:
        # nothing of the environment names a tree or a list, and no list is fetched
        for name in ("NEURODESK_CVMFS_ROOT", "NEURODESK_APPS_JSON"):
            made.jupyter.env.pop(name, None)
        yield made


def use(backend: Backend, tree: Path) -> None:
    """Have the backend up with this directory as its claim, and nothing else."""
    backend.tree = tree
    backend.cli("local", "down", check=True)
    backend.up("--port", str(backend.port))


def submit(backend: Backend, file: Path, *options: str) -> Any:
    return backend.cli("submit", str(file), *options, "--image", IMAGE, "--watch", "--json")


def test_a_claim_without_modules_is_told_as_absent_and_only_what_needs_none_runs(
    backend: Backend, tmp_path: Path
) -> None:
    empty = tmp_path / "claim"
    (empty / "neurodesk-modules").mkdir(parents=True)
    use(backend, empty)
    absent = f"{empty} holds no modules"
    plain, needy = tmp_path / "plain.py", tmp_path / "needy.py"
    plain.write_text("print(6 * 7)\n", "utf-8")
    needy.write_text("import module\nmodule.load('hello/1.0')\n", "utf-8")

    done = submit(backend, plain)
    said = json.loads(done.stdout)
    assert said["run"]["state"] == "SUCCEEDED"
    line = f"this machine has no Neurodesk repository ({absent}): its tasks run without modules"
    assert [text for text in done.stderr.splitlines() if "repository" in text] == [
        f"Pipeline 'plain': {line}"
    ]
    assert "\n42\n" in backend.outputs(said)["plain-py/plain.log"].decode()

    runs = len(backend.runs())
    for file, options in ((needy, []), (plain, ["--modules", "hello/1.0"])):
        refused = submit(backend, file, *options)
        assert refused.returncode == 1
        (line,) = [text for text in refused.stderr.splitlines() if text.startswith("ND-")]
        assert line.startswith(f"ND-SUBMIT-011: Pipeline '{file.stem}' needs the modules hello/1.0, ")
        ways = (f"no Neurodesk repository: {absent}.", "Mount CVMFS (https://neurodesk.org says how)")
        for way in (
            *ways,
            "`elyra-neurodesk local up --claim cvmfs-neurodesk=DIRECTORY`",
            "--runtime-config",
        ):
            assert way in line
    assert len(backend.runs()) == runs


def test_list_check_and_tasks_see_the_modules_of_the_claim(backend: Backend, tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", [Tool("fsl", "6.0.4", "20210105", {"bet": "echo brain"})])
    use(backend, tree)
    file = tmp_path / "bet.py"
    file.write_text("import subprocess\nsubprocess.run(['bet'], check=True)\n", "utf-8")
    done = submit(backend, file, "--modules", "fsl/6.0.4")
    said = json.loads(done.stdout)
    assert said["run"]["state"] == "SUCCEEDED"
    assert "brain" in backend.outputs(said)["bet-py/bet.log"].decode()
    up = modules(backend, tree)
    assert up == ["fsl/6.0.4"]
    report = backend.read("check", str(file), "--modules", "fsl/6.0.4", "--image", IMAGE)
    assert [use["resolved"] for use in report["modules"]] == up
    # registered is enough, also beside other configurations
    backend.cli("local", "down", check=True)
    assert modules(backend, tree) == up
    backend.jupyter.runtime_config("cluster", api_endpoint="http://k:1", cos_endpoint="http://s:1")
    assert modules(backend, tree) == up


def modules(backend: Backend, tree: Path) -> list[str]:
    """Return the modules that ``list``, ``search`` and ``show`` agree on."""
    found = []
    for words in (["list"], ["search", "fsl"], ["show", "fsl"]):
        said = backend.read("modules", *words)
        assert (said["origin"]["kind"], said["origin"]["place"]) == ("tree", str(tree))
        found.append([entry["module"] for entry in said["modules"]])
    assert found[0] == found[1] == found[2]
    return found[0]
