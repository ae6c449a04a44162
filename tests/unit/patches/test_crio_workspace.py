"""On CRI-O notebook tasks get a volume to work in."""

from __future__ import annotations

import pytest

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.crio_workspace import VOLUME, add_crio_workspace, is_crio
from tests.support.contexts import context
from tests.unit.patches.test_share_executors import tasks


@pytest.mark.parametrize(("value", "expected"), [("True", True), ("true", True), ("1", False), ("", False)])
def test_crio_is_what_elyra_takes_for_it(value: str, expected: bool) -> None:
    assert is_crio({"CRIO_RUNTIME": value}) is expected
    assert is_crio({}) is False


def test_on_crio_notebook_tasks_work_in_a_volume_unless_the_node_mounts_one_there() -> None:
    (task,) = tasks(1)
    assert add_crio_workspace(task, context(crio=True)).platform["emptyDirMounts"] == [VOLUME]
    assert add_crio_workspace(task, context()) == task
    mine = task.with_platform(pvcMount=[{"constant": "c", "mountPath": "/opt/app-root/src/"}])
    assert add_crio_workspace(mine, context(crio=True)) == mine
    component = Task("c", "c", component="x")
    assert add_crio_workspace(component, context(crio=True)) == component
