"""Mount the CVMFS claim."""

from __future__ import annotations

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.paths import CVMFS_AUTOMOUNT, CVMFS_ROOT


def add_cvmfs_volume(task: Task, context: SubmissionContext) -> Task:
    """Return the task with the CVMFS claim mounted, unless the node already mounts something in its place.

    What a node mounts at the repository's path or at ``/cvmfs`` is adopted: a claim mounted below another one
    would hide it.

    On a machine without the repository, only pipelines that need no module are submitted: there is no claim.

    KFP can express neither ``readOnly`` nor ``mountPropagation`` for a claim (message PvcMount of
    kubernetes_executor_config.proto); the ``repository`` mode of cvmfs-csi needs neither.
    """
    path = context.settings.cvmfs_mount_path
    places = (path, CVMFS_ROOT, CVMFS_AUTOMOUNT)
    if context.absent_repository or any(task.mounts(place) for place in places):
        return task
    return task.with_platform(pvcMount=[{"constant": context.settings.claim, "mountPath": path}])
