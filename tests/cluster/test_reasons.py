"""Why a pod waits or has failed, in the words of a real scheduler, kubelet and API server.

All faulty pods are tasks of one run, made at once; each test waits for what is said of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from elyra_neurodesk.cluster.pods import NODE_NAME, RUN_LABEL, PodReason, PodReport, explain_refusal
from elyra_neurodesk.cluster.run_pods import RunPods
from tests.cluster.node import Cluster
from tests.cluster.objects import Manifest, apply, create_namespace, create_pod
from tests.cluster.test_pods import HARDENED, task_pod

RUN_ID = "0b5c6a3e-faults"
WITHIN = 90.0  # seconds; a kubelet looks for disk usage every ten


def volume(name: str, **source: Any) -> dict[str, Any]:
    return {"volumes": [{"name": name, **source}]}


def claim(name: str) -> dict[str, Any]:
    return volume("data", persistentVolumeClaim={"claimName": name})


def from_secret(name: str, key: str = "x") -> list[dict[str, Any]]:
    return [{"name": "X", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}]


KEYS = [{"name": "keys", "mountPath": "/keys"}]
SCRATCH = [{"name": "scratch", "mountPath": "/scratch"}]
MISSING_SECRET = volume("keys", secret={"secretName": "no-such-secret"})
FULL_SCRATCH = volume("scratch", emptyDir={"sizeLimit": "1Mi"})
WRITE = ["sh", "-c", "head -c 9000000 /dev/zero > /scratch/large; sleep 300"]
FILL = ["sh", "-c", "head -c 9000000 /dev/zero > /tmp/large; sleep 300"]

# task: how its pod differs, what its reason is, and what must be in the line
FAULTS: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "image": ({"image": "neurodesk.test/not-there:1"}, "001", ("neurodesk.test/not-there:1", "no such host")),
    "image-name": ({"image": "Not A Name"}, "002", ("'Not A Name'",)),
    "room": (
        {"resources": {"requests": {"memory": "900Ti"}}},
        "003",
        ("memory 900Ti", "Insufficient memory"),
    ),
    "selector": ({"spec": {"nodeSelector": {"gpu": "a100"}}}, "004", ("didn't match Pod's node affinity",)),
    "no-claim": ({"spec": claim("no-such-claim")}, "005", ("no-such-claim does not exist",)),
    "unbound": ({"spec": claim("unbound")}, "006", ("unbound", "PersistentVolumeClaim")),
    "no-secret": ({"env": from_secret("no-such-secret")}, "008", ('secret "no-such-secret" not found',)),
    "no-key": ({"env": from_secret("keys", "no-such-key")}, "008", ("no-such-key", "keys")),
    "no-secret-volume": (
        {"spec": MISSING_SECRET, "volumeMounts": KEYS},
        "008",
        ('secret "no-such-secret" not found',),
    ),
    "root": (
        {"securityContext": {**HARDENED, "runAsNonRoot": True}},
        "009",
        ("runAsNonRoot and image will run as root",),
    ),
    "program": ({"command": ["/no/such/program"]}, "", ("/no/such/program", "no such file or directory")),
    "memory": (
        {
            "command": ["python3", "-c", "x = b'x' * (256 << 20)"],
            "resources": {"limits": {"memory": "64Mi"}},
        },
        "010",
        ("its limit of 64Mi",),
    ),
    "scratch": (
        {"command": WRITE, "spec": FULL_SCRATCH, "volumeMounts": SCRATCH},
        "011",
        ('EmptyDir volume "scratch" exceeds the limit "1Mi"',),
    ),
    "disk": (
        {"command": FILL, "resources": {"limits": {"ephemeral-storage": "1Mi"}}},
        "011",
        ("exceeds", "ephemeral", "1Mi"),
    ),
    "deadline": (
        {"command": ["sleep", "300"], "spec": {"activeDeadlineSeconds": 3}},
        "012",
        ("longer than its deadline allows (3 s)",),
    ),
}


@dataclass(frozen=True)
class Faults:
    """The run of the faulty pods.

    Attributes:
        cluster: where they are.
        pods: what asks for them.
    """

    cluster: Cluster
    pods: RunPods

    def pod(self, task: str, **changes: Any) -> Manifest:
        """Return a pod that is known as that of a task."""
        pod = task_pod(self.pods.namespace, *changes.pop("command", ["true"]), **changes)
        pod["metadata"] |= {
            "name": task,
            "labels": {RUN_LABEL: RUN_ID},
            "annotations": {NODE_NAME: f"run(0).root(0).{task}(0).executor(0)"},
        }
        return pod

    def wait_for(self, task: str, condition: Callable[[PodReport], object]) -> PodReport:
        """Return what is said of a task's pod when that is as the condition wants it."""
        deadline = time.monotonic() + WITHIN
        while not condition(seen := self.pods.by_task(RUN_ID, ())[task]):
            assert time.monotonic() < deadline, seen
            time.sleep(0.5)
        return seen


@pytest.fixture(scope="module")
def faults(cluster: Cluster) -> Faults:
    namespace = create_namespace(cluster.client)
    unbound = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "unbound", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadOnlyMany"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "no-such-class",
        },
    }
    keys = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": namespace}}
    apply(cluster.client, unbound, keys)
    made = Faults(cluster, RunPods(cluster.client, namespace))
    for task, (changes, _, _) in FAULTS.items():
        create_pod(cluster.client, made.pod(task, **dict(changes)))
    return made


@pytest.mark.parametrize("task", FAULTS)
def test_the_reason_is_the_pods_own(faults: Faults, task: str) -> None:
    _, code, parts = FAULTS[task]
    expected = f"ND-KUBE-{code}" if code else ""
    seen = faults.wait_for(task, lambda seen: seen.reason and seen.reason.code == expected)
    check(seen.reason, *parts)


def check(reason: PodReason | None, *parts: str) -> None:
    assert reason is not None
    line = str(reason)
    assert "\n" not in line
    assert [part for part in parts if part not in line] == [], line
    assert len(line) < 800


@contextmanager
def tainted(cluster: Cluster) -> Iterator[None]:
    from kubernetes.client import CoreV1Api

    core = CoreV1Api(cluster.client)
    taint = {"key": "lab", "value": "other", "effect": "NoSchedule"}
    core.patch_node(cluster.node, {"spec": {"taints": [taint]}})
    try:
        yield
    finally:
        core.patch_node(cluster.node, {"spec": {"taints": []}})


def test_a_taint_is_named_and_the_pod_starts_when_it_is_gone(faults: Faults) -> None:
    with tainted(faults.cluster):
        create_pod(faults.cluster.client, faults.pod("taint"))
        seen = faults.wait_for("taint", lambda seen: seen.reason)
        assert seen.reason.code == "ND-KUBE-004"
        check(seen.reason, "untolerated taint", "lab=other:NoSchedule")
    assert faults.wait_for("taint", lambda seen: seen.state == "SUCCEEDED").reason is None


def press(cluster: Cluster) -> None:
    """Let the node be under memory pressure until its kubelet, which has enough, says otherwise."""
    from kubernetes.client import CoreV1Api

    core = CoreV1Api(cluster.client)
    pressed = {
        "type": "MemoryPressure",
        "status": "True",
        "reason": "KubeletHasInsufficientMemory",
        "message": "kubelet has insufficient memory available",
    }
    deadline = time.monotonic() + WITHIN
    while not core.read_node(cluster.node).spec.taints:
        core.patch_node_status(cluster.node, {"status": {"conditions": [pressed]}})
        assert time.monotonic() < deadline, "the controller of nodes adds no taint"
        time.sleep(0.2)


def test_a_node_under_memory_pressure_is_named(faults: Faults) -> None:
    for attempt in range(10):
        task = f"pressure-{attempt}"
        press(faults.cluster)
        create_pod(faults.cluster.client, faults.pod(task))
        seen = faults.wait_for(task, lambda seen: seen.reason or seen.state != "PENDING")
        if seen.reason:
            break  # otherwise the kubelet was faster
    assert seen.reason is not None
    assert seen.reason.code == "ND-KUBE-004"
    check(seen.reason, "node.kubernetes.io/memory-pressure")


def test_what_the_api_server_refuses_is_said_in_its_words(cluster: Cluster) -> None:
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    namespace = create_namespace(cluster.client, labels)
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team", "namespace": namespace},
        "spec": {"hard": {"requests.cpu": "1"}},
    }
    apply(cluster.client, quota)
    large = task_pod(namespace, "true", resources={"requests": {"cpu": "2"}})
    check_refusal(cluster, large, "ND-KUBE-013", "exceeded quota: team", "requests.cpu=2")
    small = {"requests": {"cpu": "10m"}}
    privileged = task_pod(namespace, "true", resources=small, securityContext={"privileged": True})
    check_refusal(cluster, privileged, "ND-KUBE-016", 'violates PodSecurity "baseline', "privileged")


def check_refusal(cluster: Cluster, pod: Manifest, code: str, *parts: str) -> None:
    import json

    from kubernetes.client import ApiException

    deadline = time.monotonic() + WITHIN
    while True:
        with pytest.raises(ApiException) as refused:
            create_pod(cluster.client, pod, dry_run=True)
        said = json.loads(refused.value.body)["message"]
        if "status unknown for quota" not in said:  # its controller has not counted yet
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    reason = explain_refusal(said)
    assert reason is not None
    assert reason.code == code
    check(reason, *parts)
