"""Pull policy and pull secret come from Elyra's runtime images."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Container, Task
from elyra_neurodesk.patches.image_pull import add_image_pull, image_pull_config
from tests.support.contexts import context

IMAGES = (
    {"image_name": "a", "pull_policy": "Never"},
    {"image_name": "b", "pull_secret": "other"},
    {"image_name": "a", "pull_policy": "Always", "pull_secret": "mine"},
)
COMPONENT = "name: c\nimplementation: {container: {image: b, command: [sh]}}"


def test_several_runtime_images_of_one_image_are_read_together() -> None:
    assert image_pull_config("a", IMAGES) == {
        "imagePullPolicy": "Never",
        "imagePullSecret": [{"secretName": "mine"}],
    }
    assert image_pull_config("c", IMAGES) == {}


def test_a_notebook_task_gets_them_by_its_image() -> None:
    task = Task("t", "T", container=Container("a", ("sh",), ()))
    assert add_image_pull(task, context(runtime_images=IMAGES)).platform == {
        "imagePullPolicy": "Never",
        "imagePullSecret": [{"secretName": "mine"}],
    }


def test_a_catalog_task_gets_them_by_the_image_of_its_component() -> None:
    task = add_image_pull(Task("c", "C", component=COMPONENT), context(runtime_images=IMAGES))
    assert task.platform == {"imagePullSecret": [{"secretName": "other"}]}
