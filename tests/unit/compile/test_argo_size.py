"""What Argo has to store of a run, against what a real cluster stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from elyra_neurodesk.compile.argo_size import (
    FIXED,
    MAX_WORKFLOW,
    STATE,
    TEMPLATE,
    TooManyTasks,
    check_workflow_size,
    workflow_size,
)
from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.settings import SidecarDelivery
from tests.support.argo_workflow import (
    compact,
    compressed,
    drivers,
    in_todays_form,
    nodes_of,
    notebooks,
    of_tasks,
    recorded_workflow,
)

DELIVERIES: tuple[SidecarDelivery, ...] = ("platform-spec", "admission")


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """A run of 25 notebooks on KFP 2.17 and Argo 4.0.8."""
    return recorded_workflow()


def size(count: int, delivery: SidecarDelivery = "platform-spec") -> int:
    return workflow_size(compile_graph(notebooks(names(count), delivery)))


def check(count: int) -> None:
    check_workflow_size("wide", compile_graph(notebooks(names(count), "platform-spec")))


def names(count: int) -> tuple[str, ...]:
    return tuple(f"n{number}" for number in range(count))


def test_what_is_not_of_tasks_takes_less_than_the_model_says(recorded: dict[str, Any]) -> None:
    (root,) = (one for one in recorded["spec"]["templates"] if one["name"] == "root")
    states = recorded["status"]["compressedNodes"]
    of_all_tasks = len(compact(root)) + len(compact(recorded["spec"]["arguments"])) + len(states)
    rest = len(compact(recorded)) - of_all_tasks
    assert 0.8 * FIXED < rest < FIXED
    tasks = root["dag"]["tasks"]
    assert len(tasks) == 50  # a driver and a task for each of 25
    said = sum(
        len(compact(one["value"])) + len(task.get("depends", ""))
        for task in tasks
        for one in task["arguments"]["parameters"]
        if one["name"] == "task"
    )
    assert 0.9 * TEMPLATE < (len(compact(tasks)) - said) / 25 < TEMPLATE


def test_the_states_of_a_recorded_run_are_compressed_here_as_argo_did(recorded: dict[str, Any]) -> None:
    nodes = nodes_of(recorded)
    assert len(drivers(nodes)) == 25
    assert 1 <= len(recorded["status"]["compressedNodes"]) / len(compressed(nodes)) < 1.05


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_the_states_of_a_task_take_less_than_the_model_says(
    recorded: dict[str, Any], delivery: SidecarDelivery
) -> None:
    today = in_todays_form(recorded, delivery)
    for count in (25, 200):
        states = 1.05 * len(compressed(of_tasks(today, count)))
        assert 0.75 * STATE < states / count < STATE


def test_what_a_task_writes_into_the_states_before_they_are_compressed(recorded: dict[str, Any]) -> None:
    before = len(compact(nodes_of(recorded))) / 25
    after = [len(compact(in_todays_form(recorded, delivery))) / 25 for delivery in DELIVERIES]
    assert round(before / 1000) == 61
    assert [round(one / 1000) for one in after] == [37, 33]


@pytest.mark.parametrize("delivery", DELIVERIES)
def test_the_model_is_above_the_recorded_form_and_not_far_above(
    recorded: dict[str, Any], delivery: SidecarDelivery
) -> None:
    """The workflow's specification is taken as it was: then, a task's own part stood in it."""
    states = len(compressed(in_todays_form(recorded, delivery)))
    real = len(compact(recorded)) - len(recorded["status"]["compressedNodes"]) + states
    assert 0.8 * real < size(25, delivery) < 1.3 * real


def test_a_hundred_tasks_which_ran_are_accepted() -> None:
    check(100)


@pytest.mark.parametrize("count", [320, 480])
def test_tasks_that_a_cluster_never_started_are_refused_with_the_number_and_a_way_out(count: int) -> None:
    with pytest.raises(TooManyTasks) as caught:
        check(count)
    message = str(caught.value)
    assert f"has {count} tasks" in message
    assert f"{MAX_WORKFLOW:,}" in message
    assert "Split the pipeline" in message
    allowed = int(message.partition(" tasks like these")[0].rpartition("about ")[2])
    assert 200 < allowed < 260
    check(allowed)


def test_long_values_count_as_well_as_tasks() -> None:
    graph = notebooks(names(100), "platform-spec")
    long = tuple(replace(task, env={"PIP_LONG": f"{n}" + "x" * 9000}) for n, task in enumerate(graph.tasks))
    with pytest.raises(TooManyTasks):
        check_workflow_size("wide", compile_graph(replace(graph, tasks=long)))


def test_dependencies_count() -> None:
    graph = notebooks(names(150), "platform-spec")
    every = tuple(replace(task, parents=names(n)) for n, task in enumerate(graph.tasks))
    added = workflow_size(compile_graph(replace(graph, tasks=every))) - size(150)
    assert added > 150 * 149 / 2 * len("n100.Succeeded && " + 2 * '"n100",')
