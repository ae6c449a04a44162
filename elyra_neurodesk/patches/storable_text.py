"""Replace what KFP's database cannot store in names and annotations."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.names import storable


def replace_unstorable_text(task: Task, context: SubmissionContext) -> Task:
    """Return the task with characters replaced in its display name and annotations; its record keeps them."""
    task = replace(task, display_name=storable(task.display_name))
    metadata = task.platform.get("podMetadata", {})
    if not (annotations := metadata.get("annotations")):
        return task
    kept = {name: storable(value) for name, value in annotations.items()}
    return replace(task, platform={**task.platform, "podMetadata": {**metadata, "annotations": kept}})
