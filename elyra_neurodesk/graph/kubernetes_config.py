"""The Elyra-owned properties of a node (volumes, secrets, labels, ...) as Kubernetes configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elyra_neurodesk.graph.resources import amount

SHARED_MEMORY = "/dev/shm"  # noqa: S108  the path's meaning is Linux'

Json = dict[str, Any]


def kubernetes_config(modifiers: Mapping[str, Any], node: str = "") -> Json:
    """Return JSON of KubernetesExecutorConfig for what Elyra's properties left in an execution object.

    Args:
        modifiers: the execution object that Elyra's ``add_to_execution_object`` filled
            (elyra/pipeline/kfp/kfp_processor.py, ``add_mounted_volume`` and its neighbours).
        node: the node's label, for messages.

    Raises:
        InvalidResource: the size of the shared memory is not a number.
    """
    config: Json = {}
    if volumes := modifiers.get("kubernetes_volumes"):
        config["pvcMount"] = [_volume(path, volume) for path, volume in volumes.items()]
    if secrets := modifiers.get("kubernetes_secrets"):
        config["secretAsEnv"] = [
            {
                "secretName": secret["name"],
                "keyToEnv": [{"secretKey": secret["key"], "envVar": variable}],
            }
            for variable, secret in secrets.items()
        ]
    if tolerations := modifiers.get("kubernetes_tolerations"):
        config["tolerations"] = [
            {key: str(value) for key, value in toleration.items() if value not in (None, "")}
            for toleration in tolerations.values()
        ]
    if memory := modifiers.get("kubernetes_shared_mem_size"):
        config["emptyDirMounts"] = _shared_memory(memory, node)
    metadata = {
        kind: dict(values)
        for kind, values in (
            ("labels", modifiers.get("pod_labels")),
            ("annotations", modifiers.get("pod_annotations")),
        )
        if values
    }
    if metadata:
        config["podMetadata"] = metadata
    return config


def _shared_memory(memory: Mapping[str, Any], node: str) -> list[Json]:
    """Return a volume in memory at `SHARED_MEMORY`.

    KFP has a field ``enabledSharedMemory``, which no backend up to 2.17 reads (backend/src/v2/driver/k8s.go).
    """
    size = amount(memory["size"], f"Node '{node}': Shared Memory Size")
    if size is None:
        return []
    # Elyra's unit "G" is 10^9 bytes, and so is Kubernetes'
    limit = f"{size.normalize():f}{memory['units']}"
    return [{"volumeName": "shm", "mountPath": SHARED_MEMORY, "medium": "Memory", "sizeLimit": limit}]


def _volume(path: str, volume: Mapping[str, Any]) -> Json:
    mount = {"constant": volume["pvc_name"], "mountPath": path}
    if volume.get("sub_path"):
        mount["subPath"] = volume["sub_path"]
    return mount
