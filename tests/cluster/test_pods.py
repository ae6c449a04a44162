"""Pods on a real node, hardened as KFP hardens a task's: what runs, in which order, and how failures look."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.image import NEURODESKTOP
from tests.cluster.node import Cluster
from tests.cluster.objects import Manifest, create_namespace, run_pod

# the security context of KFP 2.17's task pods, as recorded on a cluster
HARDENED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def task_pod(namespace: str, *command: str, spec: dict[str, Any] | None = None, **container: Any) -> Manifest:
    """Return a pod that runs the command as KFP would have it; ``container`` changes its container."""
    main = {
        "name": "main",
        "image": NEURODESKTOP,
        "imagePullPolicy": "IfNotPresent",
        "command": list(command),
        "securityContext": HARDENED,
        **container,
    }
    more = spec or {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "task", "namespace": namespace},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 5, **more, "containers": [main]},
    }


@pytest.mark.parametrize(("uid", "gid"), [(0, 0), (1000, 100)])
def test_a_hardened_pod_runs_as_root_and_as_jovyan_without_a_capability(
    cluster: Cluster, uid: int, gid: int
) -> None:
    script = "id -u; id -g; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status"
    user = {"securityContext": {"runAsUser": uid, "runAsGroup": gid}}
    namespace = create_namespace(cluster.client, {"pod-security.kubernetes.io/enforce": "baseline"})
    finished = run_pod(cluster.client, task_pod(namespace, "sh", "-c", script, spec=user))
    assert finished.phase == "Succeeded"
    assert finished.logs["main"].split() == [
        *(str(uid), str(gid)),
        *("CapEff:", "0" * 16, "NoNewPrivs:", "1", "Seccomp:", "2"),
    ]


def test_a_native_sidecar_starts_before_the_task_and_ends_after_it(cluster: Cluster) -> None:
    sidecar = {
        "name": "sidecar",
        "image": NEURODESKTOP,
        "imagePullPolicy": "IfNotPresent",
        "restartPolicy": "Always",
        "command": ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done"],
        "securityContext": HARDENED,
    }
    namespace = create_namespace(cluster.client)
    pod = task_pod(namespace, "sleep", "2", spec={"initContainers": [sidecar]})
    finished = run_pod(cluster.client, pod)
    first, last = (finished.container(name)["state"]["terminated"] for name in ("sidecar", "main"))
    assert finished.phase == "Succeeded"
    assert (first["exitCode"], last["exitCode"]) == (0, 0)
    assert first["startedAt"] <= last["startedAt"]
    assert first["finishedAt"] >= last["finishedAt"]


def test_a_pod_that_needs_too_much_memory_is_oom_killed(cluster: Cluster) -> None:
    namespace = create_namespace(cluster.client)
    resources = {"limits": {"memory": "64Mi"}, "requests": {"memory": "64Mi"}}
    pod = task_pod(namespace, "python3", "-c", "x = b'x' * (256 << 20)", resources=resources)
    state = run_pod(cluster.client, pod).container("main")["state"]["terminated"]
    assert (state["reason"], state["exitCode"]) == ("OOMKilled", 137)
