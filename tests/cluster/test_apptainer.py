"""What tools that call apptainer need of a pod: user namespaces and mounts, below Pod Security baseline.

apptainer itself is in no registry of packages: `unshare` and a bind mount make the same system calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.cli.main import run as command
from tests.cluster.node import Cluster
from tests.cluster.objects import FinishedPod, run_pod
from tests.cluster.tasks import Tasks, applied, use_cluster
from tests.support.objectstore import running_nanio

PROFILE = "neurodesk.json"
MOUNT = """\
grep -E '^(NoNewPrivs|CapEff):' /proc/self/status
mkdir /tmp/a /tmp/b && touch /tmp/a/mounted
exec unshare -Urm sh -c 'mount --bind /tmp/a /tmp/b && ls /tmp/b' 2>&1
"""
HARDENED = ["CapEff:", "0000000000000000", "NoNewPrivs:", "1"]


@pytest.fixture(scope="module")
def tasks(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tasks]:
    """Yield a namespace whose policy sets the profile that `cluster render` writes, placed on the node."""
    directory = tmp_path_factory.mktemp("apptainer")
    with pytest.MonkeyPatch.context() as patched:
        use_cluster(cluster, directory, patched)
        assert command(["cluster", "render", str(directory / "manifests")]) == 0
        profile = Path(directory / "manifests" / "seccomp" / PROFILE)
        (cluster.seccomp / PROFILE).write_bytes(profile.read_bytes())
        options = ["--pod-security", "baseline", "--seccomp-profile", PROFILE, "--run-as-user", "1000"]
        with running_nanio(directory, host=cluster.address) as store, applied(cluster, store, *options):
            yield Tasks(cluster, store, directory)


def mount_in(tasks: Tasks, labelled: bool = True, **security: Any) -> FinishedPod:
    """Mount in a user namespace of a task; the policy changes the pods of tasks by their label."""
    pod = tasks.tool(MOUNT).pod("tool", **security)
    if not labelled:
        del pod["metadata"]["labels"]["neurodesk.org/cvmfs"]
    return run_pod(tasks.cluster.client, pod)


def test_a_task_may_mount_with_our_profile_as_the_user_that_the_policy_sets(tasks: Tasks) -> None:
    finished = mount_in(tasks)
    main = next(one for one in finished.pod["spec"]["containers"] if one["name"] == "main")
    assert main["securityContext"]["seccompProfile"] == {"type": "Localhost", "localhostProfile": PROFILE}
    assert (main["securityContext"]["runAsUser"], main["securityContext"]["runAsGroup"]) == (1000, 100)
    assert sorted(finished.logs["main"].split()) == sorted([*HARDENED, "mounted"]), finished.logs
    assert finished.phase == "Succeeded"


def test_a_task_may_not_with_the_runtimes_own_profile(tasks: Tasks) -> None:
    finished = mount_in(tasks, labelled=False, runAsUser=1000, runAsGroup=100)
    assert finished.phase == "Failed"
    assert "unshare: unshare failed: Operation not permitted" in finished.logs["main"]


def test_root_without_capabilities_may_not_even_with_our_profile(tasks: Tasks) -> None:
    pod = tasks.tool(MOUNT).pod("tool")
    main = next(one for one in pod["spec"]["containers"] if one["name"] == "main")
    main["securityContext"] |= {"runAsUser": 0, "runAsGroup": 0}
    finished = run_pod(tasks.cluster.client, pod)
    main = next(one for one in finished.pod["spec"]["containers"] if one["name"] == "main")
    assert main["securityContext"]["seccompProfile"]["type"] == "Localhost"
    assert main["securityContext"]["runAsUser"] == 0
    assert finished.phase == "Failed"
    assert "/proc/self/uid_map" in finished.logs["main"]
    assert "Operation not permitted" in finished.logs["main"]
