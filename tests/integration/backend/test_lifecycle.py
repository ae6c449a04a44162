import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from elyra_neurodesk.backend import lifecycle
from elyra_neurodesk.backend.file_lock import try_lock
from elyra_neurodesk.backend.health import DidNotStart
from elyra_neurodesk.backend.home import BackendState, Home
from elyra_neurodesk.backend.pod.pod import read_handles
from elyra_neurodesk.backend.process_handle import ProcessHandle
from tests.integration.backend.support import Server, compile_package, start, wait_for_end, wait_until
from tests.support.backend import command as command_line
from tests.support.forked_commands import FORKED


def command(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return FORKED.run(command_line("local", *words), env={**os.environ, **env}, timeout=60)


def test_up_twice_says_so_and_takes_new_claims(fresh: Server, tmp_path: Path) -> None:
    before = fresh.state
    fresh.up(claims=(f"data={tmp_path}",))
    assert fresh.state == before
    assert fresh.said[-1].startswith("Already up")
    claims = lifecycle.status(fresh.home).as_json()["claims"]
    assert {"name": "data", "directory": str(tmp_path), "present": True} in claims


def test_two_ups_at_once_start_one_backend(tmp_path: Path) -> None:
    home = tmp_path / "home"
    words = ["up", "--no-register", "--home", str(home)]
    both = [
        subprocess.Popen(command_line("local", *words), stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    try:
        said = [process.communicate(timeout=40)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert sorted(text.split(":")[0] for text in said) == ["Already up", "Up"]
    finally:
        lifecycle.down(Home(home), lambda line: None)


def test_a_port_in_use_that_was_asked_for_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = command("up", "--no-register", "--home", str(tmp_path / "home"), "--port", port)
    assert done.returncode != 0
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert port in done.stderr
    assert "--port" in done.stderr
    assert Home(tmp_path / "home").state() is None


def test_a_port_in_use_that_was_not_asked_for_is_avoided(fresh: Server, tmp_path: Path) -> None:
    other = Home(tmp_path / "other")
    other.make()
    other.config.write_text(f"port: {fresh.state.port}\n")
    state = lifecycle.up(other, lifecycle.Options(), lambda line: None)
    try:
        assert state.port != fresh.state.port
    finally:
        lifecycle.down(other, lambda line: None)


def test_a_state_file_whose_process_number_was_reused_is_replaced(tmp_path: Path) -> None:
    home, said = Home(tmp_path / "home"), list[str]()
    home.make()
    with subprocess.Popen(["sleep", "60"]) as stranger:
        ticks, boot = ProcessHandle.of(stranger.pid).started.split("@")
        earlier = ProcessHandle(stranger.pid, f"{int(ticks) - 1}@{boot}")
        before_reboot = ProcessHandle(stranger.pid, f"{ticks}@{'0' * len(boot)}")
        for other in (earlier, before_reboot):
            home.write_state(BackendState(other, 1))
            assert not lifecycle.status(home).up
            lifecycle.down(home, said.append)
            assert said[-1] == "Not up."
            home.write_state(BackendState(other, 1))
            said.clear()
            state = lifecycle.up(home, lifecycle.Options(), said.append)
            try:
                assert any("left by a server that has ended" in line for line in said)
                assert state.server.pid != stranger.pid
            finally:
                lifecycle.down(home, said.append)
            assert stranger.poll() is None
        stranger.kill()


def test_a_server_that_died_is_started_again_on_its_port(fresh: Server) -> None:
    before = fresh.state
    fresh.kill()
    assert not lifecycle.status(fresh.home).up
    fresh.up()
    assert fresh.state.server != before.server
    assert fresh.state.port == before.port


def test_a_server_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    held = try_lock(home.server_lock)
    assert held is not None
    try:
        with pytest.raises(DidNotStart, match="ND-LOCAL-003"):
            start(home, [])
    finally:
        os.close(held)
    assert home.state() is None


def test_wrong_settings_are_refused_before_anything_starts(tmp_path: Path) -> None:
    done = command("up", "--no-register", "--home", str(tmp_path / "home"), "--claim", "nonsense")
    assert (done.returncode, done.stdout) == (1, "")
    assert "NAME=DIRECTORY" in done.stderr
    assert Home(tmp_path / "home").state() is None


def test_down_of_what_is_not_up_says_so(tmp_path: Path) -> None:
    done = command("down", "--home", str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (0, "Not up.\n")
    assert not (tmp_path / "none").exists()


def test_only_one_server_has_the_database(fresh: Server) -> None:
    words = [
        sys.executable,
        "-m",
        "elyra_neurodesk.backend.server",
        "--home",
        str(fresh.home.path),
        "--port",
        "1",
    ]
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "ND-LOCAL-003" in done.stderr


def test_status_and_logs_are_there_for_people_and_programs(fresh: Server, tmp_path: Path) -> None:
    package = compile_package(tmp_path / "p.yaml", {"one": ((), "echo hello there"), "two": ((), "echo bye")})
    run_id = fresh.client().create_run_from_pipeline_package(package).run_id
    wait_for_end(fresh.client(), run_id)
    home = ("--home", str(fresh.home.path))
    content = json.loads(command("status", "--json", *home).stdout)
    assert content["up"] is True
    assert content["runs"] == {"SUCCEEDED": 1}
    assert content["api_endpoint"] == fresh.state.api_url
    assert content["object_store"] == str(fresh.home.store)
    assert "1 succeeded" in command("status", *home).stdout
    assert "hello there" in command("logs", run_id[:8], "one", *home, "--follow").stdout
    everything = command("logs", run_id, *home).stdout
    assert "hello there" in everything
    assert "bye" in everything
    assert command("logs", "nope", *home).returncode == 1
    assert "no task" in command("logs", run_id, "nope", *home).stderr


def test_up_registers_the_runtime_configuration_and_down_removes_it(tmp_path: Path) -> None:
    env = {"HOME": str(tmp_path), "JUPYTER_DATA_DIR": str(tmp_path / "jupyter")}
    home = ("--home", str(tmp_path / "home"))
    file = tmp_path / "jupyter" / "metadata" / "runtimes" / "neurodesk_this_machine.json"
    try:
        done = command("up", *home, "--claim", f"cvmfs-neurodesk={tmp_path}", **env)
        assert done.returncode == 0, done.stderr
        assert "Neurodesk (this machine)" in done.stdout
        content = json.loads(file.read_text())
        state = Home(tmp_path / "home").state()
        assert state is not None
        assert content["schema_name"] == "neurodesk"
        assert content["metadata"]["api_endpoint"] == state.api_url
        assert content["metadata"]["cos_endpoint"] == (tmp_path / "home/store").as_uri()
        assert content["metadata"]["module_index"] == str(tmp_path)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert command("up", *home, **env).returncode == 0
    finally:
        done = command("down", "--unregister", *home, **env)
    assert done.returncode == 0, done.stderr
    assert not file.exists()


def test_down_after_the_server_was_killed_ends_its_tasks_and_up_runs_them_again(
    fresh: Server, tmp_path: Path
) -> None:
    # one that ends when it is asked to, one that does not and hides: no group, session or environment of ours
    quiet = f"echo $$$$ >> {tmp_path}/pids; [ $(wc -l < {tmp_path}/pids) -gt 2 ] || exec sleep 300"
    hidden = f"env -i setsid sh -c 'trap \"\" TERM; echo $$$$ >> {tmp_path}/pids; exec sleep 300'"
    stubborn = f"trap '' TERM; [ -e {tmp_path}/again ] || {hidden}"
    package = compile_package(tmp_path / "p.yaml", {"quiet": ((), quiet), "stubborn": ((), stubborn)})
    home = fresh.home
    home.config.write_text(home.config.read_text().replace("grace_seconds: 10.0", "grace_seconds: 0.5"))
    run_id = fresh.client().create_run_from_pipeline_package(package).run_id
    wait_until(lambda: len(_lines(tmp_path / "pids")) == 2, 30)
    processes = [ProcessHandle.of(int(pid)) for pid in _lines(tmp_path / "pids")]
    supervisors = [
        one for directory in home.run_directory(run_id).glob("*/1") for one in read_handles(directory)
    ]
    assert len(supervisors) == 4
    fresh.kill()
    (tmp_path / "again").touch()
    assert all(process.alive() for process in (*processes, *supervisors))
    done = command("down", "--home", str(home.path))
    assert done.returncode == 0, done.stderr
    assert "The server had been killed while tasks ran." in done.stdout
    for name in ("quiet", "stubborn"):
        assert f"{name} of run {run_id}" in done.stdout
    assert [process for process in (*processes, *supervisors) if process.alive()] == []
    assert home.state() is None
    assert command("down", "--home", str(home.path)).stdout == "Not up.\n"
    fresh.up()
    assert wait_for_end(fresh.client(), run_id).state == "SUCCEEDED"


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []
