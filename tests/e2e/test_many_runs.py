"""Many submissions at once are as many runs, and none touches another's outputs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.backend import Backend, Json
from tests.support.pipelines import notebook_node, write_pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SCRIPT = """\
import os
from pathlib import Path

Path("run.txt").write_text(os.environ["ELYRA_RUN_NAME"] + " " + os.environ["WHO"])
"""
CHILD = SCRIPT + 'assert Path("first.txt").read_text().split()[0] == os.environ["ELYRA_RUN_NAME"]\n'


def write_project(folder: Path, name: str, who: str) -> Path:
    """Write a pipeline of a script and its child, both of which write down which run they belong to."""
    folder.mkdir(exist_ok=True)
    (folder / "first.py").write_text(SCRIPT.replace("run.txt", "first.txt"), "utf-8")
    (folder / "second.py").write_text(CHILD, "utf-8")
    env = [{"env_var": "WHO", "value": who}]
    nodes = [
        notebook_node("first", "first.py", outputs=["first.txt"], env_vars=env),
        notebook_node("second", "second.py", ["first"], outputs=["run.txt"], env_vars=env),
    ]
    return write_pipeline(folder / f"{name}.pipeline", nodes)


def all_at_once(backend: Backend, files: list[Path]) -> list[Json]:
    """Submit every file in a process of its own, all at the same time, and return what each was told."""

    def submit(file: Path) -> Json:
        return backend.submit(file)

    with ThreadPoolExecutor(len(files)) as pool:
        return list(pool.map(submit, files))


def check_apart(backend: Backend, submissions: list[Json], who: list[str]) -> None:
    """Wait for all runs and check that each has its own id, directory and outputs."""
    assert len({made["run_id"] for made in submissions}) == len(submissions)
    assert len({made["run_name"] for made in submissions}) == len(submissions)
    assert len({made["object_storage_path"] for made in submissions}) == len(submissions)
    runs = {run["run_id"]: run for run in backend.runs()}
    for made, name in zip(submissions, who, strict=True):
        run = backend.wait(made["run_id"])
        assert run["state"] == "SUCCEEDED", run
        assert runs[made["run_id"]]["display_name"] == made["run_name"]
        outputs = backend.outputs(made)
        assert outputs["first/first.txt"].decode() == f"{made['run_id']} {name}"
        assert outputs["second/run.txt"].decode() == f"{made['run_id']} {name}"
        records = backend.records(made)
        assert {record["run_id"] for record in records.values()} == {made["run_id"]}
        assert set(records) == {"first", "second"}


def test_two_submissions_in_the_same_second_are_two_runs(backend: Backend, tmp_path: Path) -> None:
    files = [write_project(tmp_path / name, name, name) for name in ("one", "two")]
    check_apart(backend, all_at_once(backend, files), ["one", "two"])


def test_ten_submissions_at_once_are_ten_runs(backend: Backend, tmp_path: Path) -> None:
    """Half of them are of one name, so that they meet at the same pipeline and experiment."""
    who = [f"user{number}" for number in range(10)]
    files = [
        write_project(tmp_path / name, "same" if number % 2 else f"own-{number}", name)
        for number, name in enumerate(who)
    ]
    before = {run["run_id"] for run in backend.runs()}
    check_apart(backend, all_at_once(backend, files), who)
    assert len({run["run_id"] for run in backend.runs()} - before) == len(files)


def test_a_pipeline_submitted_twice_overwrites_nothing(backend: Backend, tmp_path: Path) -> None:
    file = write_project(tmp_path / "again", "again", "me")
    first = backend.submit(file)
    check_apart(backend, [first], ["me"])
    before, archives = backend.outputs(first), backend.objects(".elyra-neurodesk/")
    second = backend.submit(file)
    check_apart(backend, [first, second], ["me", "me"])
    assert backend.outputs(first) == before
    # what both runs start from is there once
    assert backend.objects(".elyra-neurodesk/") == archives
