"""Variables that an engine would rewrite travel in the bootstrapper's JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elyra_neurodesk.bootstrapper.spec import Store, TaskSpec
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import Constant, Container, Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import TASK, own_inputs
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.patches.escape_env import shield
from elyra_neurodesk.validate.fields import check_graph

SPEC = TaskSpec("p", "p", "t", "T", "a.py", "0" * 64, Store("http://s", "b"))


def graph(**env: str) -> TaskGraph:
    container = Container("image", ("sh",), ())
    task = Task("t", "T", inputs=own_inputs(SPEC), env={**ENVIRONMENT, **env}, container=container, spec=SPEC)
    return TaskGraph("p", "", (task,))


@pytest.mark.parametrize("value", ["{{workflow.uid}}", "$$", "$(HOME)", "a$(b"])
def test_a_variable_that_could_be_rewritten_goes_to_the_bootstrapper(value: str) -> None:
    (task,) = shield(graph(A=value, B="plain $5")).tasks
    assert task.env == {**ENVIRONMENT, "B": "plain $5"}
    assert task.spec is not None
    assert task.spec.env == {"A": value}
    told = task.inputs[TASK]
    assert isinstance(told, Constant)
    assert TaskSpec.from_json(told.value, SPEC.common_json()).env == {"A": value}
    check_graph(shield(graph(A=value)))


def test_a_graph_without_such_values_is_not_changed() -> None:
    assert shield(graph(A="x")) == graph(A="x")


@pytest.mark.parametrize("name", ["PATH", "PYTHONPATH", "http_proxy", "PIP_INDEX_URL"])
def test_what_is_read_before_the_bootstrapper_stays_and_is_refused(name: str) -> None:
    assert shield(graph(**{name: "$$"})) == graph(**{name: "$$"})
    with pytest.raises(NeurodeskError, match=rf"^ND-FIELD-010: Node 'T': environment variable '{name}' is"):
        check_graph(shield(graph(**{name: "$$"})))


def test_a_catalog_component_is_left_alone() -> None:
    task = replace(graph().tasks[0], spec=None, container=None)
    assert shield(TaskGraph("p", "", (task,))).tasks == (task,)
