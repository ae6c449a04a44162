"""Notebook tasks have Elyra's own variables."""

from __future__ import annotations

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.elyra_environment import add_elyra_environment
from tests.support.contexts import context
from tests.unit.patches.test_share_executors import tasks


def test_elyras_variables_name_the_directory_to_work_in() -> None:
    (task,) = tasks(1)
    on_crio = add_elyra_environment(task, context(crio=True))
    assert on_crio.env["ELYRA_WRITABLE_CONTAINER_DIR"] == "/opt/app-root/src"
    elsewhere = add_elyra_environment(task, context(pipeline_info=False))
    assert elsewhere.env["ELYRA_WRITABLE_CONTAINER_DIR"] == "/tmp"
    assert elsewhere.env["ELYRA_ENABLE_PIPELINE_INFO"] == "False"
    component = Task("c", "c", component="x")
    assert add_elyra_environment(component, context()) == component
