"""Patches: pure functions from a task to the task that runs on Neurodesk."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.credentials import add_credentials
from elyra_neurodesk.patches.cvmfs import add_cvmfs_volume
from elyra_neurodesk.patches.environment import add_environment, add_image_name
from elyra_neurodesk.patches.scratch import add_scratch
from elyra_neurodesk.patches.sidecar import ResolvedDelivery, add_sidecar
from elyra_neurodesk.settings import RuntimeSettings


def patch_task(task: Task, settings: RuntimeSettings, delivery: ResolvedDelivery, image: str) -> Task:
    """Return the task with everything that Neurodesk needs.

    Args:
        task: generic or catalog task.
        settings: the runtime configuration.
        delivery: how the sidecar is delivered.
        image: the task's container image.
    """
    for patch in (add_cvmfs_volume, add_scratch, add_environment, add_credentials):
        task = patch(task, settings)
    return add_sidecar(add_image_name(task, image), settings, delivery, image)
