"""Pods carry Elyra's labels and annotations."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.patches import graph_digest
from elyra_neurodesk.patches.labels import add_labels
from elyra_neurodesk.patches.version_label import VERSION, add_version_label
from tests.support.contexts import context
from tests.unit.patches.test_share_executors import tasks


def test_a_component_has_labels_and_annotations_of_what_is_known() -> None:
    task = add_labels(
        Task("t", "step", component="x", comment="why"),
        context(pipeline="P", source="p.pipeline"),
    )
    assert task.platform == {
        "podMetadata": {
            "labels": {
                "elyra/node-type": "catalog-component",
                "elyra/pipeline-name": "P",
                "elyra/experiment-name": "p",
                "elyra/node-name": "step",
            },
            "annotations": {"elyra/pipeline-source": "p.pipeline", "elyra/node-user-doc": "why"},
        }
    }


def test_labels_of_the_user_win() -> None:
    task = Task("t", "t", platform={"podMetadata": {"labels": {"elyra/node-name": "mine"}}})
    labels = add_labels(task, context()).platform["podMetadata"]["labels"]
    assert labels["elyra/node-name"] == "mine"


def test_the_version_label_follows_from_the_content() -> None:
    digests = [graph_digest(TaskGraph("p", "", tasks(count))) for count in (2, 2, 3)]
    assert digests[0] == digests[1] != digests[2]
    (task,) = tasks(1)
    assert add_version_label(task, digests[0]).platform["podMetadata"]["labels"][VERSION] == digests[0]
