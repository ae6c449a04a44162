"""The scratch volume at ``/neurodesktop-storage``."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.settings import SCRATCH, RuntimeSettings

VOLUME = "neurodesktop-storage"


def add_scratch(task: Task, settings: RuntimeSettings) -> Task:
    """Mount an emptyDir with a size limit, or the claim that the runtime configuration names."""
    if any(mount["mountPath"].rstrip("/") == SCRATCH for mount in task.platform.get("pvcMount", ())):
        return task
    if settings.scratch_claim:
        return task.with_platform(pvcMount=[{"constant": settings.scratch_claim, "mountPath": SCRATCH}])
    mount = {"volumeName": VOLUME, "mountPath": SCRATCH, "sizeLimit": settings.scratch_size}
    return task.with_platform(emptyDirMounts=[mount])
