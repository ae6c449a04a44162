"""Elyra's node properties as Kubernetes configuration."""

from __future__ import annotations

import pytest

from elyra_neurodesk.graph.kubernetes_config import image_config, kubernetes_config
from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.graph.resources import InvalidResource
from elyra_neurodesk.patches.crio_workspace import VOLUME, add_workspace, elyra_environment, is_crio
from elyra_neurodesk.patches.labels import EXPERIMENT, VERSION, PodIdentity, add_identity, add_version
from tests.unit.patches.test_share_executors import tasks


def test_shared_memory_is_a_volume_in_memory() -> None:
    config = kubernetes_config({"kubernetes_shared_mem_size": {"size": "2.0", "units": "G"}})
    volume = {"volumeName": "shm", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "2G"}
    assert config == {"emptyDirMounts": [volume]}


def test_a_size_that_is_no_number_is_told_with_the_node() -> None:
    with pytest.raises(InvalidResource, match="Node 'n': Shared Memory Size is 'inf'"):
        kubernetes_config({"kubernetes_shared_mem_size": {"size": "inf", "units": "G"}}, "n")


def test_tolerations_are_texts() -> None:
    toleration = {"key": "k", "operator": "Equal", "value": 0, "effect": None}
    config = kubernetes_config({"kubernetes_tolerations": {"hash": toleration}})
    assert config == {"tolerations": [{"key": "k", "operator": "Equal", "value": "0"}]}


def test_several_runtime_images_of_one_image_are_read_together() -> None:
    images = [
        {"image_name": "a", "pull_policy": "Never"},
        {"image_name": "b", "pull_secret": "other"},
        {"image_name": "a", "pull_policy": "Always", "pull_secret": "mine"},
    ]
    assert image_config("a", images) == {
        "imagePullPolicy": "Never",
        "imagePullSecret": [{"secretName": "mine"}],
    }
    assert image_config("c", images) == {}


@pytest.mark.parametrize(("value", "expected"), [("True", True), ("true", True), ("1", False), ("", False)])
def test_crio_is_what_elyra_takes_for_it(value: str, expected: bool) -> None:
    assert is_crio({"CRIO_RUNTIME": value}) is expected
    assert is_crio({}) is False


def test_on_crio_generic_tasks_work_in_a_volume_unless_the_node_mounts_one_there() -> None:
    (task,) = tasks(1)
    assert add_workspace(task).platform["emptyDirMounts"] == [VOLUME]
    mine = task.with_platform(pvcMount=[{"constant": "c", "mountPath": "/opt/app-root/src/"}])
    assert add_workspace(mine) == mine
    assert add_workspace(Task("c", "c", component="x")) == Task("c", "c", component="x")
    assert elyra_environment(object(), crio=True)["ELYRA_WRITABLE_CONTAINER_DIR"] == "/opt/app-root/src"
    assert elyra_environment(object(), crio=False)["ELYRA_WRITABLE_CONTAINER_DIR"] == "/tmp"


def test_the_version_label_is_the_given_name_or_follows_from_the_content() -> None:
    graph = TaskGraph("p", "", tasks(2))
    named = add_version(graph, "p-0815", "E 1")
    for task in named.tasks:
        labels = task.platform["podMetadata"]["labels"]
        assert labels[VERSION] == "p-0815"
        assert labels[EXPERIMENT].startswith("E_1")
    (first,), (again,), (other,) = (
        {task.platform["podMetadata"]["labels"][VERSION] for task in add_version(made).tasks}
        for made in (graph, TaskGraph("p", "", tasks(2)), TaskGraph("p", "", tasks(3)))
    )
    assert first == again != other


def test_labels_of_the_user_win() -> None:
    task = Task("t", "t", platform={"podMetadata": {"labels": {"elyra/node-name": "mine"}}})
    labels = add_identity(task, PodIdentity("notebook-script", "p", "p", "t")).platform["podMetadata"][
        "labels"
    ]
    assert labels["elyra/node-name"] == "mine"
