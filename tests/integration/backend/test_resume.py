import random
import time
from pathlib import Path

import pytest

from tests.integration.backend.support import Server, compile_package, states, wait_for_end, wait_until


def diary(tmp_path: Path, name: str, seconds: float) -> str:
    """Return a script that notes its begin and its end."""
    return f"echo begin >> {tmp_path}/{name}; sleep {seconds}; echo end >> {tmp_path}/{name}"


@pytest.mark.slow
def test_after_ten_kill_9_nothing_has_run_twice(fresh: Server, tmp_path: Path) -> None:
    fresh.up(cpus=2.0)
    tasks = {
        f"t{number}": ((f"t{number - 3}",) if number >= 3 else (), diary(tmp_path, f"t{number}", 1.2))
        for number in range(12)
    }
    run_id = (
        fresh.client().create_run_from_pipeline_package(compile_package(tmp_path / "p.yaml", tasks)).run_id
    )
    kills = 0
    chance = random.Random(1)
    while fresh.client().get_run(run_id).state in ("PENDING", "RUNNING") and kills < 10:
        time.sleep(chance.uniform(0, 0.5))
        fresh.kill()
        kills += 1
        fresh.up()
    run = wait_for_end(fresh.client(), run_id)
    assert set(states(run).values()) == {"SUCCEEDED"}
    assert kills >= 5
    for name in tasks:
        assert (tmp_path / name).read_text().split() == ["begin", "end"], name


def test_a_run_accepted_just_before_kill_9_is_carried_out(fresh: Server, tmp_path: Path) -> None:
    package = compile_package(tmp_path / "p.yaml", {"one": ((), diary(tmp_path, "one", 0))})
    run_id = fresh.client().create_run_from_pipeline_package(package).run_id
    fresh.kill()
    fresh.up()
    assert any("left by a server that has ended" in line for line in fresh.said)
    assert wait_for_end(fresh.client(), run_id).state == "SUCCEEDED"
    assert (tmp_path / "one").read_text().split() == ["begin", "end"]


def test_down_stops_tasks_and_up_runs_them_again(fresh: Server, tmp_path: Path) -> None:
    script = f"echo $$$$ >> {tmp_path}/pids; [ $(wc -l < {tmp_path}/pids) -gt 1 ] || sleep 300"
    package = compile_package(tmp_path / "p.yaml", {"one": ((), script)})
    run_id = fresh.client().create_run_from_pipeline_package(package).run_id
    wait_until(lambda: (tmp_path / "pids").exists() and (tmp_path / "pids").read_text(), 30)
    fresh.down()
    assert not Path(f"/proc/{(tmp_path / 'pids').read_text().split()[0]}").exists()
    assert not fresh.state.server.alive()
    fresh.up()
    assert wait_for_end(fresh.client(), run_id).state == "SUCCEEDED"


def test_a_task_whose_supervisor_was_killed_is_started_again(fresh: Server, tmp_path: Path) -> None:
    import os
    import signal

    from elyra_neurodesk.backend.db.database import Database
    from elyra_neurodesk.backend.db.state import RunStore
    from elyra_neurodesk.backend.pod.pod import read_handles

    script = f"echo x >> {tmp_path}/tries; [ $(wc -l < {tmp_path}/tries) -gt 1 ] || sleep 300"
    package = compile_package(tmp_path / "p.yaml", {"one": ((), script)})
    run_id = fresh.client().create_run_from_pipeline_package(package).run_id
    wait_until(lambda: (tmp_path / "tries").exists() and (tmp_path / "tries").read_text(), 30)
    [directory] = fresh.home.run_directory(run_id).glob("*/1")
    os.kill(read_handles(directory)[1].pid, signal.SIGKILL)
    assert wait_for_end(fresh.client(), run_id).state == "SUCCEEDED"
    task = RunStore(Database(fresh.home.database)).tasks(run_id)[0]
    assert (task.attempt, task.lost, task.failures) == (2, 1, 0)
