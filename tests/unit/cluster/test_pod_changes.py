"""What a task's pod gets in a cluster."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from elyra_neurodesk.cluster.pod_changes import PodChanges, apply, selects, sidecar
from elyra_neurodesk.patches.sidecar import SCRIPT
from tests.support.recorded_pods import container, recorded_pod, with_kfp_sidecar

ROOT = "/cvmfs/neurodesk.ardc.edu.au"
IMAGE = "vnmd/neurodesktop:2026-09-23"
MOUNT = {
    "name": "cvmfs-neurodesk",
    "mountPath": ROOT,
    "mountPropagation": "HostToContainer",
    "readOnly": True,
}
SIDECAR = {
    "name": "neurodesk-cvmfs",
    "image": IMAGE,
    "command": ["sh", "-c", SCRIPT, ROOT],
    "restartPolicy": "Always",
    "resources": {"limits": {"cpu": "20m", "memory": "64Mi"}},
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "volumeMounts": [MOUNT],
}


def test_a_task_gets_the_sidecar_first_and_the_mount_options_and_nothing_else() -> None:
    pod = recorded_pod("task-admission")
    before = copy.deepcopy(pod)
    expected = recorded_pod("task-admission")
    expected["spec"]["initContainers"].insert(0, SIDECAR)
    container(expected, "main")["volumeMounts"][0] = MOUNT
    assert apply(PodChanges(), pod) == expected
    assert pod == before


def test_twice_is_once() -> None:
    everything = PodChanges("", "nd.json", "notebook", 1000, 100, "smarter-devices/fuse", "lab", "batch")
    once = apply(everything, recorded_pod("task-admission"))
    assert apply(everything, once) == once


def test_the_sidecar_of_a_platform_spec_is_completed_to_the_same_pod() -> None:
    by_kfp = with_kfp_sidecar(recorded_pod("task-admission"), IMAGE)
    assert by_kfp != apply(PodChanges(), recorded_pod("task-admission"))
    assert apply(PodChanges(), by_kfp) == apply(PodChanges(), recorded_pod("task-admission"))


def test_kfp_hardened_the_recorded_sidecar_as_is_stated_here() -> None:
    recorded = container(recorded_pod("task-platform-spec"), "neurodesk-cvmfs")
    made = with_kfp_sidecar(recorded_pod("task-admission"), IMAGE)
    stated = container(made, "neurodesk-cvmfs") | {"imagePullPolicy": "IfNotPresent"}
    # script, its arguments and its limits are what they were on that day
    for field in ("command", "args", "resources"):
        recorded.pop(field)
        stated.pop(field, None)
    assert recorded == stated


def test_everything_that_can_be_asked_for() -> None:
    changes = PodChanges("", "nd.json", "notebook", 1000, 100, "smarter-devices/fuse", "lab", "batch")
    pod = recorded_pod("task-admission")
    pod["spec"] |= {"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
    changed = apply(changes, pod)
    main = container(changed, "main")
    assert main["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "Localhost", "localhostProfile": "nd.json"},
        "appArmorProfile": {"type": "Localhost", "localhostProfile": "notebook"},
        "runAsUser": 1000,
        "runAsGroup": 100,
    }
    assert main["resources"]["limits"] == {"smarter-devices/fuse": "1"}
    assert changed["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "lab"
    assert changed["spec"]["priorityClassName"] == "batch"
    assert not {"priority", "preemptionPolicy"} & changed["spec"].keys()


def test_what_the_task_sets_itself_stays() -> None:
    pod = recorded_pod("task-admission")
    container(pod, "main")["securityContext"]["runAsUser"] = 7
    pod["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] = "own"
    pod["spec"]["priorityClassName"] = "own"
    changed = apply(PodChanges(run_as_user=1000, queue="lab", priority_class="batch"), pod)
    assert container(changed, "main")["securityContext"]["runAsUser"] == 7
    assert changed["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "own"
    assert changed["spec"]["priorityClassName"] == "own"


def test_the_sidecars_image_is_the_annotations_else_the_set_ups_else_the_tasks() -> None:
    def image(annotated: str, chosen: str) -> str:
        pod = recorded_pod("task-admission")
        pod["metadata"]["annotations"]["neurodesk.org/sidecar-image"] = annotated
        return str(container(apply(PodChanges(chosen), pod), "neurodesk-cvmfs")["image"])

    assert [image("a", "b"), image("", "b"), image("", "")] == ["a", "b", IMAGE]


@pytest.mark.parametrize("path", [ROOT, f"{ROOT}/", "/cvmfs", "/cvmfs/"])
def test_a_volume_of_the_nodes_own_at_cvmfs_is_the_one_that_the_sidecar_mounts(path: str) -> None:
    pod = recorded_pod("task-admission")
    container(pod, "main")["volumeMounts"][0] = {"name": "own", "mountPath": path}
    pod["spec"]["volumes"][0] = {"name": "own", "persistentVolumeClaim": {"claimName": "cvmfs"}}
    (mount,) = container(apply(PodChanges(), pod), "neurodesk-cvmfs")["volumeMounts"]
    assert (mount["name"], mount["mountPath"]) == ("own", path)


def _unlabelled() -> dict[str, Any]:
    pod = recorded_pod("task-admission")
    del pod["metadata"]["labels"]["neurodesk.org/cvmfs"]
    return pod


def _unmounted() -> dict[str, Any]:
    pod = recorded_pod("task-admission")
    del container(pod, "main")["volumeMounts"][0]
    return pod


@pytest.mark.parametrize("pod", [recorded_pod("driver"), _unlabelled(), _unmounted()])
def test_drivers_and_pods_that_are_not_tasks_of_ours_stay_as_they_are(pod: dict[str, Any]) -> None:
    assert not selects(pod)
    assert apply(PodChanges(seccomp_profile="nd.json"), pod) == pod


def test_no_probe_can_keep_the_sidecar_from_starting() -> None:
    assert not {"startupProbe", "readinessProbe", "livenessProbe"} & sidecar("i", "v", "/p").keys()
