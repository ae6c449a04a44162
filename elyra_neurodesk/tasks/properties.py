"""The Elyra-owned properties of a node (volumes, secrets, labels, ...) as Kubernetes configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def kubernetes_config(modifiers: Mapping[str, Any]) -> Json:
    """Return JSON of KubernetesExecutorConfig for what Elyra's properties left in an execution object.

    Args:
        modifiers: the execution object that Elyra's ``add_to_execution_object`` filled
            (elyra/pipeline/kfp/kfp_processor.py, ``add_mounted_volume`` and its neighbours).
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
            {key: value for key, value in toleration.items() if value} for toleration in tolerations.values()
        ]
    if memory := modifiers.get("kubernetes_shared_mem_size"):
        # Elyra's unit "G" is 10^9 bytes, and so is Kubernetes'
        config["enabledSharedMemory"] = {"volumeName": "shm", "size": f"{memory['size']}{memory['units']}"}
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


def _volume(path: str, volume: Mapping[str, Any]) -> Json:
    mount = {"constant": volume["pvc_name"], "mountPath": path}
    if volume.get("sub_path"):
        mount["subPath"] = volume["sub_path"]
    return mount


def image_config(image: str, runtime_images: list[Mapping[str, Any]]) -> Json:
    """Return pull policy and pull secret that Elyra's runtime images say about ``image``.

    Args:
        image: the node's runtime image.
        runtime_images: ``metadata`` objects of the schemaspace ``runtime-images``.
    """
    for known in runtime_images:
        if known.get("image_name") == image:
            config: Json = {}
            if known.get("pull_policy"):
                config["imagePullPolicy"] = known["pull_policy"]
            if known.get("pull_secret"):
                config["imagePullSecret"] = [{"secretName": known["pull_secret"]}]
            return config
    return {}
