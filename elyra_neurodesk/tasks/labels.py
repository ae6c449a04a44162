"""The labels and annotations by which Elyra's pods are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elyra_neurodesk.slugs import label_value
from elyra_neurodesk.tasks.model import Task


@dataclass(frozen=True)
class PodIdentity:
    """What a pod says about where it comes from.

    Attributes:
        node_type: ``notebook-script`` or ``catalog-component``.
        pipeline: the pipeline's name.
        experiment: the KFP experiment's name.
        node: the node's label.
        file: the notebook or script, "" for a catalog node.
        source: the pipeline's file, "" if it is unknown.
        comment: the comment attached to the node in the editor.
    """

    node_type: str
    pipeline: str
    experiment: str
    node: str
    file: str = ""
    source: str = ""
    comment: str = ""

    def labels(self) -> Mapping[str, str]:
        """Return ``elyra/*`` labels (elyra/pipeline/kfp/kfp_processor.py); empty ones are left out."""
        values = {
            "elyra/node-type": self.node_type,
            "elyra/pipeline-name": self.pipeline,
            "elyra/experiment-name": self.experiment,
            "elyra/node-name": self.node,
        }
        return {name: label_value(value) for name, value in values.items() if value}

    def annotations(self) -> Mapping[str, str]:
        """Return ``elyra/*`` annotations; empty ones are left out."""
        values = {
            "elyra/node-file-name": self.file,
            "elyra/pipeline-source": self.source,
            "elyra/node-user-doc": self.comment,
        }
        return {name: value for name, value in values.items() if value}


def add_identity(task: Task, identity: PodIdentity) -> Task:
    """Return the task with the pod's identity; labels that the user set win."""
    return task.with_pod_metadata(identity.labels(), identity.annotations())
