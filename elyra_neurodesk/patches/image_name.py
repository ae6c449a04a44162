"""Pass the name of its image to a notebook task: it cannot be found out inside the container."""

from __future__ import annotations

from elyra_neurodesk.bootstrapper.image import VARIABLE
from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task


def add_image_name(task: Task, context: SubmissionContext) -> Task:
    """Return a notebook task with the variable that names its image; its record has the image from there."""
    return task.with_default_env({VARIABLE: task.image}) if task.spec else task
