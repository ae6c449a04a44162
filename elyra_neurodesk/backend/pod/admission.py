"""What a cluster's admission policy does with a pod labelled for CVMFS, done here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_sidecar(platform: Mapping[str, Any]) -> dict[str, Any]:
    """Return a platform configuration with the CVMFS sidecar that its labels ask for, before the rest.

    A pod that has the sidecar already, is not labelled, or mounts no such claim stays as it is.

    Args:
        platform: a resolved configuration (each pvcMount with its ``claim``).
    """
    from elyra_neurodesk.patches import sidecar

    metadata = platform.get("podMetadata", {})
    containers = platform.get("initContainers", [])
    if metadata.get("labels", {}).get(sidecar.LABEL) != "enabled" or any(
        container["name"] == sidecar.NAME for container in containers
    ):
        return dict(platform)
    annotations = metadata.get("annotations", {})
    claim = annotations.get(sidecar.ANNOTATION_CLAIM, "")
    root = next(
        (mount["mountPath"] for mount in platform.get("pvcMount", []) if mount["claim"] == claim), None
    )
    if root is None:
        return dict(platform)
    image = annotations.get(sidecar.ANNOTATION_IMAGE, "")
    container = sidecar.sidecar_container(image, claim, root)
    return {**platform, "initContainers": [container, *containers]}
