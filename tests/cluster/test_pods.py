"""Pods on a real node, hardened as KFP hardens a task's: what runs, in which order, and how failures look."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cluster.image import NEURODESKTOP
from tests.cluster.node import Cluster
from tests.cluster.objects import FinishedPod, Manifest, create_namespace, create_pod, run_pod, wait_for_pod

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


def waiting_reason(seen: FinishedPod) -> str:
    """Return why the main container waits, "" before there is a reason."""
    statuses = seen.pod["status"].get("containerStatuses", ())
    return str(statuses[0]["state"].get("waiting", {}).get("reason", "")) if statuses else ""


def create_and_wait(cluster: Cluster, pod: Manifest, *reasons: str) -> FinishedPod:
    """Create the pod and return it when its container or an event has one of the reasons."""
    namespace = create_pod(cluster.client, pod)["metadata"]["namespace"]
    return wait_for_pod(
        cluster.client,
        namespace,
        "task",
        lambda seen: {waiting_reason(seen), *seen.reasons()} & set(reasons),
        60,
    )


def test_a_wrong_image_a_missing_secret_a_missing_claim_and_no_room_are_told_by_pod_and_events(
    cluster: Cluster,
) -> None:
    namespaces = [create_namespace(cluster.client) for _ in range(4)]
    image = task_pod(namespaces[0], "true", image="neurodesk.test/not-there:1")
    reference = {"name": "X", "valueFrom": {"secretKeyRef": {"name": "not-there", "key": "x"}}}
    secret = task_pod(namespaces[1], "true", env=[reference])
    volume = {"name": "x", "persistentVolumeClaim": {"claimName": "not-there"}}
    claim = task_pod(namespaces[2], "true", spec={"volumes": [volume]})
    room = task_pod(namespaces[3], "true", resources={"requests": {"memory": "900Ti"}})

    pulled = create_and_wait(cluster, image, "ErrImagePull", "ImagePullBackOff")
    assert "Failed" in pulled.reasons()
    without_secret = create_and_wait(cluster, secret, "CreateContainerConfigError")
    assert without_secret.container("main")["state"]["waiting"]["message"] == 'secret "not-there" not found'
    unscheduled = create_and_wait(cluster, claim, "FailedScheduling")
    assert 'persistentvolumeclaim "not-there" not found' in unscheduled.events[0]["message"]
    unscheduled = create_and_wait(cluster, room, "FailedScheduling")
    assert "Insufficient memory" in unscheduled.events[0]["message"]
