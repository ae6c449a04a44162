"""What a cluster's admission policy does with a pod labelled for CVMFS, done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_sidecar(platform: Mapping[str, Any], image: str) -> dict[str, Any]:
    """Return a platform configuration with the CVMFS sidecar that a policy would add, before the rest.

    Which pods get one, and what it is, says `cluster.pod_changes`. Of the sidecar only what a platform
    configuration can express is kept (message InitContainer of kubernetes_executor_config.proto).

    Args:
        platform: a resolved configuration (each pvcMount with its ``claim``).
        image: of the task.
    """
    from elyra_neurodesk.cluster.pod_changes import MAIN, PodChanges, apply

    mounts = [
        {"name": mount["claim"], "mountPath": mount["mountPath"]} for mount in platform.get("pvcMount", ())
    ]
    containers = platform.get("initContainers", [])
    pod = {
        "metadata": platform.get("podMetadata", {}),
        "spec": {
            "initContainers": [{"name": container["name"]} for container in containers],
            "containers": [{"name": MAIN, "image": image, "volumeMounts": mounts}],
        },
    }
    added = apply(PodChanges(), pod)["spec"]["initContainers"]
    if len(added) == len(containers):
        return dict(platform)
    sidecar = added[0]
    volumes = [
        {"volumeName": mount["name"], "mountPath": mount["mountPath"]} for mount in sidecar["volumeMounts"]
    ]
    kept = {field: value for field, value in sidecar.items() if field != "securityContext"}
    return {**platform, "initContainers": [{**kept, "volumeMounts": volumes}, *containers]}
