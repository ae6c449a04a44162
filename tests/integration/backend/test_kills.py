"""Servers and supervisors are killed at random moments, and processes try to outlive their tasks."""

import random
import re
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from elyra_neurodesk.backend.pod.pod import read_handles
from elyra_neurodesk.backend.process_handle import start_time
from tests.integration.backend.support import Server, compile_package, states, wait_for_end, wait_until

pytestmark = pytest.mark.slow

KILLS = 30
SECONDS = 400.0
TIMES = 20


def submit(server: Server, package: str) -> str:
    return str(server.client().create_run_from_pipeline_package(package).run_id)


def diary(tmp_path: Path, name: str, seconds: float) -> str:
    """Return a script that notes its begin and its end."""
    return f"echo begin >> {tmp_path}/{name}; sleep {seconds}; echo end >> {tmp_path}/{name}"


def test_thirty_kills_of_the_server_lose_no_task_and_repeat_none(fresh: Server, tmp_path: Path) -> None:
    chance, until = random.Random(20261124), time.monotonic() + SECONDS
    names = [f"t{number}" for number in range(10)]
    tasks = {name: ((), diary(tmp_path, name, chance.uniform(0, 3))) for name in names}
    package = compile_package(tmp_path / "p.yaml", tasks)
    kills, hit, runs = 0, 0, 0
    while kills < KILLS and time.monotonic() < until:
        run_id = submit(fresh, package)
        runs += 1
        while fresh.client().get_run(run_id).state in ("PENDING", "RUNNING") and kills < KILLS:
            time.sleep(chance.uniform(0, 1.0))
            hit += fresh.client().get_run(run_id).state in ("PENDING", "RUNNING")
            fresh.kill()
            kills += 1
            fresh.up()
        run = wait_for_end(fresh.client(), run_id, 120)
        assert states(run) == dict.fromkeys(names, "SUCCEEDED")
        for name in names:
            assert (tmp_path / name).read_text().split() == ["begin", "end"] * runs, name
    print(f"{kills} kills of the server, {hit} of them during a run, {runs} runs")
    assert kills == KILLS
    assert hit >= KILLS // 2


def test_thirty_kills_of_supervisors_lose_no_task_and_run_none_beside_itself(
    fresh: Server, tmp_path: Path
) -> None:
    chance, until = random.Random(20261125), time.monotonic() + SECONDS
    names = [f"t{number}" for number in range(8)]
    tasks = {name: ((), diary(tmp_path, name, 1.0)) for name in names}
    package = compile_package(tmp_path / "p.yaml", tasks)
    kills: Counter[str] = Counter()
    ends = 0
    while kills.total() < KILLS and time.monotonic() < until:
        run_id = submit(fresh, package)
        while fresh.client().get_run(run_id).state in ("PENDING", "RUNNING"):
            time.sleep(chance.uniform(0, 0.7))
            place = chance.randrange(2)
            for directory in fresh.home.run_directory(run_id).glob("*/*"):
                handles = read_handles(directory)
                if place < len(handles) and handles[place].send(signal.SIGKILL):
                    kills["supervisor" if place else "guard"] += 1
                    break
            if kills.total() >= KILLS:
                break
        run = wait_for_end(fresh.client(), run_id, 120)
        assert states(run) == dict.fromkeys(names, "SUCCEEDED")
        ends += 1
        for name in names:
            # a killed attempt has begun and not ended; none goes on beside the one that follows
            text = (tmp_path / name).read_text()
            assert re.fullmatch(r"((begin\n)+end\n)+", text), (name, text)
            assert text.count("end") >= ends, (name, text)
    print(f"{dict(kills)} kills, {ends} runs")
    assert kills.total() >= KILLS
    assert min(kills["guard"], kills["supervisor"]) > 0


@pytest.mark.parametrize("way", ["cancel", "end", "down"])
def test_what_hides_from_its_task_is_gone_twenty_times_of_twenty(
    fresh: Server, tmp_path: Path, way: str
) -> None:
    script = (
        f"env -i setsid sleep 7101 & echo $! >> {tmp_path}/pids; "
        f"(trap '' TERM; env -i setsid sh -c 'trap \"\" TERM; sleep 7102; sleep 7103' &); "
        f"until [ -e {tmp_path}/go ]; do sleep 0.05; done"
    )
    package = compile_package(tmp_path / "p.yaml", {"hides": ((), script)})
    for _ in range(TIMES):
        for name in ("pids", "go"):
            (tmp_path / name).unlink(missing_ok=True)
        run_id = submit(fresh, package)
        wait_until(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text().strip(), 60)
        wait_until(lambda: len(hidden()) >= 2, 30)
        found = hidden()
        assert int((tmp_path / "pids").read_text()) in found
        if way == "cancel":
            fresh.client().terminate_run(run_id)
        elif way == "down":
            fresh.down()
        (tmp_path / "go").touch()
        if way == "down":
            assert not {pid for pid in found if start_time(pid)}
            fresh.up()
            (tmp_path / "go").touch()
        wait_for_end(fresh.client(), run_id, 60)
        assert not {pid for pid in found if start_time(pid)}


def hidden() -> set[int]:
    """Return the processes of the script above that hide."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                if (entry / "cmdline").read_bytes().startswith((b"sleep\0007101", b"sleep\0007102")):
                    found.add(int(entry.name))
            except OSError:
                pass
    return found
