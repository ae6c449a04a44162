import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import elyra_neurodesk
from elyra_neurodesk.backend.pod.model import RunnerConfig
from elyra_neurodesk.backend.pod.mounts import BindMount
from elyra_neurodesk.backend.pod.podfile import describe_pod
from elyra_neurodesk.backend.pod.spawn import can_mount

from .harness import Bench

ROOT = str(Path(elyra_neurodesk.__file__).parents[1])
CVMFS = "/cvmfs/neurodesk.ardc.edu.au"
PVC = {"pvcMount": [{"constant": "cv", "mountPath": CVMFS}]}
# Runs one pod's supervisor for other users, other interpreters and restricted machines.
CLIENT = """
import json, subprocess, sys
from pathlib import Path
from elyra_neurodesk.backend.pod.pod import POD, STATUS
description = json.loads(sys.argv[1])
directory = Path(description["directory"])
directory.mkdir()
(directory / POD).write_text(sys.argv[1])
command = [sys.executable, "-S", "-P", "-m", "elyra_neurodesk.backend.pod.pod", str(directory / POD)]
subprocess.run(command, check=True)
status = json.loads((directory / STATUS).read_text())
print(status["message"])
print((directory / "main.log").read_text(), end="")
sys.exit(status["reason"] != "completed")
"""


@pytest.fixture(scope="module", autouse=True)
def _namespaces(tmp_path_factory):
    places = [str(tmp_path_factory.mktemp(name)) for name in ("source", "target", "stage")]
    if problem := can_mount([BindMount(places[0], places[1])], places[2], lambda: False):
        pytest.skip(f"this machine permits no mount namespaces: {problem}")


@pytest.fixture
def repository(tmp_path):
    place = tmp_path / "repository"
    (place / "neurodesk-modules").mkdir(parents=True)
    (place / "neurodesk-modules" / "here").write_text("seen\n")
    return place


@pytest.fixture
def mounted(bench, repository):
    bench.config = RunnerConfig(claims={"cv": repository}, grace_seconds=1.0)
    return bench


def run_client(python, directory, repository, mount, *command, prefix=()):
    platform = {
        "pvcMount": [{"constant": "cv", "mountPath": mount}],
        "emptyDirMounts": [{"volumeName": "scratch", "mountPath": "/neurodesktop-storage"}],
    }
    env = {"NEURODESK_CVMFS_ROOT": mount, "SCRATCH": "/neurodesktop-storage"}
    attempt = Bench(directory).attempt(*command, platform=platform, env=env)
    pod = describe_pod(attempt, RunnerConfig(claims={"cv": repository}))
    return subprocess.run(
        [*prefix, python, "-c", CLIENT, json.dumps(pod)],
        capture_output=True,
        text=True,
        cwd="/",
        env={**os.environ, "PYTHONPATH": ROOT, "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(directory)},
        check=False,
        timeout=60,
    )


def test_a_claim_is_seen_at_its_mount_path_and_the_host_stays_as_it_is(mounted, repository):
    before = sorted(entry.name for entry in Path("/").iterdir()), Path("/proc/self/mounts").read_text()
    script = f"cat {CVMFS}/neurodesk-modules/here; echo new >{CVMFS}/made; ls -A /; id -u; test -d /proc/self"
    result, directory = mounted.run("sh", "-c", script, platform=PVC)
    assert result.succeeded, result.message
    lines = (directory / "main.log").read_text().splitlines()
    assert lines[0] == "seen"
    assert lines[-1] == str(os.getuid())
    assert set(before[0]) <= set(lines)
    assert (repository / "made").read_text() == "new\n"
    assert (
        sorted(entry.name for entry in Path("/").iterdir()),
        Path("/proc/self/mounts").read_text(),
    ) == before


def test_a_sub_path_and_a_mount_inside_another_mount_are_seen(mounted, repository):
    (repository / "inner").mkdir()
    platform = {
        "pvcMount": [
            {"constant": "cv", "mountPath": "/data-of-pod/deep/er", "subPath": "neurodesk-modules"},
            {"constant": "cv", "mountPath": "/data-of-pod"},
        ]
    }
    (repository / "deep").mkdir()
    result, directory = mounted.run("cat", "/data-of-pod/deep/er/here", platform=platform)
    assert result.succeeded, result.message
    assert (directory / "main.log").read_text() == "seen\n"


def test_a_path_below_an_existing_directory_is_seen_beside_what_is_there(mounted, tmp_path):
    host = tmp_path / "host"
    (host / "old").mkdir(parents=True)
    (host / "file").write_text("host\n")
    (host / "link").symlink_to("file")
    platform = {"pvcMount": [{"constant": "cv", "mountPath": f"{host}/new/place"}]}
    script = f"cat {host}/link {host}/new/place/neurodesk-modules/here; ls {host}"
    result, directory = mounted.run("sh", "-c", script, platform=platform)
    assert result.succeeded, result.message
    assert (directory / "main.log").read_text() == "host\nseen\nfile\nlink\nnew\nold\n"
    assert sorted(entry.name for entry in host.iterdir()) == ["file", "link", "old"]


def test_an_existing_directory_is_covered_for_the_task_alone(mounted, tmp_path):
    host = tmp_path / "covered"
    host.mkdir()
    (host / "hidden").touch()
    platform = {"pvcMount": [{"constant": "cv", "mountPath": str(host)}]}
    result, directory = mounted.run("ls", str(host), platform=platform)
    assert result.succeeded, result.message
    assert (directory / "main.log").read_text() == "neurodesk-modules\n"
    assert [entry.name for entry in host.iterdir()] == ["hidden"]


def test_a_secret_volume_holds_a_file_per_key_and_vanishes(mounted):
    mounted.config = RunnerConfig(secrets={"s": {"password": "hunter2"}})
    platform = {"secretAsVolume": [{"secretName": "s", "mountPath": "/etc/secret-of-pod"}]}
    result, directory = mounted.run("sh", "-c", "wc -c </etc/secret-of-pod/password", platform=platform)
    assert result.succeeded, result.message
    assert (directory / "main.log").read_text().strip() == "7"


def test_user_and_mount_namespaces_inside_a_task_keep_working_as_apptainer_needs(mounted):
    nested = "mount -t tmpfs none /mnt && mount --rbind / /mnt && ls /mnt/cvmfs && echo nested"
    result, directory = mounted.run("unshare", "-Urm", "sh", "-c", nested, platform=PVC)
    assert result.succeeded, result.message
    assert (directory / "main.log").read_text().endswith("nested\n")


def test_a_claim_without_directory_fails_at_once_with_one_line(bench, tmp_path):
    for claims in ({}, {"cv": tmp_path / "gone"}):
        bench.config = RunnerConfig(claims=claims)
        result, directory = bench.run("true", platform=PVC)
        assert (result.succeeded, result.exit_code, result.reason) == (False, None, "setup")
        assert all(part in result.message for part in ("ND-LOCAL-111", "'cv'", CVMFS, "--claim cv=DIRECTORY"))
        assert (directory / "main.log").read_text() == f"{result.message}\n"


@pytest.fixture
def readable_python():
    """Return an interpreter that every user may run, of a version that the runner supports."""
    for python in ("/usr/bin/python3.13", "/usr/bin/python3.12", "/usr/bin/python3.11", "/usr/bin/python3"):
        check = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        if Path(python).exists() and subprocess.run(check, check=False).returncode == 0:
            return python
    pytest.skip("no Python >= 3.11 that other users may run")


@pytest.fixture
def public_place():
    """Return a directory of the user nobody that every user may reach (pytest's own are private)."""
    place = Path("/tmp") / f"elyra-neurodesk-test-{os.getpid()}"
    (place / "repository" / "neurodesk-modules").mkdir(parents=True)
    (place / "repository" / "neurodesk-modules" / "here").write_text("seen\n")
    for path in (place, *place.rglob("*")):
        os.chown(path, 65534, 65534)
    yield place
    shutil.rmtree(place)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv")
def test_an_unprivileged_user_gets_the_same_through_a_user_namespace(readable_python, public_place):
    prefix = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
    script = (
        f"cat {CVMFS}/neurodesk-modules/here; id -u; touch /neurodesktop-storage/x; unshare -Ur echo nested"
    )
    found = run_client(
        readable_python, public_place, public_place / "repository", CVMFS, "sh", "-c", script, prefix=prefix
    )
    if "No module" in found.stderr or "Permission denied" in found.stderr:
        pytest.skip("the user nobody cannot read this checkout")
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout == "\nseen\n65534\nnested\n"


# A user namespace in which the kernel allows no further mount namespace stands for one that forbids them.
FORBIDDEN = ("unshare", "-Ur", "sh", "-c", 'echo 0 >/proc/sys/user/max_mnt_namespaces; exec "$@"', "sh")


def test_where_mounts_are_forbidden_cvmfs_and_scratch_are_mapped(tmp_path, repository):
    script = 'cat "$NEURODESK_CVMFS_ROOT/neurodesk-modules/here" "$1"; echo x >"$SCRATCH/x"; echo "$1"'
    words = ("sh", "-c", script, "sh", f"{CVMFS}/neurodesk-modules/here")
    found = run_client(sys.executable, tmp_path, repository, CVMFS, *words, prefix=FORBIDDEN)
    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stdout.endswith(f"seen\nseen\n{repository}/neurodesk-modules/here\n")
    assert f"permits no mounts: {repository} is used for {CVMFS}" in found.stdout


def test_where_mounts_are_forbidden_another_claim_is_an_error_with_the_way_out(tmp_path, repository):
    found = run_client(sys.executable, tmp_path, repository, "/data-of-pod", "true", prefix=FORBIDDEN)
    assert found.returncode == 1
    line = found.stdout.splitlines()[0]
    assert all(part in line for part in ("ND-LOCAL-112", "'cv'", "/data-of-pod", "user namespaces"))
