"""The exported DSL says once what tasks have in common, and in the order of the compiled pipeline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.compile.dsl import write_dsl
from elyra_neurodesk.graph.model import (
    Constant,
    Container,
    Parameter,
    PipelineInput,
    Resources,
    Task,
    TaskGraph,
)
from tests.support.compiled import compiled_package
from tests.support.equivalence import compile_dsl_here, resolved_tasks

CVMFS = {"constant": "cvmfs-neurodesk", "mountPath": "/cvmfs/neurodesk.ardc.edu.au"}
DATA = {"constant": "data", "mountPath": "/data"}
SCRIPT = "while :; do\n  sleep 30\ndone\n" * 10


def sidecar(module: str) -> dict[str, Any]:
    return {"name": "n", "image": "i", "command": ["sh", "-c", SCRIPT], "args": [module]}


def notebook(name: str, *mounts: dict[str, str], **more: Any) -> Task:
    return Task(
        name,
        name,
        env={"A": "1", "NAME": name},
        platform={"pvcMount": list(mounts), **more},
        container=Container(
            "i", ("sh", "-c", SCRIPT), ("--task", "{{$.inputs.parameters['task']}}"), {"task": "String"}
        ),
        inputs={"task": Constant(name)},
    )


def equivalent(graph: TaskGraph, folder: Path) -> str:
    """Return the DSL, which compiles to the same."""
    source = write_dsl(graph)
    assert resolved_tasks(compile_dsl_here(source, folder)) == resolved_tasks(compiled_package(graph))
    return source


def test_a_component_a_script_and_settings_of_several_tasks_are_written_once(tmp_path: Path) -> None:
    tasks = tuple(
        notebook(name, DATA, CVMFS, initContainers=[sidecar(name)], imagePullPolicy="Always")
        for name in ("one", "two", "three")
    )
    source = equivalent(TaskGraph("p", "", tasks), tmp_path)
    for once in ("dsl.ContainerSpec(", "sleep 30", "'/data'", "set_image_pull_policy", "'A'"):
        assert source.replace('"', "'").count(once) == (10 if once == "sleep 30" else 1), once
    assert source.count("_set_pod_field(") == 4  # sidecars differ
    assert source.count("_set_up_notebook(") == 4


def test_settings_whose_order_would_change_stay_with_their_tasks(tmp_path: Path) -> None:
    tasks = (notebook("one", CVMFS, DATA), notebook("two", CVMFS))
    source = equivalent(TaskGraph("p", "", tasks), tmp_path)
    assert source.count("kubernetes.mount_pvc(") == 3


def test_notebooks_and_components_are_set_up_by_functions_of_their_own(tmp_path: Path) -> None:
    component = "name: From text\ninputs: [{name: From, type: String}]\n"
    component += "implementation: {container: {image: i, command: [c, {inputValue: From}]}}"
    tools = tuple(
        Task(name, name, inputs={"from": Constant(name)}, env={"B": "2"}, component=component)
        for name in ("import", "01-a", "dsl", "kubernetes")
    )
    source = equivalent(TaskGraph("p", "", (notebook("one", DATA), notebook("two", DATA), *tools)), tmp_path)
    assert source.count("_set_up_component(") == 5
    assert source.count("load_component_from_text(") == 1


@pytest.mark.parametrize("name", ["kubernetes", "dsl", "components", "one", "task", "copy", "str"])
def test_a_parameter_may_have_any_name_that_the_module_uses(tmp_path: Path, name: str) -> None:
    task = notebook("one", CVMFS)
    task = replace(task, inputs={"task": PipelineInput(name)})
    equivalent(TaskGraph("p", "", (task,), (Parameter(name, "String", "x"),)), tmp_path)


def test_the_order_of_a_tasks_inputs_does_not_matter() -> None:
    task = notebook("one", CVMFS)
    inputs = {"task": Constant("a"), "p_b": Constant("b"), "p_a": Constant("c")}
    other = dict(reversed(inputs.items()))
    sources = [write_dsl(TaskGraph("p", "", (replace(task, inputs=one),))) for one in (inputs, other)]
    assert sources[0] == sources[1]


@pytest.mark.parametrize("memory", ["4.5Gi", "0.001Gi", "1.5G", "2Gi"])
def test_memory_may_be_a_fraction(tmp_path: Path, memory: str) -> None:
    task = replace(notebook("one", CVMFS), resources=Resources(memory_request=memory, memory_limit=memory))
    equivalent(TaskGraph("p", "", (task,)), tmp_path)
