"""Set the environment variables that Elyra sets in notebook tasks (``_collect_envs`` of its processor)."""

from __future__ import annotations

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.crio_workspace import WORKSPACE

WRITABLE = "ELYRA_WRITABLE_CONTAINER_DIR"


def add_elyra_environment(task: Task, context: SubmissionContext) -> Task:
    """Return a notebook task with the variables; the node's own win.

    The bootstrapper works in the container's current directory if it may write there, else in the directory
    that `WRITABLE` names.
    """
    if task.spec is None:
        return task
    return task.with_default_env(
        {
            WRITABLE: WORKSPACE if context.crio else context.writable_directory,
            "ELYRA_ENABLE_PIPELINE_INFO": str(context.pipeline_info),
        }
    )
