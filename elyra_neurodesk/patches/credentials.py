"""Reference the Kubernetes secret with the object store's credentials."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.settings import RuntimeConfiguration

ACCESS_KEY = "AWS_ACCESS_KEY_ID"
SECRET_KEY = "AWS_SECRET_ACCESS_KEY"  # noqa: S105  the variable's name


def add_credentials(task: Task, context: SubmissionContext) -> Task:
    """Return a notebook task that reads the credentials from the Kubernetes secret.

    Variables of these names that a user typed into a node are dropped, as Elyra drops them
    (elyra/pipeline/processor.py, ``_collect_envs``): they would put a password into the pipeline.
    """
    if task.spec is None:
        return task
    task = replace(
        task, env={name: value for name, value in task.env.items() if name not in (ACCESS_KEY, SECRET_KEY)}
    )
    reference = credentials_reference(context.settings)
    return task if reference is None else task.with_platform(secretAsEnv=[reference])


def credentials_reference(settings: RuntimeConfiguration) -> dict[str, Any] | None:
    """Return the entry of ``secretAsEnv`` with the credentials, None where no secret is named."""
    if settings.secret is None:
        return None
    return {
        "secretName": settings.secret.name,
        "keyToEnv": [
            {"secretKey": settings.secret.access_key_field, "envVar": ACCESS_KEY},
            {"secretKey": settings.secret.secret_key_field, "envVar": SECRET_KEY},
        ],
    }
