"""The CVMFS volume."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.settings import RuntimeSettings


def add_cvmfs_volume(task: Task, settings: RuntimeSettings) -> Task:
    """Mount the CVMFS claim, unless the node already mounts something at that path.

    KFP can express neither ``readOnly`` nor ``mountPropagation`` for a claim (message PvcMount of
    kubernetes_executor_config.proto); the ``repository`` mode of cvmfs-csi needs neither.
    """
    path = settings.cvmfs_mount_path
    if any(mount["mountPath"].rstrip("/") == path for mount in task.platform.get("pvcMount", ())):
        return task
    return task.with_platform(pvcMount=[{"constant": settings.claim, "mountPath": path}])
