"""Move environment variables from a notebook task's pod into its specification."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.early_env import is_read_before_bootstrapper


def move_env(task: Task, context: SubmissionContext) -> Task:
    """Return a notebook task whose variables its bootstrapper sets for the user's code.

    Argo copies those of the pod several times and expands ``{{…}}`` in them, Kubernetes ``$(…)`` and ``$$``.
    What is read before the bootstrapper runs stays in the pod; `validate` refuses it where it would be
    expanded. Catalog tasks have no bootstrapper.
    """
    if task.spec is None:
        return task
    moved = {name: value for name, value in task.env.items() if not is_read_before_bootstrapper(name)}
    kept = {name: value for name, value in task.env.items() if name not in moved}
    return replace(task, env=kept, spec=replace(task.spec, env={**task.spec.env, **moved}))
