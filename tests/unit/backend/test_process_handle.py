import os
import subprocess

from elyra_neurodesk.backend.process_handle import ProcessHandle, start_time


def test_a_process_is_known_by_its_start_time() -> None:
    me = os.getpid()
    assert ProcessHandle.of(me).alive()
    assert not ProcessHandle(me, start_time(me) + 1).alive()
    assert not ProcessHandle(0, 0).alive()


def test_stopping_ends_the_process_and_a_zombie_counts_as_gone() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        process = ProcessHandle.of(child.pid)
        assert process.alive()
        assert process.stop(5)
        assert not process.alive()


def test_a_process_that_ignores_the_request_is_killed() -> None:
    script = 'trap "" TERM; echo ready; while :; do sleep 1; done'
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert ProcessHandle.of(child.pid).stop(0.2)
