import os
import signal
import subprocess

import pytest

from elyra_neurodesk.backend.process_handle import UNKNOWN, ProcessHandle, boot_id, start_time

OTHER_BOOT = "00000000-0000-4000-8000-000000000000"


def test_a_process_is_known_by_its_start_time() -> None:
    me = os.getpid()
    assert ProcessHandle.of(me).alive()
    handle = ProcessHandle.of(me)
    ticks, boot = handle.started.split("@")
    assert (int(ticks), boot) == (start_time(me), boot_id())
    for stranger in (f"{int(ticks) + 1}@{boot}", f"{ticks}@{OTHER_BOOT}", ticks, ""):
        assert not ProcessHandle(me, stranger).alive()
    assert not UNKNOWN.alive()
    assert not ProcessHandle(0, "").alive()


@pytest.mark.parametrize("pidfd", [True, False])
@pytest.mark.parametrize("boot", ["this boot", OTHER_BOOT])
def test_a_stranger_that_got_the_process_id_gets_no_signal(
    pidfd: bool, boot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not pidfd:  # as in containers that forbid it
        monkeypatch.setattr(os, "pidfd_open", forbidden)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        ticks = start_time(stranger.pid)
        started = f"{ticks - 1}@{boot_id()}" if boot == "this boot" else f"{ticks}@{boot}"
        handle = ProcessHandle(stranger.pid, started)
        assert not handle.send(signal.SIGKILL)
        assert handle.stop(0.1)
        assert stranger.poll() is None
        assert ProcessHandle.of(stranger.pid).send(signal.SIGKILL)
        assert stranger.wait(10) == -signal.SIGKILL
        assert not ProcessHandle.of(stranger.pid).send(signal.SIGKILL)


def forbidden(pid: int, flags: int = 0) -> int:
    raise PermissionError


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
