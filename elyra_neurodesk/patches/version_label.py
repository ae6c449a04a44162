"""Label a task with the version of its pipeline."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.names import label_value

VERSION = "elyra/pipeline-version"


def add_version_label(task: Task, version: str) -> Task:
    """Return the task with the label ``elyra/pipeline-version``; one that the user set wins."""
    return task.with_pod_metadata({VERSION: label_value(version)}, {})
