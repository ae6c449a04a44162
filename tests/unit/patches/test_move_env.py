"""A notebook's variables are in its specification, and not in its pod."""

from __future__ import annotations

from dataclasses import replace

import pytest

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.patches.move_env import move_env
from elyra_neurodesk.validate.graph import check_graph
from tests.support.contexts import CATALOG, NOTEBOOK, context


def task(**env: str) -> Task:
    return replace(NOTEBOOK, env=env)


@pytest.mark.parametrize("value", ["plain $5", "{{workflow.uid}}", "$$", "$(HOME)", "a$(b"])
def test_the_bootstrapper_sets_a_variable_whatever_its_value(value: str) -> None:
    moved = move_env(task(**ENVIRONMENT, A=value), context())
    assert moved == replace(NOTEBOOK, env={}, spec=replace(NOTEBOOK.spec, env={**ENVIRONMENT, "A": value}))
    check_graph(TaskGraph("p", "", (moved,)))


@pytest.mark.parametrize(
    "name", ["PATH", "PYTHONPATH", "http_proxy", "PIP_INDEX_URL", "LC_ALL", "MALLOC_ARENA_MAX"]
)
def test_what_is_read_before_the_bootstrapper_stays_and_is_refused(name: str) -> None:
    moved = move_env(task(**{name: "$$"}), context())
    assert moved == task(**{name: "$$"})
    with pytest.raises(NeurodeskError, match=rf"^ND-FIELD-010: Node 'T': environment variable '{name}' is"):
        check_graph(TaskGraph("p", "", (moved,)))


def test_a_catalog_component_is_left_alone() -> None:
    component = replace(CATALOG, env={"A": "$$"})
    assert move_env(component, context()) == component
