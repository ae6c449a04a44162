"""`local up` and whatever keeps it waiting: it ends within 25 seconds, says why, and releases its lock."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from elyra_neurodesk.backend import lifecycle
from elyra_neurodesk.backend.db.damage import DatabaseDamaged
from elyra_neurodesk.backend.file_lock import Busy, is_locked, try_lock
from elyra_neurodesk.backend.health import DidNotStart
from elyra_neurodesk.backend.home import Home, HomeUnusable
from tests.integration.backend.support import Server, start, wait_until

MAX_SECONDS = 25.0


@contextmanager
def bounded() -> Iterator[None]:
    """Fail when the block takes longer than `up` may: this is its promise, not a measurement of speed."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < MAX_SECONDS + 2


def up(home: Home) -> list[str]:
    said: list[str] = []
    start(home, said)
    return said


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path / "home")
    made.make()
    yield made
    lifecycle.down(made, lambda line: None)


def test_a_holder_of_the_lock_that_is_stopped_is_named(home: Home) -> None:
    program = (
        "import sys,time\nfrom pathlib import Path\nfrom elyra_neurodesk.backend.file_lock import locked\n"
    )
    program += "with locked(Path(sys.argv[1])):\n print('', flush=True)\n time.sleep(120)"
    with subprocess.Popen([sys.executable, "-c", program, str(home.lock)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.send_signal(signal.SIGSTOP)
        try:
            with bounded(), pytest.raises(Busy, match=rf"\(process {holder.pid}\)"):
                up(home)
        finally:
            holder.kill()


def test_a_server_that_is_stopped_is_replaced_also_without_its_state_file(fresh: Server) -> None:
    for forget in (False, True):
        before = fresh.state.server
        os.kill(before.pid, signal.SIGSTOP)
        if forget:
            fresh.home.forget_state()
        with bounded():
            fresh.up()
        assert not before.alive()
        assert fresh.state.server.pid != before.pid
        assert not is_locked(fresh.home.lock)


def test_a_server_that_never_answers_is_given_up_and_ended(home: Home) -> None:
    held = try_lock(home.server_lock)  # it waits for this one
    assert held is not None
    try:
        with bounded(), pytest.raises(DidNotStart):
            up(home)
    finally:
        os.close(held)
    assert home.state() is None
    assert not is_locked(home.lock)


def test_a_port_that_accepts_and_never_answers_is_avoided(home: Home) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        home.config.write_text(f"port: {port}\n")
        with bounded():
            state = lifecycle.up(home, lifecycle.Options(), lambda line: None)
        assert state.port != port


@pytest.mark.parametrize("name", ["config.yaml", "state.json", "token", "db.sqlite", "server.log", "lock"])
def test_a_fifo_in_place_of_a_file_is_named(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / "home")
    home.make()
    os.mkfifo(home.path / name)
    with bounded(), pytest.raises(HomeUnusable, match=rf"{name} is not a regular file"):
        up(home)


def test_a_server_whose_state_file_was_lost_is_found_again_and_not_started_twice(fresh: Server) -> None:
    before = fresh.state
    for damage in (Path.unlink, lambda file: file.write_text("{"), lambda file: file.write_bytes(b"")):
        damage(fresh.home.path / "state.json")
        assert lifecycle.status(fresh.home).up
        fresh.up()
        assert fresh.said[-1].startswith("Already up")
        assert fresh.state == before == fresh.home.state()
    fresh.home.forget_state()
    fresh.down()
    wait_until(lambda: not before.server.alive(), 5)
    assert fresh.home.state() is None


def test_a_damaged_database_is_kept_aside_and_its_runs_outputs_stay(fresh: Server) -> None:
    fresh.down()
    output = fresh.home.store / "neurodesk" / "p" / "run" / "task" / "out.txt"
    output.parent.mkdir(parents=True)
    output.write_text("result")
    damaged = b"damaged" * 3000
    for ending in ("-wal", "-shm"):  # as long as it is there, SQLite repairs the database with the log
        fresh.home.database.with_name(f"db.sqlite{ending}").unlink(missing_ok=True)
    fresh.home.database.write_bytes(damaged)
    with pytest.raises(DatabaseDamaged, match="file is not a database"):
        fresh.up()
    assert fresh.home.database.read_bytes() == damaged
    fresh.up(new_database=True)
    (aside,) = fresh.home.path.glob("db.sqlite.damaged-*")
    assert aside.read_bytes() == damaged
    assert any(str(aside) in line for line in fresh.said)
    assert output.read_text() == "result"
    assert lifecycle.status(fresh.home).runs == {}
    fresh.down()
    with pytest.raises(lifecycle.DatabaseIntact):
        fresh.up(new_database=True)
