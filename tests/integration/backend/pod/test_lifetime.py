import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import elyra_neurodesk
from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.process_handle import ProcessHandle, start_time

from .harness import wait, wait_for

ROOT = str(Path(elyra_neurodesk.__file__).parents[1])


def test_a_canceled_task_ends_with_its_processes(bench):
    runner, attempt, handle = bench.start("sh", "-c", "sleep 60 & echo $! >../pid; wait")
    pid_file = attempt.directory / "pid"
    wait_for(lambda: pid_file.exists() and pid_file.read_text().strip())
    runner.terminate(attempt.directory, handle)
    result = wait(runner, attempt.directory, handle)
    assert (result.succeeded, result.exit_code, result.reason) == (False, 143, "canceled")
    assert result.message
    wait_for(lambda: not Path(f"/proc/{pid_file.read_text().strip()}").exists())


def test_a_program_gets_the_grace_period_to_save_its_work(bench):
    script = "trap 'sleep 0.3; echo saved; exit 7' TERM; echo up; while :; do sleep 60 & wait $!; done"
    runner, attempt, handle = bench.start("sh", "-c", script)
    wait_for(
        lambda: (attempt.directory / "main.log").exists() and (attempt.directory / "main.log").read_text()
    )
    runner.terminate(attempt.directory, handle)
    assert wait(runner, attempt.directory, handle).exit_code == 7
    assert "saved" in (attempt.directory / "main.log").read_text()


def test_a_program_that_ignores_sigterm_is_killed(bench):
    runner, attempt, handle = bench.start("sh", "-c", "trap '' TERM; echo up; sleep 60; sleep 60")
    wait_for(
        lambda: (attempt.directory / "main.log").exists() and (attempt.directory / "main.log").read_text()
    )
    runner.terminate(attempt.directory, handle)
    result = wait(runner, attempt.directory, handle, seconds=4)
    assert (result.reason, result.exit_code) == ("canceled", 137)


def test_canceling_at_any_moment_of_the_start_is_canceling(bench):
    for step in range(12):
        runner, attempt, handle = bench.start("sleep", "60")
        time.sleep(step * 0.008)
        runner.terminate(attempt.directory, handle)
        assert wait(runner, attempt.directory, handle).reason == "canceled"


def test_terminating_what_has_ended_changes_nothing(bench):
    runner, attempt, handle = bench.start("true")
    result = wait(runner, attempt.directory, handle)
    runner.terminate(attempt.directory, handle)
    assert runner.poll(attempt.directory, handle) == result


def test_the_deadline_ends_a_task_and_is_told(bench):
    begin = time.monotonic()
    result, _ = bench.run("sleep", "60", platform={"activeDeadlineSeconds": 1})
    assert 1.0 <= time.monotonic() - begin < 30
    assert (result.succeeded, result.reason) == (False, "deadline")
    assert "ND-LOCAL-118" in result.message
    assert "1 s" in result.message


def test_the_deadline_counts_init_containers_as_well(bench):
    slow = {"name": "slow", "image": "i", "command": ["sleep", "60"]}
    result, _ = bench.run("true", platform={"activeDeadlineSeconds": 1, "initContainers": [slow]})
    assert result.reason == "deadline"


SERVER = """
import json, os, sys
from pathlib import Path
from tests.integration.backend.pod.harness import Bench
_, _, handle = Bench(Path(sys.argv[1])).start("sh", "-c", "sleep 0.5; echo survived")
print(json.dumps([handle.pid, handle.started]), flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_task_survives_its_server_and_another_one_gets_its_result(bench):
    directory = bench.root / "attempt-1"
    server = subprocess.run(
        [sys.executable, "-c", SERVER, str(bench.root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": ROOT},
        check=False,
    )
    assert server.returncode == -signal.SIGKILL
    pid, started = json.loads(server.stdout)
    runner, handle = ProcessRunner(RunnerConfig()), ProcessHandle(pid, started)
    assert runner.poll(directory, handle) is None
    assert wait(runner, directory, handle).succeeded
    assert (directory / "main.log").read_text() == "survived\n"
    # and again, long after
    assert ProcessRunner(RunnerConfig()).poll(directory, handle).succeeded


def test_a_server_that_lost_the_handle_neither_starts_twice_nor_loses_the_task(bench):
    runner, attempt, handle = bench.start("sh", "-c", "echo once; sleep 0.5")
    wait_for(lambda: (attempt.directory / "main.log").exists())
    other = ProcessRunner(bench.config)
    assert other.start(attempt) == handle
    assert other.poll(attempt.directory, ProcessHandle(0, 0)) is None
    assert wait(other, attempt.directory, ProcessHandle(0, 0)).succeeded
    assert other.start(attempt).pid in (0, handle.pid)
    assert (attempt.directory / "main.log").read_text() == "once\n"
    wait(runner, attempt.directory, handle)


def test_a_task_can_be_canceled_without_its_handle(bench):
    runner, attempt, handle = bench.start("sleep", "60")
    wait_for(lambda: (attempt.directory / "main.log").exists())
    ProcessRunner(bench.config).terminate(attempt.directory, ProcessHandle(0, 0))
    assert wait(runner, attempt.directory, handle).reason == "canceled"


def test_a_killed_supervisor_is_lost_and_takes_all_processes_along(bench):
    script = "sleep 61 & echo $! >../pid; setsid sleep 62 & echo $! >>../pid; echo $$$$ >>../pid; wait"
    runner, attempt, handle = bench.start("sh", "-c", script)
    pid_file = attempt.directory / "pid"
    wait_for(lambda: pid_file.exists() and len(pid_file.read_text().split()) == 3)
    os.kill(handle.pid, signal.SIGKILL)
    result = wait(runner, attempt.directory, handle)
    assert (result.succeeded, result.exit_code, result.reason) == (False, None, "lost")
    assert result.message
    for pid in map(int, pid_file.read_text().split()):
        wait_for(lambda pid=pid: not start_time(pid))


def test_another_process_with_the_same_id_is_not_taken_for_the_supervisor(bench):
    runner, attempt, handle = bench.start("sleep", "60")
    wait_for(lambda: (attempt.directory / "main.log").exists())
    os.kill(handle.pid, signal.SIGKILL)
    wait_for(lambda: not start_time(handle.pid))
    mine = ProcessHandle(os.getpid(), handle.started)
    assert runner.poll(attempt.directory, mine).reason == "lost"
    runner.terminate(attempt.directory, mine)  # must not end this very process
