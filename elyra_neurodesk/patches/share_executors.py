"""Share executors between tasks by dropping per-node pod metadata.

KFP limits a workflow to about 700 kB. An executor with its volumes and its sidecar takes 2 kB, the rest of a
task 0.3 kB; but one pod label of a node's own makes its executor a different one.
"""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.labels import NODE_COMMENT, NODE_FILE, NODE_NAME

SHARE_EXECUTORS_ABOVE = 20
"""Up to this number of nodes every pod carries its node's name and file."""

NODE_LABELS = frozenset({NODE_NAME})
NODE_ANNOTATIONS = frozenset({NODE_FILE, NODE_COMMENT})


def share_executors(task: Task, context: SubmissionContext) -> Task:
    """Return a notebook task of a large pipeline without what differs from node to node in its pod.

    Labels and annotations with the node's name and file are left out: the name stays the task's display
    name, and both are in the task's record. Labels and annotations that the user set are not touched.
    """
    if task.spec is None or context.nodes <= SHARE_EXECUTORS_ABOVE:
        return task
    metadata = task.platform.get("podMetadata")
    if not metadata:
        return task
    kept = {
        kind: {name: value for name, value in metadata.get(kind, {}).items() if name not in dropped}
        for kind, dropped in (("labels", NODE_LABELS), ("annotations", NODE_ANNOTATIONS))
    }
    kept = {kind: values for kind, values in kept.items() if values}
    platform = {name: value for name, value in task.platform.items() if name != "podMetadata"}
    return replace(task, platform={**platform, "podMetadata": kept} if kept else platform)
