"""Memory limits, kept by the kernel where control groups can be used here, and by the supervisor."""

import json
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from elyra_neurodesk.backend.memory_limits import MemoryLimits, memory_limits
from elyra_neurodesk.backend.pod.pod import read_handles

from .harness import only_task, wait, wait_for

MIB = 1 << 20
# so many processes, each with so many MiB of its own
TREE = """
import os, sys, time
count, size = int(sys.argv[1]), int(sys.argv[2])
for _ in range(count - 1):
    if not os.fork():
        break
mine = bytearray(os.urandom(1 << 20) * size)
time.sleep(float(sys.argv[3]))
"""
SHARED = """
import mmap, os, time
memory = mmap.mmap(-1, 60 << 20)
for _ in range(6):
    if not os.fork():
        break
for page in range(0, 60 << 20, 4096):
    memory[page] = 1
time.sleep(3)
"""
# a program that goes on, and ends well, although the kernel has killed its child
CARELESS = """
import os, time
if not os.fork():
    mine = bytearray(os.urandom(1 << 20) * 150)
os.wait()
"""


@pytest.fixture(scope="module")
def limits() -> MemoryLimits:
    """Return what this process can use, as the server finds it out."""
    return memory_limits()


@pytest.fixture(params=["control group", "watched"])
def bench(request, bench, limits):
    """Return the bench with each way to keep limits."""
    if request.param == "control group":
        if limits.groups is None:
            pytest.skip("this process may not make control groups")
        bench.config = replace(bench.config, cgroups=limits.groups)
    yield bench
    assert not [group for group in groups_of(bench) if group.exists()]


def groups_of(bench) -> list[Path]:
    descriptions = [json.loads(file.read_text()) for file in bench.root.glob("attempt-*/POD.json")]
    return [Path(one["cgroup"]) for one in descriptions if one["cgroup"]]


def start(bench, *command, memory_limit, **how):
    node = only_task(sys.executable, "-S", "-c", *command, memory_limit=memory_limit)
    return bench.start(node=node, **how)


def test_a_task_that_uses_more_than_its_limit_is_killed_and_told_so(bench):
    runner, attempt, handle = start(bench, TREE, "1", "150", "60", memory_limit="100Mi")
    result = wait(runner, attempt.directory, handle)
    assert (result.succeeded, result.exit_code, result.reason) == (False, 137, "OOMKilled")
    for part in ("ND-LOCAL-120", "'task'", "OOMKilled", "limit is 100.0 MiB", "used 1"):
        assert part in result.message
    assert result.message in (attempt.directory / "main.log").read_text()


def test_the_limit_is_for_all_processes_of_a_task_together(bench):
    runner, attempt, handle = start(bench, TREE, "4", "40", "60", memory_limit="120Mi")
    assert wait(runner, attempt.directory, handle).reason == "OOMKilled"
    runner, attempt, handle = start(bench, TREE, "2", "20", "2", memory_limit="120Mi")
    assert wait(runner, attempt.directory, handle).succeeded


def test_memory_that_processes_share_counts_once(bench):
    runner, attempt, handle = start(bench, SHARED, memory_limit="200Mi")
    assert wait(runner, attempt.directory, handle).succeeded
    runner, attempt, handle = start(bench, SHARED, memory_limit="40Mi")
    assert wait(runner, attempt.directory, handle).reason == "OOMKilled"


def test_a_task_without_a_limit_is_not_watched(bench):
    runner, attempt, handle = bench.start(sys.executable, "-S", "-c", TREE, "1", "150", "1")
    assert wait(runner, attempt.directory, handle).succeeded
    assert groups_of(bench) == []


def test_a_task_whose_child_the_kernel_killed_has_not_succeeded(bench):
    if bench.config.cgroups is None:
        pytest.skip("the supervisor does not see what a program uses for some milliseconds")
    runner, attempt, handle = start(bench, CARELESS, memory_limit="100Mi")
    assert wait(runner, attempt.directory, handle).reason == "OOMKilled"


def test_a_supervisor_that_is_killed_leaves_no_control_group(bench):
    runner, attempt, handle = start(bench, TREE, "2", "1", "60", memory_limit="100Mi")
    log = attempt.directory / "main.log"
    wait_for(lambda: len(read_handles(attempt.directory)) == 2 and log.exists())
    read_handles(attempt.directory)[1].send(signal.SIGKILL)
    assert wait(runner, attempt.directory, handle).reason == "lost"


def test_where_the_group_cannot_be_made_the_supervisor_watches(bench, tmp_path):
    bench.config = replace(bench.config, cgroups=tmp_path / "gone")
    runner, attempt, handle = start(bench, TREE, "1", "150", "60", memory_limit="100Mi")
    assert wait(runner, attempt.directory, handle).reason == "OOMKilled"
    assert "the memory is watched instead" in (attempt.directory / "pod.log").read_text()
