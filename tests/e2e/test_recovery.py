"""The embedded server is killed again and again, and the run goes on as if nothing had happened."""

from __future__ import annotations

import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.backend import running_backend
from tests.support.pipelines import notebook_node, write_pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

KILLS = 10
SEED = 20261122
PARENTS = {
    "start": (),
    **{f"left{number}": ("start",) for number in range(1, 5)},
    **{f"right{number}": ("start",) for number in range(1, 5)},
    "join-left": tuple(f"left{number}" for number in range(1, 5)),
    "join-right": tuple(f"right{number}" for number in range(1, 5)),
    "end": ("join-left", "join-right"),
}
# appends to files outside of the task's directory, so that a second run shows
SCRIPT = """\
import os, sys, time
from pathlib import Path

task = os.environ["TASK"]
def note(word):
    with open(os.environ["DIARY"], "a") as diary:
        diary.write(f"{word} {task}\\n")

missing = [name for name in os.environ.get("NEEDS", "").split() if not Path(f"{name}.txt").is_file()]
if missing:
    sys.exit(f"no input from {missing}")
note("begin")
time.sleep(4)
Path(f"{task}.txt").write_text(task + " of " + os.environ["ELYRA_RUN_NAME"])
note("end")
"""


def write_twelve(folder: Path, diary: Path) -> Path:
    """Write a pipeline of twelve scripts: a fan-out, two joins and an end."""
    folder.mkdir()
    nodes = []
    for name, parents in PARENTS.items():
        (folder / f"{name}.py").write_text(SCRIPT, "utf-8")
        variables = {"TASK": name, "DIARY": str(diary), "NEEDS": " ".join(parents)}
        env = [{"env_var": key, "value": value} for key, value in variables.items() if value]
        nodes.append(notebook_node(name, f"{name}.py", parents, outputs=[f"{name}.txt"], env_vars=env))
    return write_pipeline(folder / "twelve.pipeline", nodes)


@pytest.mark.parametrize("how", ["--warm", "--no-warm"])
def test_ten_kills_lose_no_output_and_repeat_no_task(tmp_path: Path, how: str) -> None:
    diary = tmp_path / "diary"
    diary.touch()
    file = write_twelve(tmp_path / "twelve", diary)
    chance = random.Random(SEED)
    with running_backend(tmp_path, "--parallelism", "2", how) as backend:
        submission = backend.submit(file)
        run_id = submission["run_id"]
        done_before: list[int] = []
        for kill in range(KILLS):
            pause = chance.uniform(0.0, 2.0)
            time.sleep(pause)
            backend.kill("server")
            done_before.append(diary.read_text().count("end "))
            print(f"kill {kill + 1} after {pause:.2f} s, {done_before[-1]} tasks had ended")
            backend.up("--no-register")
        run = backend.wait(run_id)

        assert run["state"] == "SUCCEEDED", run
        assert {task["display_name"]: task["state"] for task in run["tasks"]} == dict.fromkeys(
            PARENTS, "SUCCEEDED"
        )
        # most kills hit a run that was under way
        assert sum(done < len(PARENTS) for done in done_before) >= KILLS // 2, done_before
        # killing the server leaves the tasks alone: none is begun twice
        counted = Counter(diary.read_text().split("\n"))
        assert {line for line, times in counted.items() if times > 1} == set()
        assert {line for line in counted if line} == {
            f"{word} {name}" for word in ("begin", "end") for name in PARENTS
        }
        outputs = backend.outputs(submission)
        for name in PARENTS:
            assert outputs[f"{name}/{name}.txt"].decode() == f"{name} of {run_id}"
            assert f"{name}/task-record.json" in outputs
        records = backend.records(submission)
        assert {name: record["exit_status"] for name, record in records.items()} == dict.fromkeys(PARENTS, 0)


def test_a_submission_that_the_server_has_accepted_survives_its_death(tmp_path: Path) -> None:
    diary = tmp_path / "diary"
    diary.touch()
    file = write_twelve(tmp_path / "twelve", diary)
    with running_backend(tmp_path) as backend:
        submission = backend.submit(file)
        backend.kill("server")
        backend.up()
        assert backend.wait(submission["run_id"])["state"] == "SUCCEEDED"
        assert len(backend.records(submission)) == len(PARENTS)
