"""Add a volume to work in on clusters with CRI-O.

Containers run there as a user that owns nothing in the image.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task

# elyra/pipeline/kfp/kfp_processor.py, CRIO_VOL_*
VARIABLE = "CRIO_RUNTIME"
WORKSPACE = "/opt/app-root/src"
VOLUME = {"volumeName": "workspace", "mountPath": WORKSPACE, "sizeLimit": "20Gi"}


def is_crio(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the environment of JupyterLab or of the command says that the cluster uses CRI-O."""
    return environment.get(VARIABLE, "").lower() == "true"


def add_crio_workspace(task: Task, context: SubmissionContext) -> Task:
    """Return a notebook task with the volume, unless its node mounts something there itself."""
    if not context.crio or task.spec is None or task.mounts(WORKSPACE):
        return task
    return task.with_platform(emptyDirMounts=[VOLUME])
