"""Kubeflow's PodDefault adds the same sidecar."""

from __future__ import annotations

import pytest

from elyra_neurodesk.cluster.deliveries.pod_default import knows_init_containers, pod_default
from elyra_neurodesk.cluster.pod_changes import PodChanges, apply
from tests.support.recorded_pods import container, recorded_pod

ROOT = "/cvmfs/neurodesk.ardc.edu.au"
IMAGE = "vnmd/neurodesktop:2026-09-23"


def test_it_selects_tasks_and_adds_the_sidecar_and_the_queue() -> None:
    pod = apply(PodChanges(queue="lab"), recorded_pod("task-admission"))
    assert pod_default(PodChanges(queue="lab"), "kubeflow", IMAGE, "cvmfs-neurodesk", ROOT) == {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": "neurodesk-cvmfs", "namespace": "kubeflow"},
        "spec": {
            "desc": "Neurodesk: waits for CVMFS and keeps it mounted",
            "selector": {"matchLabels": {"neurodesk.org/cvmfs": "enabled"}},
            "initContainers": [container(pod, "neurodesk-cvmfs")],
            "labels": {"kueue.x-k8s.io/queue-name": "lab"},
        },
    }


@pytest.mark.parametrize(
    ("served", "fields", "known"),
    [
        (True, {"initContainers": {}}, True),
        (True, {"env": {}}, False),
        (False, {"initContainers": {}}, False),
    ],
)
def test_the_definition_says_whether_it_can(served: bool, fields: dict[str, object], known: bool) -> None:
    schema = {"properties": {"spec": {"properties": fields}}}
    version = {"name": "v1alpha1", "served": served, "schema": {"openAPIV3Schema": schema}}
    assert knows_init_containers({"spec": {"versions": [version]}}) is known
