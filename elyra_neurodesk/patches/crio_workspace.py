"""Where tasks work on clusters with CRI-O, whose containers run as a user that owns nothing in the image."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from elyra_neurodesk.graph.model import Task

# elyra/pipeline/kfp/kfp_processor.py, CRIO_VOL_*
VARIABLE = "CRIO_RUNTIME"
VOLUME = {"volumeName": "workspace", "mountPath": "/opt/app-root/src", "sizeLimit": "20Gi"}
WRITABLE = "ELYRA_WRITABLE_CONTAINER_DIR"


def is_crio(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether whoever runs JupyterLab or the command says that the cluster uses CRI-O."""
    return environment.get(VARIABLE, "").lower() == "true"


def add_workspace(task: Task) -> Task:
    """Give a generic task a volume to work in, unless its node mounts something there itself."""
    path = VOLUME["mountPath"]
    mounts = (*task.platform.get("pvcMount", ()), *task.platform.get("emptyDirMounts", ()))
    if task.spec is None or any(mount["mountPath"].rstrip("/") == path for mount in mounts):
        return task
    return task.with_platform(emptyDirMounts=[VOLUME])


def elyra_environment(processor: Any, crio: bool) -> dict[str, str]:
    """Return the variables by which Elyra tells generic tasks about itself (``_collect_envs``).

    The bootstrapper works in the container's current directory if it may write there, else in the
    directory that `WRITABLE` names.

    Args:
        processor: Elyra's runtime processor.
        crio: what `is_crio` says.
    """
    return {
        WRITABLE: VOLUME["mountPath"] if crio else str(getattr(processor, "WCD", "/tmp")),  # noqa: S108
        "ELYRA_ENABLE_PIPELINE_INFO": str(getattr(processor, "enable_pipeline_info", True)),
    }
