"""Variables that an engine would rewrite travel in the bootstrapper's JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import Constant, Container, Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import TASK, own_inputs
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.patches.escape_env import escape_env
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.validate.graph import check_graph
from tests.support.contexts import context

SPEC = TaskSpec("p", "p", "t", "T", "a.py", "0" * 64, StorageLocation("http://s", "b"))


def task(**env: str) -> Task:
    container = Container("image", ("sh",), ())
    return Task("t", "T", inputs=own_inputs(SPEC), env={**ENVIRONMENT, **env}, container=container, spec=SPEC)


def graph(task: Task) -> TaskGraph:
    return TaskGraph("p", "", (task,))


@pytest.mark.parametrize("value", ["{{workflow.uid}}", "$$", "$(HOME)", "a$(b"])
def test_a_variable_that_could_be_rewritten_goes_to_the_bootstrapper(value: str) -> None:
    escaped = escape_env(task(A=value, B="plain $5"), context())
    assert escaped.env == {**ENVIRONMENT, "B": "plain $5"}
    assert escaped.spec is not None
    assert escaped.spec.env == {"A": value}
    told = escaped.inputs[TASK]
    assert isinstance(told, Constant)
    assert TaskSpec.from_json(told.value, SPEC.common_json()).env == {"A": value}
    check_graph(graph(escape_env(task(A=value), context())))


def test_a_task_without_such_values_is_not_changed() -> None:
    assert escape_env(task(A="x"), context()) == task(A="x")


@pytest.mark.parametrize("name", ["PATH", "PYTHONPATH", "http_proxy", "PIP_INDEX_URL"])
def test_what_is_read_before_the_bootstrapper_stays_and_is_refused(name: str) -> None:
    escaped = escape_env(task(**{name: "$$"}), context())
    assert escaped == task(**{name: "$$"})
    with pytest.raises(NeurodeskError, match=rf"^ND-FIELD-010: Node 'T': environment variable '{name}' is"):
        check_graph(graph(escaped))


def test_a_catalog_component_is_left_alone() -> None:
    component = replace(task(A="$$"), spec=None, container=None)
    assert escape_env(component, context()) == component
