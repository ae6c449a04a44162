"""The labels and annotations by which Elyra's pods are known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.names import label_value

VERSION = "elyra/pipeline-version"
EXPERIMENT = "elyra/experiment-name"


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
            EXPERIMENT: self.experiment,
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


def add_version(graph: TaskGraph, version: str = "", experiment: str = "") -> TaskGraph:
    """Return the graph with the label ``elyra/pipeline-version`` on every pod.

    Args:
        graph: all tasks.
        version: the version's name; when it is not known, the first twelve hex digits of the SHA-256 of
            what the graph holds, so that pods of the same pipeline carry the same version.
        experiment: the experiment's name, when it is not the pipeline's.
    """
    labels = {VERSION: label_value(version or _digest(graph))}
    tasks = tuple(task.with_pod_metadata(labels, {}) for task in graph.tasks)
    if experiment:
        tasks = tuple(_with_experiment(task, label_value(experiment)) for task in tasks)
    return replace(graph, tasks=tasks)


def _digest(graph: TaskGraph) -> str:
    """Return a digest that does not depend on the order of keys, which Elyra takes from sets."""
    return hashlib.sha256(json.dumps(asdict(graph), sort_keys=True).encode()).hexdigest()[:12]


def _with_experiment(task: Task, name: str) -> Task:
    metadata = task.platform["podMetadata"]
    metadata = {**metadata, "labels": {**metadata["labels"], EXPERIMENT: name}}
    return replace(task, platform={**task.platform, "podMetadata": metadata})
