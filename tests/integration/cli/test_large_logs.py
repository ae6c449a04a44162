"""A log of 300 MB: every way to read it needs the memory that a short one needs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.tasklogs import MAIN_LOG
from elyra_neurodesk.elyra_adapter.connection import connect
from elyra_neurodesk.runs.results import RunResults
from tests.integration.cli.test_runs import CONFIG, Backend, backend
from tests.support.backend import command as command_line

__all__ = ["backend"]  # the fixture; this file has a backend of its own

pytestmark = pytest.mark.slow

SIZE = 300_000_000
ALLOWED = 60_000_000
"""Bytes of memory beyond what a short log takes: far below the log's size."""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    line = b"x" * 99 + b"\n"
    with (tmp_path / "large.log").open("wb") as file:
        for _ in range(SIZE // 1_000_000):
            file.write(line * 10_000)
    return tmp_path / "large.log"


def measured(home: Path, *arguments: str) -> tuple[int, int]:
    """Run a command and return how many bytes it printed and the memory that it took at most."""
    with subprocess.Popen(
        command_line(*arguments),
        stdout=subprocess.PIPE,
        env={**os.environ, "ELYRA_NEURODESK_HOME": str(home)},
    ) as process:
        printed = 0
        assert process.stdout is not None
        while piece := process.stdout.read(1 << 20):
            printed += len(piece)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    assert status == 0
    return printed, usage.ru_maxrss * 1024


@contextmanager
def in_place_of(file: Path, other: Path) -> Iterator[None]:
    """Have ``other`` in the place of a file during the block."""
    kept = file.read_bytes()
    file.unlink()
    os.link(other, file)
    try:
        yield
    finally:
        file.unlink()
        file.write_bytes(kept)


def test_the_uploaded_log_is_printed_in_constant_memory(backend: Backend, large: Path) -> None:
    home = backend.pipelines / "home"
    results = RunResults.of(connect(CONFIG), backend.bad)
    key = f"{results.directory}/fails/fails.log"
    commands = (["--tail", "2"], ["--json"], [], ["--follow"])
    before = [measured(home, "runs", "logs", backend.bad, "fails", *options) for options in commands]
    kept = results.storage.get(key)
    results.storage.put(key, large)
    try:
        after = [measured(home, "runs", "logs", backend.bad, "fails", *options) for options in commands]
    finally:
        results.storage.put(key, kept)
    assert after[0][0] == 200
    assert all(printed >= SIZE for printed, _ in after[1:])
    growth = [many - few for (_, few), (_, many) in zip(before, after, strict=True)]
    assert [size < ALLOWED for size in growth] == [True] * len(commands), growth


def test_the_local_log_and_the_servers_routes_take_constant_memory(backend: Backend, large: Path) -> None:
    home = Home(backend.pipelines / "home")
    log = home.runs / backend.bad / "fails" / "1" / MAIN_LOG
    state, connection = home.state(), connect(CONFIG)
    assert state is not None
    pid, headers = state.server.pid, connection.headers
    root = connection.endpoint.removesuffix("/pipeline")
    addresses = (
        f"{connection.endpoint}/apis/v1alpha1/runs/{backend.bad}/nodes/{backend.bad[:8]}-fails/log",
        f"{root}/pipeline/runs/{backend.bad}/tasks/fails/logs/{MAIN_LOG}",
        f"{root}/pipeline/runs/{backend.bad}/tasks/fails",
    )
    _, few = measured(home.path, "local", "logs", backend.bad, "fails")
    for address in addresses:  # what the server imports at a first request
        requests.get(address, headers=headers, timeout=30).raise_for_status()
    resident = peak(pid)
    with in_place_of(log, large):
        printed, many = measured(home.path, "local", "logs", backend.bad, "fails")
        sizes = [size_of(address, dict(headers)) for address in addresses]
    assert printed >= SIZE
    assert many - few < ALLOWED
    assert sizes[:2] == [SIZE, SIZE]
    assert 0 < sizes[2] < 1_000_000
    assert peak(pid) - resident < ALLOWED


def size_of(address: str, headers: dict[str, str]) -> int:
    """Return how many bytes an address answers with."""
    with requests.get(address, headers=headers, timeout=60, stream=True) as answer:
        answer.raise_for_status()
        return sum(len(piece) for piece in answer.iter_content(1 << 20))


def peak(pid: int) -> int:
    """Return the most memory that a process had (proc(5), VmHWM), in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no such process")
