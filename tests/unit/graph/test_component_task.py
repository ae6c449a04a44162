"""A catalog node becomes a task that gets every input its component can need."""

from __future__ import annotations

from typing import Any

import pytest

from elyra_neurodesk.catalogs.loader import Component, ToolSource, components
from elyra_neurodesk.graph.component_task import component_task
from elyra_neurodesk.graph.components import compile_component
from elyra_neurodesk.graph.model import Constant, PipelineInput, Task
from elyra_neurodesk.graph.pipeline import ComponentNode

COMPONENT = """
name: smooth
inputs:
  - {name: Image, type: String}
  - {name: Width, type: Float, default: "2.5"}
  - {name: Iterations, type: Integer, default: "4"}
  - {name: Mask, type: String, optional: true}
implementation:
  container:
    image: example
    command: [smooth, {inputValue: Image}, {inputValue: Width}, {inputValue: Iterations}]
"""


def task(definition: str = COMPONENT, parameters: frozenset[str] = frozenset(), **inputs: Any) -> Task:
    node = ComponentNode(id="n1", label="Smooth", component="smooth", definition=definition, inputs=inputs)
    return component_task(node, (), {"n1": "smooth"}, parameters)


def text(value: str) -> dict[str, Any]:
    return {"widget": "string", "value": value}


# KFP >= 2.17: "parameter not found in executor input" for a default that is not passed
def test_defaults_are_passed_as_constants_of_their_type() -> None:
    inputs = task(image=text("T1.nii.gz")).inputs
    assert inputs == {"image": Constant("T1.nii.gz"), "width": Constant(2.5), "iterations": Constant(4)}
    iterations = inputs["iterations"]
    assert isinstance(iterations, Constant)
    assert isinstance(iterations.value, int)


def test_what_the_node_sets_wins_over_a_default() -> None:
    assert task(image=text("T1.nii.gz"), width=text("3")).inputs["width"] == Constant(3.0)


def test_a_parameter_of_the_pipeline_wins_over_a_default_where_it_has_a_value() -> None:
    width = {"widget": "parameter", "value": "fwhm"}
    assert task(image=text("a"), width=width).inputs["width"] == Constant(2.5)
    assert task(COMPONENT, frozenset({"fwhm"}), image=text("a"), width=width).inputs[
        "width"
    ] == PipelineInput("fwhm")


def test_an_optional_input_without_default_is_left_out() -> None:
    assert "mask" not in task(image=text("a")).inputs


@pytest.mark.parametrize("component", components().values(), ids=lambda component: component.id)
def test_no_component_of_the_catalog_has_a_default_that_its_task_does_not_pass(component: Component) -> None:
    definition = component.text(ToolSource())
    compiled = compile_component(definition)
    artifacts = compiled.artifact_inputs()
    output = {"widget": "inputpath", "value": {"value": "n1", "option": "output_files"}}
    given = {name: output if name in artifacts else text("1") for name in compiled.required_inputs()}
    assert compiled.defaults().keys() <= task(definition, **given).inputs.keys()
