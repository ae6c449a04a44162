import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import elyra_neurodesk
from elyra_neurodesk.backend.pod.descendants import parents
from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.pod.pod import read_handles, write_handles
from elyra_neurodesk.backend.pod.podfile import describe_pod
from elyra_neurodesk.backend.pod.runner import ProcessRunner
from elyra_neurodesk.backend.process_handle import UNKNOWN, ProcessHandle, start_time

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
    assert other.poll(attempt.directory, UNKNOWN) is None
    assert wait(other, attempt.directory, UNKNOWN).succeeded
    assert other.start(attempt).pid in (0, handle.pid)
    assert (attempt.directory / "main.log").read_text() == "once\n"
    wait(runner, attempt.directory, handle)


def test_a_task_can_be_canceled_without_its_handle(bench):
    runner, attempt, handle = bench.start("sleep", "60")
    wait_for(lambda: (attempt.directory / "main.log").exists())
    ProcessRunner(bench.config).terminate(attempt.directory, UNKNOWN)
    assert wait(runner, attempt.directory, handle).reason == "canceled"


def test_a_killed_supervisor_is_lost_and_takes_all_processes_along(bench):
    script = "sleep 61 & echo $! >../pid; setsid sleep 62 & echo $! >>../pid; echo $$$$ >>../pid; wait"
    runner, attempt, handle = bench.start("sh", "-c", script)
    pids = noted(attempt.directory, 3)
    guard, supervisor = read_handles(attempt.directory)
    assert guard == handle
    os.kill(supervisor.pid, signal.SIGKILL)
    result = wait(runner, attempt.directory, handle)
    assert (result.succeeded, result.exit_code, result.reason) == (False, None, "lost")
    assert result.message
    for pid in pids:
        wait_for(lambda pid=pid: not start_time(pid))


HIDDEN = "env -i setsid sleep 1000 & echo $! >>../pid; (setsid sh -c 'trap \"\" TERM; sleep 1001' &); "


def noted(directory: Path, count: int) -> list[int]:
    """Return the process ids that a task wrote down, once there are so many."""
    file = directory / "pid"
    wait_for(lambda: file.exists() and len(file.read_text().split()) == count)
    return list(map(int, file.read_text().split()))


def children_of(pids: set[int]) -> set[int]:
    return {pid for pid, parent in parents().items() if parent in pids}


def below(pid: int) -> set[int]:
    """Return the processes below one, at this moment."""
    found = generation = children_of({pid})
    while generation := children_of(generation) - found:
        found = found | generation
    return found


@pytest.mark.parametrize("way", ["end", "failure", "cancel", "deadline", "killed supervisor"])
def test_no_process_outlives_its_task_whatever_environment_and_session_it_chose(bench, way):
    until = "until [ -e ../go ]; do sleep 0.05; done; "
    last = {"end": until, "failure": f"{until} exit 3"}.get(way, "sleep 60")
    platform = {"activeDeadlineSeconds": 3} if way == "deadline" else None
    runner, attempt, handle = bench.start("sh", "-c", HIDDEN + last, platform=platform)
    [hidden] = noted(attempt.directory, 1)
    wait_for(lambda: Path(f"/proc/{hidden}/cmdline").read_bytes().startswith(b"sleep"))
    assert not Path(f"/proc/{hidden}/environ").read_bytes()
    # the supervisor, sh, sleep, the hidden one, the double fork and its sleep
    wait_for(lambda: len(below(handle.pid)) >= 6)
    processes = below(handle.pid)
    (attempt.directory / "go").touch()
    if way == "cancel":
        runner.terminate(attempt.directory, handle)
    elif way == "killed supervisor":
        os.kill(read_handles(attempt.directory)[1].pid, signal.SIGKILL)
    reason = {"end": "completed", "failure": "failed", "cancel": "canceled", "deadline": "deadline"}
    assert wait(runner, attempt.directory, handle).reason == reason.get(way, "lost")
    assert not {pid for pid in processes if start_time(pid)} - {handle.pid, *supervisors(attempt.directory)}


def supervisors(directory: Path) -> list[int]:
    return [handle.pid for handle in read_handles(directory)]


def test_a_task_whose_guard_is_killed_goes_on(bench):
    runner, attempt, handle = bench.start("sh", "-c", "sleep 0.7; echo survived")
    wait_for(lambda: len(read_handles(attempt.directory)) == 2)
    os.kill(handle.pid, signal.SIGKILL)
    assert wait(runner, attempt.directory, handle).succeeded
    assert (attempt.directory / "main.log").read_text() == "survived\n"


def test_a_task_whose_guard_is_killed_can_be_canceled(bench):
    runner, attempt, handle = bench.start("sleep", "60")
    wait_for(lambda: (attempt.directory / "main.log").exists())
    os.kill(handle.pid, signal.SIGKILL)
    wait_for(lambda: not start_time(handle.pid))
    runner.terminate(attempt.directory, handle)
    assert wait(runner, attempt.directory, handle).reason == "canceled"


def test_when_supervisor_and_guard_are_killed_at_once_the_mark_finds_their_processes(bench):
    runner, attempt, handle = bench.start("sh", "-c", "setsid sleep 62 & echo $! >>../pid; wait")
    [pid] = noted(attempt.directory, 1)
    for process in read_handles(attempt.directory):
        os.kill(process.pid, signal.SIGKILL)
    assert wait(runner, attempt.directory, handle).reason == "lost"
    wait_for(lambda: not start_time(pid))


# each process starts its successor in a new session and ends: what a look at /proc finds is gone already
RELAY = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(10):
    if not os.fork():
        while True:
            os.setsid()
            if os.fork():
                os._exit(0)
time.sleep(60)
"""


def test_processes_that_fork_all_the_time_are_ended(bench):
    runner, attempt, handle = bench.start(sys.executable, "-c", RELAY)
    wait_for(lambda: len(below(handle.pid)) > 5)
    runner.terminate(attempt.directory, handle)
    assert wait(runner, attempt.directory, handle).reason == "canceled"
    assert "cannot be killed" not in (attempt.directory / "main.log").read_text()
    wait_for(lambda: not start_time(handle.pid))


BOMB = """
import os, time
if os.fork():
    time.sleep(60)
for _ in range(6):
    os.fork()
while True:
    if os.fork():
        os._exit(0)
"""


def test_a_fork_bomb_in_one_process_group_is_ended(bench):
    runner, attempt, handle = bench.start(sys.executable, "-c", BOMB)
    wait_for(lambda: len(below(handle.pid)) > 50)
    runner.terminate(attempt.directory, handle)
    assert wait(runner, attempt.directory, handle).reason == "canceled"
    assert "cannot be killed" not in (attempt.directory / "main.log").read_text()


def test_a_process_that_is_no_descendant_stays_though_it_has_the_marks_of_one(bench):
    runner, attempt, handle = bench.start("sleep", "60")
    wait_for(lambda: (attempt.directory / "main.log").exists())
    with (
        (attempt.directory / "main.log").open("a") as log,
        subprocess.Popen(
            ["sleep", "60"], cwd=attempt.directory / "work", stdout=log, start_new_session=True
        ) as stranger,
    ):
        runner.terminate(attempt.directory, handle)
        assert wait(runner, attempt.directory, handle).reason == "canceled"
        assert stranger.poll() is None
        stranger.kill()


def test_another_process_with_the_same_id_is_not_taken_for_the_supervisor(bench):
    runner, attempt, handle = bench.start("sleep", "60")
    wait_for(lambda: len(read_handles(attempt.directory)) == 2)
    for process in reversed(read_handles(attempt.directory)):
        os.kill(process.pid, signal.SIGKILL)
    wait_for(lambda: not start_time(handle.pid))
    ticks, boot = ProcessHandle.of(os.getpid()).started.split("@")
    mine = (f"{int(ticks) - 1}@{boot}", f"{ticks}@another-boot", handle.started)
    for started in mine:
        stranger = ProcessHandle(os.getpid(), started)
        write_handles(attempt.directory, stranger, stranger)
        runner.terminate(attempt.directory, stranger)  # must not end this very process
        assert wait(runner, attempt.directory, stranger).reason == "canceled"


def test_a_supervisor_that_comes_late_does_not_run_what_was_given_up(bench):
    attempt = bench.attempt("sh", "-c", "echo ran")
    runner = ProcessRunner(bench.config)
    attempt.directory.mkdir()
    assert runner.poll(attempt.directory, UNKNOWN).reason == "lost"  # by the next server, before it came up
    pod = attempt.directory / "POD.json"
    pod.write_text(json.dumps(describe_pod(attempt, bench.config)), "utf-8")
    command = [sys.executable, "-S", "-P", "-m", "elyra_neurodesk.backend.pod.pod", str(pod)]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": ROOT}, timeout=30, check=True)
    assert not (attempt.directory / "main.log").exists()


GARBAGE = {
    "empty": b"",
    "truncated": b'{"exit_code": 0, "reason": "comp',
    "binary": bytes(range(256)),
    "deep": b"[" * 100_000,
    "a list": b"[]",
    "a number": b"7",
    "null": b"null",
    "no reason": b'{"exit_code": 0, "message": "", "outputs": {}}',
    "another reason": b'{"exit_code": 0, "message": "", "outputs": {}, "reason": ["completed"]}',
    "outputs as text": b'{"exit_code": 0, "message": "", "outputs": "x", "reason": "completed"}',
    "exit code as text": b'{"exit_code": "0", "message": "", "outputs": {}, "reason": "completed"}',
    "outputs of another type": b'{"exit_code": 0, "message": "", "outputs": {"a": 1}, "reason": "failed"}',
}


@pytest.mark.parametrize("content", GARBAGE.values(), ids=GARBAGE)
def test_a_status_file_with_garbage_is_a_lost_attempt(bench, content):
    runner, attempt, handle = bench.start("true")
    wait(runner, attempt.directory, handle)
    wait_for(lambda: not handle.alive())
    (attempt.directory / "status.json").write_bytes(content)
    for _ in range(2):
        result = runner.poll(attempt.directory, handle)
        assert (result.succeeded, result.reason) == (False, "lost")
        assert "status.json" in result.message


def test_what_is_no_file_in_the_place_of_one_is_a_lost_attempt(bench):
    for make in (Path.mkdir, os.mkfifo):
        runner, attempt, handle = bench.start("true")
        wait(runner, attempt.directory, handle)
        wait_for(lambda handle=handle: not handle.alive())
        (attempt.directory / "status.json").unlink()
        make(attempt.directory / "status.json")
        assert runner.poll(attempt.directory, handle).reason == "lost"


def test_files_of_the_supervisor_that_are_garbage_harm_its_own_attempt_alone(bench):
    for name in ("pod.pid", "cancel", "pod.log"):
        attempt = bench.attempt("true")
        attempt.directory.mkdir()
        (attempt.directory / name).write_bytes(bytes(range(256)))
        runner = ProcessRunner(bench.config)
        handle = runner.start(attempt)
        assert wait(runner, attempt.directory, handle).reason == (
            "canceled" if name == "cancel" else "completed"
        )
    wait_for(lambda: not handle.alive())
    shutil.rmtree(attempt.directory)
    assert runner.poll(attempt.directory, handle).reason == "lost"
