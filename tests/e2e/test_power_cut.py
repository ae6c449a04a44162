"""All processes of the backend end at once while outputs are stored; after `local up` nothing is missing."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.backend import Backend, processes_of, running_backend, wait_until
from tests.support.pipelines import notebook_node, write_pipeline

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(1800)]

CUTS = 30
SEED = 20261124
SIZES = {f"out/{number:02}.bin": 64 << 10 for number in range(160)} | {
    "out/sub-01.html": 100,
    "out/sub-01/anat.mgz": 300_000,
    "out/100%25 of\nall.txt": 0,
    f"out/{'x' * 251}.bin": 1000,
    "out/large.bin": 24 << 20,
    "out/still-written.log": 200_000,
}
SCRIPT = f"""\
import hashlib, os, subprocess, sys
from pathlib import Path

for name, size in {SIZES!r}.items():
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(hashlib.shake_256(name.encode()).digest(size))
os.symlink("00.bin", "out/latest.bin")
# a process of the task's that has a file open for writing: it must be copied
code = "import sys, time; file = open(sys.argv[1], 'ab'); time.sleep(30)"
subprocess.Popen([sys.executable, "-c", code, "out/still-written.log"])
"""
EXPECTED = {name: hashlib.shake_256(name.encode()).digest(size) for name, size in SIZES.items()}
EXPECTED["out/latest.bin"] = EXPECTED["out/00.bin"]


def cut_power(backend: Backend) -> None:
    """Kill every process of the backend: server, supervisors and tasks."""
    home = str(backend.jupyter.home)
    while found := processes_of(home):
        for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: as good as at once
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
        time.sleep(0.02)


def stored(directory: Path) -> int:
    """Return how many files are in a run's directory by now, complete or not."""
    return sum(path.is_file() for path in directory.rglob("*"))


def wait_for_the_first(directory: Path) -> None:
    """Wait until a run stores its outputs, looking often."""
    end = time.monotonic() + 60
    while not stored(directory):
        assert time.monotonic() < end
        time.sleep(0.005)


def test_thirty_power_cuts_while_outputs_are_stored_cost_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "job.py").write_text(SCRIPT, "utf-8")
    file = write_pipeline(folder / "job.pipeline", [notebook_node("job", "job.py", outputs=["out"])])
    chance = random.Random(SEED)
    midway: list[int] = []
    with running_backend(tmp_path) as backend:
        for cut in range(CUTS):
            submission = backend.submit(file)
            directory = Path(submission["object_storage_path"])
            wait_for_the_first(directory)
            pause = chance.uniform(0.0, 0.2)
            time.sleep(pause)
            cut_power(backend)
            midway.append(stored(directory))
            left = sum(path.name.startswith(".elyra-neurodesk-part-") for path in directory.rglob("*"))
            print(f"cut {cut + 1} after {pause:.2f} s: {midway[-1]} files, {left} of them unfinished")
            backend.up("--no-register")
            backend.port = backend.state["port"]  # another program may have taken the port meanwhile

            run = backend.wait(submission["run_id"])
            assert run["state"] == "SUCCEEDED", run
            outputs = backend.outputs(submission)
            names = {f"job/{name}" for name in (*EXPECTED, "job.log", "task-record.json")}
            assert set(outputs) - {"run-record.json"} == names
            assert {name: outputs[f"job/{name}"] for name in EXPECTED} == EXPECTED
            listed = backend.read("runs", "outputs", submission["run_id"])
            assert {f"{item['task']}/{item['path']}" for item in listed} == names
        parts = list(backend.store.rglob(".elyra-neurodesk-part-*"))
        wait_until(lambda: not any(path.exists() for path in parts), 20, "the end of what the cuts left")
    # most cuts came while outputs were stored: not all of them, and not the record
    assert sum(count < len(EXPECTED) + 2 for count in midway) >= CUTS // 2, midway
