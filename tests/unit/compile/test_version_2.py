"""Components that KFP 2 compiled: read for Elyra's palette, compiled and exported under a task's name."""

from typing import Any

import pytest
import yaml
from kfp import compiler, dsl

from elyra_neurodesk.compile.dsl import write_dsl
from elyra_neurodesk.elyra_adapter.component_parser import (
    compiled_component,
    described,
)
from elyra_neurodesk.graph.components import InvalidComponent, compile_component
from elyra_neurodesk.graph.model import Constant, Task, TaskGraph
from tests.support.compiled import compiled_package
from tests.support.equivalence import compile_dsl, resolved_tasks


@dsl.container_component  # type: ignore[untyped-decorator]
def count_rows(table: dsl.Input[dsl.Dataset], factor: int, rows: dsl.OutputPath(int), note: str = "n"):  # type: ignore[no-untyped-def, valid-type]
    """Count the rows of a table."""
    return dsl.ContainerSpec(image="example.org/t", command=["count"], args=[table.path, factor, rows, note])


@dsl.container_component  # type: ignore[untyped-decorator]
def say(words: list, loud: bool = True):  # type: ignore[no-untyped-def, type-arg]
    """Say something."""
    return dsl.ContainerSpec(image="example.org/t", command=["say"], args=[words, loud])


@pytest.fixture
def definition(tmp_path: Any) -> Any:
    def make(component: Any) -> str:
        path = tmp_path / "component.yaml"
        compiler.Compiler().compile(component, str(path))
        return str(path.read_text("utf-8"))

    return make


def test_inputs_and_outputs_are_described_in_terms_of_version_1(definition: Any) -> None:
    compiled = compiled_component(definition(count_rows))
    assert compiled is not None
    found = described(compiled)
    assert found["name"] == "count-rows"
    assert {entry["name"]: (entry["type"], entry["optional"]) for entry in found["inputs"]} == {
        "factor": ("Integer", False),
        "note": ("String", True),
        "table": ("Dataset", False),
    }
    assert [entry["name"] for entry in found["outputs"]] == ["rows"]
    assert {"inputPath": "table"} in found["implementation"]["container"]["args"]


@pytest.mark.parametrize(
    "text", ["name: x\nimplementation: {}", "a: [", "pipelineInfo: [", "", "- pipelineInfo"]
)
def test_anything_else_is_left_to_elyra(text: str) -> None:
    assert compiled_component(text) is None


def test_a_task_is_exported_and_compiled_to_the_same(definition: Any, tmp_path: Any) -> None:
    task = Task(
        "say-it", "Say it", inputs={"words": Constant(["a"])}, env={"A": "b"}, component=definition(say)
    )
    graph = TaskGraph("p", "", (task,))
    assert resolved_tasks(compile_dsl(write_dsl(graph), tmp_path)) == resolved_tasks(compiled_package(graph))


def test_a_whole_pipeline_is_no_component(definition: Any) -> None:
    @dsl.pipeline  # type: ignore[untyped-decorator]
    def two() -> None:
        say(words=[])
        say(words=["x"])

    text = definition(two)
    with pytest.raises(InvalidComponent):
        compile_component(yaml.safe_dump(yaml.safe_load(text)))
