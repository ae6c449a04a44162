import os
import socket
import subprocess
from pathlib import Path

import pytest

from elyra_neurodesk.backend.processes import (
    Busy,
    PortInUse,
    Process,
    choose_port,
    locked,
    port_free,
    started,
)


def test_a_process_is_known_by_its_start_time() -> None:
    me = os.getpid()
    assert Process(me, started(me)).alive()
    assert not Process(me, started(me) + 1).alive()
    assert not Process(0, 0).alive()


def test_stopping_ends_the_process_and_a_zombie_counts_as_gone() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        process = Process(child.pid, started(child.pid))
        assert process.alive()
        assert process.stop(5)
        assert not process.alive()


def test_a_process_that_ignores_the_request_is_killed() -> None:
    script = 'trap "" TERM; echo ready; while :; do sleep 1; done'
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert Process(child.pid, started(child.pid)).stop(0.2)


def test_a_taken_port_that_was_asked_for_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not port_free(port)
        with pytest.raises(PortInUse, match=rf"{port}.*--port"):
            choose_port(port, 8898, "--port")
        assert choose_port(None, port, "--port") > port


def test_a_port_promised_to_another_is_avoided() -> None:
    free = choose_port(None, 18898, "--port")
    assert choose_port(None, free, "--port", frozenset({free})) > free


def test_only_one_holds_the_lock(tmp_path: Path) -> None:
    with locked(tmp_path / "lock"), pytest.raises(Busy), locked(tmp_path / "lock", patience=0.1):
        pass
    with locked(tmp_path / "lock", patience=0.1):
        pass
