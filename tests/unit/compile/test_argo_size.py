"""What Argo has to store of a run, against what a real cluster stored."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
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
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.patches.share_executors import share_executors
from tests.support.contexts import context
from tests.unit.patches.test_share_executors import tasks

RECORDED = Path(__file__).parents[2] / "data/kubeflow/wide25/workflow.json"


def pipeline(count: int) -> TaskGraph:
    """Return notebooks that do not depend on each other, as in the recorded run."""
    return TaskGraph("wide", "", tuple(share_executors(task, context(nodes=count)) for task in tasks(count)))


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """A run of 25 notebooks on KFP 2.17 and Argo 4.0.8."""
    content: dict[str, Any] = json.loads(RECORDED.read_text("utf-8"))
    return content


def test_the_states_of_a_task_take_less_than_the_model_says(recorded: dict[str, Any]) -> None:
    compressed = recorded["status"]["compressedNodes"]
    nodes = json.loads(gzip.decompress(base64.b64decode(compressed)))
    drivers = {node["displayName"] for node in nodes.values() if node["displayName"].endswith("-driver")}
    assert len(drivers - {"root-driver"}) == 25
    assert 0.7 * STATE < len(compressed) / 25 < STATE


def test_the_model_is_above_what_argo_stored_and_not_far_above(recorded: dict[str, Any]) -> None:
    real = len(json.dumps(recorded, ensure_ascii=False, separators=(",", ":")).encode())
    assert real < workflow_size(pipeline(25)) < 1.5 * real


def test_a_hundred_tasks_which_ran_are_accepted() -> None:
    check_workflow_size(pipeline(100))


@pytest.mark.parametrize("count", [320, 480])
def test_tasks_that_a_cluster_never_started_are_refused_with_the_number_and_a_way_out(count: int) -> None:
    with pytest.raises(TooManyTasks) as caught:
        check_workflow_size(pipeline(count))
    message = str(caught.value)
    assert f"has {count} tasks" in message
    assert f"{MAX_WORKFLOW:,}" in message
    assert "Split the pipeline" in message
    allowed = int(message.partition(" tasks like these")[0].rpartition("about ")[2])
    assert 100 < allowed < 200
    check_workflow_size(pipeline(allowed))


def test_long_values_count_as_well_as_tasks() -> None:
    graph = pipeline(100)
    long = tuple(
        replace(task, env={**task.env, "LONG": f"{n}" + "x" * 9000}) for n, task in enumerate(graph.tasks)
    )
    with pytest.raises(TooManyTasks):
        check_workflow_size(replace(graph, tasks=long))
    assert workflow_size(pipeline(1)) > FIXED + TEMPLATE + STATE
