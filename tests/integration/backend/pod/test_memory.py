import sys

from .harness import only_task, wait

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
