"""Why a pod waits or has failed, from pods and events that a real cluster made."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from typing import Any

import pytest

from elyra_neurodesk.cluster.pods import (
    PROBLEMS,
    PodReason,
    PodReport,
    explain,
    explain_refusal,
    needs_taints,
    newest_by_task,
    refusals,
    report,
    with_taints,
    workflow_nodes,
)
from tests.support.kubeflow import recording


def reports(name: str) -> dict[str, PodReport]:
    recorded = recording(name)
    return newest_by_task(report(pod, recorded.events) for pod in recorded.pods)


def waiting(**changes: Any) -> dict[str, Any]:
    """Return the pod that waits for room, with another status."""
    pod = copy.deepcopy(next(pod for pod in recording("pending-no-room").pods if is_tasks_own(pod)))
    pod["status"] = {"phase": "Pending", **changes}
    return pod


def is_tasks_own(pod: dict[str, Any]) -> bool:
    return pod["metadata"]["annotations"]["pipelines.kubeflow.org/runtime-role"] == "launcher"


def unscheduled(message: str) -> PodReason | None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return explain(waiting(conditions=[condition]))


def with_event(reason: str, message: str, **more: Any) -> PodReason | None:
    event = {"type": "Warning", "reason": reason, "message": message, **more}
    pod = waiting()
    pod["spec"]["nodeName"] = "rig"
    return explain(pod, [event])


@pytest.mark.parametrize(
    ("name", "task", "state", "code", "parts"),
    [
        ("pending-wrong-image", "wi", "PENDING", "ND-KUBE-001", ("vnmd/doesnotexist:1", "no such host")),
        ("pending-no-claim", "hello", "PENDING", "ND-KUBE-005", ("no-such-claim", "namespace kubeflow")),
        ("pending-no-secret", "hello", "PENDING", "ND-KUBE-008", ('secret "no-such-secret" not found',)),
        ("pending-no-room", "big", "PENDING", "ND-KUBE-003", ("asks for cpu 64", "1 Insufficient cpu.")),
        ("failed-no-store", "hello", "FAILED", "ND-KUBE-018", ("container main ended with exit status 1",)),
        ("oom", "oom", "FAILED", "ND-KUBE-010", ("container main", "its limit of 1Gi")),
        ("missingmod", "mm", "FAILED", "ND-MODULE-001", ("the module 'fsl/6.0.7.16' is not in",)),
        ("fail", "fails", "FAILED", "ND-RUN-001", ("ValueError: my own failure",)),
        ("slow", "slow", "FAILED", "ND-KUBE-018", ("exit status 143 (it was stopped from outside)",)),
        ("chain", "strip", "FAILED", "ND-KUBE-017", ("driver ended with exit status 1",)),
    ],
)
def test_a_recorded_pod_is_explained(
    name: str, task: str, state: str, code: str, parts: tuple[str, ...]
) -> None:
    found = reports(name)[task]
    assert found.state == state
    assert found.reason is not None
    assert found.reason.code == code
    assert all(part in found.reason.message for part in parts), found.reason.message
    assert "\n" not in str(found.reason)
    own = {problem.code: problem for problem in PROBLEMS}
    assert bool(found.reason.hint) == (code in own)  # an error of the task's own has its hint in its message


def test_pods_that_are_well_have_no_reason_and_belong_to_their_tasks() -> None:
    found = reports("chain")
    assert {task: one.state for task, one in found.items() if not one.driver} == dict.fromkeys(
        ("acquire", "take", "inform", "tostore"), "SUCCEEDED"
    )
    assert found["acquire"].reason is None
    assert found["acquire"].node == "rig"
    assert (found["acquire"].started, found["acquire"].finished) != (None, None)


def test_a_tasks_own_pod_counts_more_than_its_driver_and_the_newest_attempt_most() -> None:
    pods = [
        PodReport("b", "x", False, "FAILED", report_time(20)),
        PodReport("a", "x", True, "SUCCEEDED", report_time(10)),
        PodReport("c", "x", True, "FAILED", report_time(30)),
    ]
    assert newest_by_task(pods[:2])["x"].name == "b"
    assert newest_by_task(pods)["x"].name == "c"


def report_time(second: int) -> Any:
    return report({"metadata": {"name": "p", "creationTimestamp": f"2026-11-24T12:00:{second}Z"}}).created


@pytest.mark.parametrize(
    ("message", "code", "part"),
    [
        ("0/3 nodes are available: 3 Insufficient memory. preemption: 0/3", "ND-KUBE-003", "memory"),
        ("0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", "ND-KUBE-003", "nvidia.com/gpu"),
        ("0/1 nodes are available: 1 Too many pods.", "ND-KUBE-003", "Too many pods"),
        (
            "0/1 nodes are available: 1 node(s) had untolerated taint(s). preemption: 0/1",
            "ND-KUBE-004",
            "taint",
        ),
        (
            "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.",
            "ND-KUBE-004",
            "2 ",
        ),
        ("0/1 nodes are available: 1 node(s) were unschedulable.", "ND-KUBE-004", "unschedulable"),
        ("0/1 nodes are available: 1 node(s) had volume node affinity conflict.", "ND-KUBE-004", "conflict"),
        (
            "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
            "ND-KUBE-006",
            "cvmfs-neurodesk",
        ),
        (
            'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
            "ND-KUBE-006",
            "cvmfs-neurodesk",
        ),
        (
            '0/1 nodes are available: persistentvolumeclaim "data" is being deleted.',
            "ND-KUBE-005",
            "data is being deleted",
        ),
    ],
)
def test_a_pod_without_a_place_says_what_the_scheduler_lacks(message: str, code: str, part: str) -> None:
    found = unscheduled(message)
    assert found is not None
    assert found.code == code
    assert part in found.message
    assert "preemption" not in found.message


@pytest.mark.parametrize(
    ("why", "message", "code"),
    [
        ("ErrImagePull", 'failed to pull and unpack image "x": denied', "ND-KUBE-001"),
        ("ErrImageNeverPull", 'Container image "x" is not present', "ND-KUBE-001"),
        ("InvalidImageName", 'couldn\'t parse image name "Big:X"', "ND-KUBE-002"),
        ("CreateContainerConfigError", 'configmap "settings" not found', "ND-KUBE-008"),
        ("CreateContainerConfigError", "couldn't find key accesskey in Secret kubeflow/s3", "ND-KUBE-008"),
        (
            "CreateContainerConfigError",
            "container has runAsNonRoot and image will run as root",
            "ND-KUBE-009",
        ),
        ("CreateContainerError", "failed to generate spec: no command specified", "ND-KUBE-009"),
        ("RunContainerError", "exec: python3: not found", "ND-KUBE-009"),
        ("CrashLoopBackOff", "back-off 5m0s restarting failed container", "ND-KUBE-009"),
    ],
)
@pytest.mark.parametrize("kind", ["initContainerStatuses", "containerStatuses"])
def test_a_waiting_container_is_explained(kind: str, why: str, message: str, code: str) -> None:
    found = explain(
        waiting(**{kind: [{"name": "main", "state": {"waiting": {"reason": why, "message": message}}}]})
    )
    assert found is not None
    assert found.code == code
    assert found.hint


def test_an_older_kubelets_reason_for_a_failed_pull_is_read_from_its_event() -> None:
    state = {"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "x:1"'}}
    event = {"type": "Warning", "reason": "Failed", "message": 'Failed to pull image "x:1": not found'}
    found = explain(waiting(containerStatuses=[{"name": "main", "state": state}]), [event])
    assert found is not None
    assert found.message.endswith("(ImagePullBackOff): not found.")


@pytest.mark.parametrize(
    ("reason", "message", "code"),
    [
        ("FailedMount", 'MountVolume.SetUp failed for volume "cvmfs": rpc error: timed out', "ND-KUBE-007"),
        ("FailedMount", 'MountVolume.SetUp failed for volume "s" : secret "lic" not found', "ND-KUBE-008"),
        ("FailedAttachVolume", 'Multi-Attach error for volume "pvc-1"', "ND-KUBE-007"),
        ("FailedCreatePodSandBox", 'plugin type="bridge" failed: no IPs', "ND-KUBE-019"),
        ("FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.", "ND-KUBE-003"),
        (
            "FailedCreate",
            'pods "x" is forbidden: exceeded quota: team, requested: cpu=4, limited: cpu=2',
            "ND-KUBE-013",
        ),
    ],
)
def test_what_only_an_event_says_is_explained(reason: str, message: str, code: str) -> None:
    found = with_event(reason, message)
    assert found is not None
    assert found.code == code
    assert with_event(reason, message, type="Normal") is None


def test_a_warning_that_is_over_is_not_reported() -> None:
    pod = waiting()
    older = {"type": "Warning", "reason": "FailedMount", "message": "timed out"}
    assert explain(pod, [older, {"type": "Normal", "reason": "Started", "message": "Started"}]) is None


@pytest.mark.parametrize(
    ("status", "code", "part"),
    [
        (
            {"reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."},
            "ND-KUBE-011",
            "low on resource",
        ),
        ({"reason": "DeadlineExceeded", "message": "Pod was active too long"}, "ND-KUBE-012", "deadline"),
        (
            {
                "conditions": [
                    {"type": "DisruptionTarget", "status": "True", "message": "preempted by a pod on node n"}
                ]
            },
            "ND-KUBE-015",
            "preempted",
        ),
        ({"reason": "NodeLost", "message": "Node n is gone"}, "ND-KUBE-015", "Node n is gone"),
        (
            {
                "containerStatuses": [
                    {"name": "main", "state": {"terminated": {"exitCode": 1, "message": "no\nway"}}}
                ]
            },
            "",
            "exit status 1: no way",
        ),
        (
            {
                "containerStatuses": [
                    {"name": "main", "state": {"terminated": {"exitCode": 128, "reason": "StartError"}}}
                ]
            },
            "ND-KUBE-009",
            "StartError",
        ),
    ],
)
def test_a_failed_pod_is_explained(status: dict[str, Any], code: str, part: str) -> None:
    found = explain(waiting(**{**status, "phase": "Failed"}))
    assert found is not None
    assert (found.code, part in found.message) == (code, True), found


def test_a_sidecar_that_is_not_ready_waits_for_cvmfs() -> None:
    pod = copy.deepcopy(next(pod for pod in recording("pending-wrong-image").pods if is_tasks_own(pod)))
    sidecar, *others = pod["status"]["initContainerStatuses"]
    sidecar |= {"started": False, "state": {"running": {"startedAt": "2026-11-24T12:00:00Z"}}}
    pod["status"] = {"phase": "Pending", "initContainerStatuses": [sidecar, *others]}
    found = report(pod).reason
    assert found is not None
    assert found.code == "ND-KUBE-014"
    assert "/cvmfs/neurodesk.ardc.edu.au on Kubernetes node rig since 2026-11-24T12:00:00Z" in found.message
    sidecar["started"] = True
    assert report(pod).reason is None


def test_a_pod_that_only_begins_says_what_it_waits_for() -> None:
    pod = waiting()
    assert report(pod).waiting == "waiting for a Kubernetes node"
    pod["spec"]["nodeName"] = "rig"
    assert report(pod).waiting == "starting its containers"
    name = pod["metadata"]["name"]
    pulling = {
        "type": "Normal",
        "reason": "Pulling",
        "message": 'Pulling image "vnmd/neurodesktop:1"',
        "involvedObject": {"name": name},
        "lastTimestamp": "2026-11-24T12:00:00Z",
    }
    assert report(pod, [pulling]).waiting == "pulling image vnmd/neurodesktop:1"
    pulled = {**pulling, "reason": "Pulled", "lastTimestamp": "2026-11-24T12:00:09Z"}
    assert report(pod, [pulled, pulling]).waiting == "starting its containers"


QUOTA = 'pods "x" is forbidden: exceeded quota: team, requested: cpu=4, used: cpu=0, limited: cpu=2'


def test_a_pod_that_was_never_created_is_explained_by_its_workflow() -> None:
    workflow = copy.deepcopy(recording("pending-no-room").workflow)
    assert refusals(workflow) == {}
    for node in workflow["status"]["nodes"].values():
        if node.get("message"):
            node["message"] = QUOTA
    assert refusals(workflow)["big"].code == "ND-KUBE-013"
    assert "requested: cpu=4, used: cpu=0, limited: cpu=2" in refusals(workflow)["big"].message
    refused = explain_refusal('pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot')
    assert refused is not None
    assert refused.code == "ND-KUBE-016"
    assert explain_refusal("PodInitializing") is None


def test_nodes_that_argo_has_compressed_are_read() -> None:
    workflow = recording("pending-no-room").workflow
    nodes = workflow["status"]["nodes"]
    packed = base64.b64encode(gzip.compress(json.dumps(nodes).encode())).decode()
    assert workflow_nodes({"status": {"compressedNodes": packed}}) == workflow_nodes(workflow) == nodes
    assert workflow_nodes({"status": {"compressedNodes": "!"}}) == {}


def test_every_problem_has_a_code_of_its_own_and_a_way_out() -> None:
    assert len({problem.code for problem in PROBLEMS}) == len(PROBLEMS)
    assert all(problem.hint and problem.meaning for problem in PROBLEMS)


def test_taints_that_the_scheduler_does_not_name_are_those_of_the_nodes() -> None:
    reason = unscheduled("0/2 nodes are available: 2 node(s) had untolerated taint(s). preemption: no.")
    assert reason is not None
    assert needs_taints(reason)
    taints = [
        {"key": "gpu", "value": "only", "effect": "NoSchedule"},
        {"key": "node.kubernetes.io/memory-pressure", "effect": "NoSchedule"},
        {"key": "busy", "effect": "PreferNoSchedule"},
    ]
    nodes = [{"spec": {"taints": taints}}, {"spec": {"taints": taints[:1]}}, {"spec": {}}]
    named = "had untolerated taint(s) (gpu=only:NoSchedule, node.kubernetes.io/memory-pressure:NoSchedule)"
    assert named in with_taints(reason, nodes).message
    assert with_taints(reason, [{"spec": {}}]) == reason
    assert not needs_taints(unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint {a: b}."))
