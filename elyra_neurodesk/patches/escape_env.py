"""Move environment values that Argo or Kubernetes would expand into the task specification."""

from __future__ import annotations

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.early_env import is_read_before_bootstrapper
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.patches.spec_env import move_env_to_spec


def escape_env(task: Task, context: SubmissionContext) -> Task:
    """Return a notebook task whose variables with ``{{``, ``$$`` or ``$(`` are in its specification.

    There every ``$`` and every ``{{`` is a JSON escape; the bootstrapper sets the variables for the user's
    code. Variables that are read before the bootstrapper runs stay where they are; `validate` refuses them.
    """
    if task.spec is None:
        return task
    moved = {
        name: value
        for name, value in task.env.items()
        if is_expandable(value) and name not in ENVIRONMENT and not is_read_before_bootstrapper(name)
    }
    return move_env_to_spec(task, moved) if moved else task


def is_expandable(text: str) -> bool:
    """Return whether Argo or Kubernetes may read more than text in an environment variable's value."""
    return "{{" in text or "$$" in text or "$(" in text
