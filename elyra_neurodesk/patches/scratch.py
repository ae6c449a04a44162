"""Mount a scratch volume at ``/neurodesktop-storage``."""

from __future__ import annotations

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.paths import SCRATCH

VOLUME = "nd-tmp"
"""Short: Argo stores it for every task some sixteen times. KFP names a claim's volume after the claim."""


def add_scratch(task: Task, context: SubmissionContext) -> Task:
    """Return the task with an emptyDir of limited size there, or the claim that the configuration names."""
    settings = context.settings
    if task.mounts(SCRATCH):
        return task
    if settings.scratch_claim:
        return task.with_platform(pvcMount=[{"constant": settings.scratch_claim, "mountPath": SCRATCH}])
    mount = {"volumeName": VOLUME, "mountPath": SCRATCH, "sizeLimit": settings.scratch_size}
    return task.with_platform(emptyDirMounts=[mount])
