"""Many tasks share their executors; few keep what is their own."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.graph.model import Container, Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import own_inputs
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.patches.labels import add_labels
from elyra_neurodesk.patches.move_env import move_env
from elyra_neurodesk.patches.share_executors import SHARE_EXECUTORS_ABOVE, share_executors
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.contexts import context


def tasks(count: int) -> tuple[Task, ...]:
    made = []
    for number in range(count):
        spec = TaskSpec("p", "p", f"t-{number}", "T", "a.ipynb", "0" * 64, StorageLocation("http://s", "b"))
        task = Task(
            f"t-{number}",
            f"T {number}",
            inputs=own_inputs(spec.task),
            env={**ENVIRONMENT, "SUBJECT": f"sub-{number} $(x)", "PIP_INDEX_URL": "u"},
            platform={"podMetadata": {"labels": {"mine": "1"}}},
            container=Container("image", ("sh",), (), {"run_id": "String", "task": "String"}),
            spec=spec,
            file="a.ipynb",
        )
        made.append(add_labels(task, context()))
    return tuple(made)


def shared(count: int) -> tuple[Task, ...]:
    nodes = context(nodes=count)
    return tuple(move_env(share_executors(task, nodes), nodes) for task in tasks(count))


def test_few_tasks_keep_their_labels() -> None:
    for task in tasks(2):
        assert share_executors(task, context(nodes=SHARE_EXECUTORS_ABOVE)) is task


def test_many_tasks_share_one_executor_and_keep_their_values() -> None:
    graph = TaskGraph("p", "", shared(SHARE_EXECUTORS_ABOVE + 1))
    spec, platform = compile_graph(graph)
    assert list(spec["deploymentSpec"]["executors"]) == ["exec-t-0"]
    assert len(spec["root"]["dag"]["tasks"]) == SHARE_EXECUTORS_ABOVE + 1
    labels = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-t-0"]["podMetadata"][
        "labels"
    ]
    assert labels == {
        "mine": "1",
        "elyra/node-type": "notebook-script",
        "elyra/pipeline-name": "p",
        "elyra/experiment-name": "p",
    }
    for number, task in enumerate(graph.tasks):
        assert task.env == {"PIP_INDEX_URL": "u"}
        assert task.spec is not None
        assert task.spec.env == {**ENVIRONMENT, "SUBJECT": f"sub-{number} $(x)"}
        assert task.inputs == own_inputs(task.name)


def test_a_catalog_task_keeps_its_labels() -> None:
    catalog = replace(tasks(1)[0], name="c", spec=None)
    assert share_executors(catalog, context(nodes=SHARE_EXECUTORS_ABOVE + 1)) == catalog
