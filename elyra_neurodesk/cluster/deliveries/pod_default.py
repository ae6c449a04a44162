"""Kubeflow's PodDefault (kubeflow.org/v1alpha1), an admission webhook of full Kubeflow installations.

It adds to pods and changes nothing of them: the sidecar comes after KFP's own init containers, CVMFS keeps
the mount options of the task, and image and modules are the same for all tasks, so modules are not fetched
ahead. Its ``initContainers`` are in Kubeflow since they moved to kubeflow/dashboard; `knows_init_containers`
looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elyra_neurodesk.cluster.pod_changes import ENABLED, QUEUE_LABEL, Object, PodChanges, sidecar
from elyra_neurodesk.patches.sidecar import LABEL

NAME = "neurodesk-cvmfs"


def pod_default(changes: PodChanges, namespace: str, image: str, claim: str, path: str) -> Object:
    """Return the PodDefault for the tasks of a namespace.

    Args:
        changes: what it does; of them the sidecar and the queue.
        namespace: of the tasks; it is in effect there alone.
        image: of the sidecar, for all tasks.
        claim: PVC of CVMFS; KFP names a claim's volume after the claim.
        path: where tasks mount it.
    """
    spec: Object = {
        "desc": "Neurodesk: waits for CVMFS and keeps it mounted",
        "selector": {"matchLabels": {LABEL: ENABLED}},
        "initContainers": [sidecar(image, claim, path)],
    }
    if changes.queue:
        spec["labels"] = {QUEUE_LABEL: changes.queue}
    return {
        "apiVersion": "kubeflow.org/v1alpha1",
        "kind": "PodDefault",
        "metadata": {"name": NAME, "namespace": namespace},
        "spec": spec,
    }


def knows_init_containers(definition: Mapping[str, Any]) -> bool:
    """Return whether a CustomResourceDefinition of PodDefault has ``initContainers``."""
    for version in definition["spec"]["versions"]:
        schema = version.get("schema", {}).get("openAPIV3Schema", {})
        spec = schema.get("properties", {}).get("spec", {})
        if version.get("served") and "initContainers" in spec.get("properties", {}):
            return True
    return False
