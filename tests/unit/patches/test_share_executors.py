"""Many tasks share their executors; few keep what is their own."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.bootstrapper.spec import Store, TaskSpec
from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.graph.model import Container, Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import own_inputs
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.patches.labels import PodIdentity, add_identity
from elyra_neurodesk.patches.share_executors import OWN_EXECUTORS, compact


def tasks(count: int) -> tuple[Task, ...]:
    made = []
    for number in range(count):
        spec = TaskSpec("p", "p", f"t-{number}", "T", "a.ipynb", "0" * 64, Store("http://s", "b"))
        task = Task(
            f"t-{number}",
            f"T {number}",
            inputs=own_inputs(spec),
            env={**ENVIRONMENT, "SUBJECT": f"sub-{number} $(x)", "PIP_INDEX_URL": "u"},
            platform={"podMetadata": {"labels": {"mine": "1"}}},
            container=Container("image", ("sh",), (), {"run_id": "String", "task": "String"}),
            spec=spec,
        )
        made.append(add_identity(task, PodIdentity("notebook-script", "p", "p", f"T {number}", "a.ipynb")))
    return tuple(made)


def test_few_tasks_keep_labels_and_environment() -> None:
    graph = TaskGraph("p", "", tasks(OWN_EXECUTORS))
    assert compact(graph) is graph


def test_many_tasks_share_one_executor_and_keep_their_values() -> None:
    graph = compact(TaskGraph("p", "", tasks(OWN_EXECUTORS + 1)))
    spec, platform = compile_graph(graph)
    assert list(spec["deploymentSpec"]["executors"]) == ["exec-t-0"]
    assert len(spec["root"]["dag"]["tasks"]) == OWN_EXECUTORS + 1
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
        assert task.env == {**ENVIRONMENT, "PIP_INDEX_URL": "u"}
        assert task.spec is not None
        assert task.spec.env == {"SUBJECT": f"sub-{number} $(x)"}
        assert task.inputs == own_inputs(task.spec)


def test_a_catalog_task_keeps_its_labels() -> None:
    catalog = replace(tasks(1)[0], name="c", spec=None)
    graph = compact(TaskGraph("p", "", (*tasks(OWN_EXECUTORS), catalog)))
    assert graph.tasks[-1] == catalog
