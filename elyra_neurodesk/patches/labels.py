"""Add the labels and annotations by which Elyra's pods are known (elyra/pipeline/kfp/kfp_processor.py)."""

from __future__ import annotations

from collections.abc import Mapping

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.names import label_value

NODE_NAME = "elyra/node-name"
NODE_FILE = "elyra/node-file-name"
NODE_COMMENT = "elyra/node-user-doc"


def add_labels(task: Task, context: SubmissionContext) -> Task:
    """Return the task with ``elyra/*`` labels and annotations; no empty ones, and the user's own win."""
    labels = {
        "elyra/node-type": "notebook-script" if task.spec else "catalog-component",
        "elyra/pipeline-name": context.pipeline,
        # Elyra names the KFP experiment after the pipeline
        "elyra/experiment-name": context.pipeline.lower(),
        NODE_NAME: task.display_name,
    }
    annotations = {
        NODE_FILE: task.file,
        "elyra/pipeline-source": context.source,
        NODE_COMMENT: task.comment,
    }
    return task.with_pod_metadata(
        {name: label_value(value) for name, value in _filled(labels).items()}, _filled(annotations)
    )


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
