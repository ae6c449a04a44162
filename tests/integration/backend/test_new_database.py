"""The database is damaged or lost, and no run is: all are listed again, and what was under way goes on."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.backend.db.damage import DatabaseDamaged
from elyra_neurodesk.backend.snapshots import FILE, read_snapshot
from tests.integration.backend.support import Server, compile_package, states, wait_for_end, wait_until
from tests.support.damage import empty, garbage, gone, no_schema, truncate

Damage = Callable[[Path], None]


def submit(server: Server, file: str, **options: Any) -> str:
    return str(server.client().create_run_from_pipeline_package(file, **options).run_id)


def diary(tmp_path: Path, name: str, between: str = "true") -> str:
    """Return a script that notes its begin and its end."""
    return f"echo begin >> {tmp_path}/{name}; {between}; echo end >> {tmp_path}/{name}"


def lines(tmp_path: Path, name: str) -> list[str]:
    return (tmp_path / name).read_text().split()


def shown(server: Server, run_id: str) -> dict[str, Any]:
    """Return all that the API says of a run."""
    answer = server.session().get(f"{server.url}/apis/v2beta1/runs/{run_id}", timeout=30)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def listed(server: Server) -> list[str]:
    """Return the ids of all runs, in the order of their creation."""
    answer = server.session().get(
        f"{server.url}/apis/v2beta1/runs?page_size=200&sort_by=created_at", timeout=30
    )
    return [run["run_id"] for run in answer.json().get("runs", [])]


def lose_log(server: Server) -> None:
    """Remove the write-ahead log: as long as it is there, SQLite repairs the database with it."""
    for ending in ("-wal", "-shm"):
        server.home.database.with_name(f"db.sqlite{ending}").unlink(missing_ok=True)


@pytest.mark.slow
def test_every_run_is_there_after_every_damage_and_nothing_runs_twice(fresh: Server, tmp_path: Path) -> None:
    fresh.up(parallelism=2)
    chain = {
        "first": ((), diary(tmp_path, "first")),
        "fails": (("first",), f"[ -e {tmp_path}/mended ] || {{ echo no luck >&2; exit 7; }}"),
        "last": (("fails",), diary(tmp_path, "last")),
    }
    failed = submit(fresh, compile_package(tmp_path / "chain.yaml", chain), experiment_name="trials")
    client = fresh.client()
    pipeline = client.upload_pipeline(
        compile_package(tmp_path / "one.yaml", {"one": ((), "echo one")}), pipeline_name="uploaded"
    )
    version = client.list_pipeline_versions(pipeline.pipeline_id).pipeline_versions[0].pipeline_version_id
    default = client.create_experiment("Default").experiment_id
    of_version = client.run_pipeline(
        default, "of a version", pipeline_id=pipeline.pipeline_id, version_id=version
    ).run_id
    canceled = submit(fresh, compile_package(tmp_path / "long.yaml", {"long": ((), "sleep 300")}))
    for run_id in (failed, of_version):
        wait_for_end(client, run_id)
    wait_until(lambda: states(client.get_run(canceled)) == {"long": "RUNNING"}, 20)
    client.terminate_run(canceled)
    wait_for_end(client, canceled)
    client.archive_run(of_version)
    under_way = {
        "begin": ((), diary(tmp_path, "begin")),
        "middle": (("begin",), diary(tmp_path, "middle", f"until [ -e {tmp_path}/go ]; do sleep 0.05; done")),
        "end": (("middle",), diary(tmp_path, "end")),
    }
    running = submit(fresh, compile_package(tmp_path / "way.yaml", under_way))
    blocks = {"blocks": ((), f"until [ -e {tmp_path}/go ]; do sleep 0.05; done")}
    blocking = submit(fresh, compile_package(tmp_path / "blocks.yaml", blocks))
    wait_until(lambda: states(client.get_run(running)).get("middle") == "RUNNING", 30)
    wait_until(lambda: states(client.get_run(blocking)) == {"blocks": "RUNNING"}, 30)
    queued = submit(
        fresh, compile_package(tmp_path / "queue.yaml", {"queued": ((), diary(tmp_path, "queued"))})
    )
    ended = (failed, of_version, canceled)
    wait_until(lambda: all(ends_are_kept(fresh, run_id) for run_id in ended), 10)
    before = {run_id: shown(fresh, run_id) for run_id in ended}
    everything = listed(fresh)
    assert everything == [failed, of_version, canceled, running, blocking, queued]

    for damage in (truncate, garbage, empty, no_schema, gone):
        fresh.kill()
        lose_log(fresh)
        damage(fresh.home.database)
        if damage is not gone:
            with pytest.raises(DatabaseDamaged):
                fresh.up()
        fresh.said.clear()
        fresh.up(new_database=damage is not gone)
        assert "Runs listed again: 3 that had ended, 3 that go on." in fresh.said, damage
        assert not [line for line in fresh.said if line.startswith("Warning")]
        assert listed(fresh) == everything, damage
        assert {run_id: shown(fresh, run_id) for run_id in before} == before, damage
        assert states(fresh.client().get_run(running)) == {
            "begin": "SUCCEEDED",
            "middle": "RUNNING",
            "end": "PENDING",
        }
        assert states(fresh.client().get_run(queued)) == {"queued": "PENDING"}
        assert [found.display_name for found in fresh.client().list_pipelines().pipelines] == ["uploaded"]

    (tmp_path / "go").touch()
    client = fresh.client()
    for run_id in (running, blocking, queued):
        assert wait_for_end(client, run_id).state == "SUCCEEDED"
    for name in ("begin", "middle", "end", "queued", "first"):
        assert lines(tmp_path, name) == ["begin", "end"], name

    (tmp_path / "mended").touch()
    act(fresh, failed, "retry")
    assert wait_for_end(client, failed).state == "SUCCEEDED"
    for name in ("first", "last"):
        assert lines(tmp_path, name) == ["begin", "end"], name

    client.delete_run(canceled)
    assert not fresh.home.run_directory(canceled).exists()
    fresh.down()
    lose_log(fresh)
    gone(fresh.home.database)
    fresh.up()
    assert sorted(listed(fresh)) == sorted({*everything} - {canceled})
    assert fresh.client().get_run(failed).state == "SUCCEEDED"


def act(server: Server, run_id: str, verb: str) -> None:
    answer = server.session().post(f"{server.url}/apis/v2beta1/runs/{run_id}:{verb}", timeout=30)
    assert answer.status_code == 200, answer.text


def ends_are_kept(server: Server, run_id: str) -> bool:
    """Return whether the snapshot of an ended run has its end; it is written after the API knows of it."""
    found = read_snapshot(server.home, run_id)
    return found is not None and found.run.finished_at is not None


def test_what_cannot_be_read_is_one_line_and_stops_nothing(fresh: Server, tmp_path: Path) -> None:
    one = compile_package(tmp_path / "one.yaml", {"one": ((), "echo one")})
    waits = {"one": ((), f"until [ -e {tmp_path}/go ]; do sleep 0.05; done")}
    blocked = submit(fresh, compile_package(tmp_path / "waits.yaml", waits))
    whole, cut, fifo, others, old = (submit(fresh, one) for _ in range(5))
    for run_id in (whole, cut, fifo, others, old):
        wait_for_end(fresh.client(), run_id)
    wait_until(lambda: states(fresh.client().get_run(blocked)) == {"one": "RUNNING"}, 20)
    fresh.down()
    lose_log(fresh)
    gone(fresh.home.database)
    file = {run_id: fresh.home.run_directory(run_id) / FILE for run_id in (cut, fifo, others, old)}
    file[cut].write_bytes(file[cut].read_bytes()[:-20])
    file[others].write_bytes((fresh.home.run_directory(whole) / FILE).read_bytes())
    for run_id in (fifo, old):
        file[run_id].unlink()
    os.mkfifo(file[fifo])
    attempts = fresh.home.run_directory(blocked) / "one"
    attempts.rename(tmp_path / "taken-away")
    attempts.write_text("not a directory")
    fresh.said.clear()
    fresh.up()
    assert sorted(listed(fresh)) == sorted((whole, blocked))
    warnings = [line for line in fresh.said if line.startswith("Warning: ")]
    for run_id, why in (
        (cut, "it is damaged"),
        (fifo, "it is not a regular file"),
        (others, f"it is that of the run '{whole}'"),
    ):
        assert (
            len([line for line in warnings if f"{run_id} cannot be listed again" in line and why in line])
            == 1
        )
    assert any(f"run {blocked} does not go on: " in line for line in warnings)
    assert any(f"1 cannot be listed again, such as {old}" in line for line in warnings)
    assert len(warnings) == 5
    failed = fresh.client().get_run(blocked)
    assert failed.state == "FAILED"
    assert "Not a directory" in failed.error.message
    attempts.unlink()
    (tmp_path / "go").touch()
    act(fresh, blocked, "retry")
    assert wait_for_end(fresh.client(), blocked).state == "SUCCEEDED"


def test_runs_that_an_earlier_version_accepted_get_their_snapshot_at_the_next_start(
    fresh: Server, tmp_path: Path
) -> None:
    run_id = submit(fresh, compile_package(tmp_path / "p.yaml", {"one": ((), "echo one")}))
    wait_for_end(fresh.client(), run_id)
    before = shown(fresh, run_id)
    fresh.down()
    file = fresh.home.run_directory(run_id) / FILE
    file.unlink()
    fresh.up()
    wait_until(file.exists, 10)
    fresh.kill()
    lose_log(fresh)
    gone(fresh.home.database)
    fresh.up()
    assert shown(fresh, run_id) == before


def submit_on(server: Server, package: str, accepted: list[str]) -> None:
    """Submit run after run until the server is gone."""
    client = server.client()
    with suppress(Exception):
        while True:
            accepted.append(client.create_run_from_pipeline_package(package).run_id)


@pytest.mark.slow
def test_runs_accepted_before_a_power_cut_are_carried_out_without_the_database(
    fresh: Server, tmp_path: Path
) -> None:
    """The server is killed at any moment of an acceptance, ten times; what it has answered is kept."""
    chance = random.Random(20261130)
    package = compile_package(tmp_path / "p.yaml", {"one": ((), "echo one")})
    for _ in range(10):
        accepted: list[str] = []
        threads = [
            threading.Thread(target=submit_on, args=(fresh, package, accepted), daemon=True) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        wait_until(partial(len, accepted), 30)
        time.sleep(chance.uniform(0, 0.5))
        fresh.kill()
        for thread in threads:
            thread.join(30)
        lose_log(fresh)
        gone(fresh.home.database)
        fresh.said.clear()
        fresh.up()
        assert not [line for line in fresh.said if line.startswith("Warning")]
        found = listed(fresh)
        assert set(accepted) <= set(found)
        for run_id in found:
            assert wait_for_end(fresh.client(), run_id).state == "SUCCEEDED"
            fresh.client().delete_run(run_id)
