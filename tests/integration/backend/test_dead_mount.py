"""A claim whose file system does not answer: commands say so, and end."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.backend.support import first_port
from tests.support import dead_mount
from tests.support.backend import command

SECONDS = 120  # for three commands on a busy machine; a command that waits for the mount never ends


def beside_dead_mount(
    tmp_path: Path, script: str, seconds: int = SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run a shell script beside a dead mount at ``tmp_path/dead``, with an empty home."""
    (tmp_path / "dead").mkdir()
    (tmp_path / "home").mkdir()
    env = {**os.environ, "HOME": str(tmp_path / "home"), "ELYRA_NEURODESK_HOME": str(tmp_path / "backend")}
    for name in [name for name in env if name.startswith(("JUPYTER", "XDG_"))]:
        del env[name]
    words = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, str(dead_mount.__file__)]
    return subprocess.run(
        [*words, str(tmp_path / "dead"), str(seconds), "sh", "-ec", script],
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        env=env,
        check=False,
    )


@pytest.fixture(autouse=True)
def _mounts(tmp_path_factory: pytest.TempPathFactory) -> None:
    done = beside_dead_mount(tmp_path_factory.mktemp("probe"), "true")
    if done.returncode != 0:
        pytest.skip(f"no FUSE mounts in a user namespace here: {done.stderr[-200:]}")


def test_a_process_does_not_end_while_one_of_its_threads_reads_a_dead_mount(tmp_path: Path) -> None:
    """The mount of these tests is what they say; otherwise they would show nothing."""
    dead = shlex.quote(str(tmp_path / "dead"))
    program = shlex.quote(
        "import os,sys,threading as t; t.Thread(target=os.stat,args=sys.argv[1:],daemon=True).start()"
    )
    done = beside_dead_mount(tmp_path, f"{sys.executable} -c {program} {dead}", seconds=4)
    assert done.returncode == 124


@pytest.mark.slow
def test_up_and_status_name_a_claim_that_does_not_answer_and_end(tmp_path: Path) -> None:
    dead = str(tmp_path / "dead")
    up, status, as_json, down = (
        shlex.join(command("local", *words))
        for words in (
            ("up", "--no-register", "--port", str(first_port()), "--claim", f"cvmfs-neurodesk={dead}"),
            ("status",),
            ("status", "--json"),
            ("down",),
        )
    )
    done = beside_dead_mount(tmp_path, f"{up}; {status}; {as_json} > {tmp_path}/status.json; {down}")
    assert done.returncode == 0, done.stderr
    assert f"PVC cvmfs-neurodesk is {dead}  (does not answer)" in done.stdout
    assert f"claim   cvmfs-neurodesk -> {dead}  (does not answer)" in done.stdout
    assert f"modules none: {dead} does not answer." in done.stdout
    status_json = json.loads((tmp_path / "status.json").read_text())
    assert status_json["claims"] == [{"name": "cvmfs-neurodesk", "directory": dead, "present": False}]
    assert status_json["neurodesk"]["problem"] == f"{dead} does not answer"


@pytest.mark.slow
def test_modules_of_a_dead_repository_are_an_error_and_the_command_ends(tmp_path: Path) -> None:
    listed = shlex.join(command("modules", "list"))
    script = f"NEURODESK_CVMFS_ROOT={shlex.quote(str(tmp_path / 'dead'))} {listed} || echo status $?"
    done = beside_dead_mount(tmp_path, script)
    assert "status 1" in done.stdout
    assert f"{tmp_path / 'dead'} does not answer" in done.stderr
