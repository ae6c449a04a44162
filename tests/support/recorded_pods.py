"""Pods as Kubeflow Pipelines and Argo sent them to the API server, recorded (tests/data/kubeflow)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_RECORDED = Path(__file__).parents[1] / "data" / "kubeflow"


def recorded_pod(name: str) -> dict[str, Any]:
    """Return a pod: ``task-admission``, ``task-platform-spec`` or ``driver``."""
    pod: dict[str, Any] = json.loads((_RECORDED / f"{name}.json").read_text("utf-8"))
    return pod


def container(pod: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a pod's container or init container of this name."""
    everything = [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
    found: dict[str, Any] = next(one for one in everything if one["name"] == name)
    return found


def with_kfp_sidecar(pod: dict[str, Any], image: str) -> dict[str, Any]:
    """Add the sidecar in place, as KFP's driver and Argo make it of a platform spec: hardened, and first."""
    from elyra_neurodesk.cluster.pod_changes import sidecar

    made = sidecar(image, "cvmfs-neurodesk", "/cvmfs/neurodesk.ardc.edu.au")
    for mount in made["volumeMounts"]:
        del mount["mountPropagation"], mount["readOnly"]
    pod["spec"]["initContainers"].insert(0, made)
    return pod
