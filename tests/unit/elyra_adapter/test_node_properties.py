from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from elyra.pipeline.pipeline_definition import PipelineDefinition
from elyra.pipeline.properties import ElyraProperty
from elyra.pipeline.runtime_type import RuntimeProcessorType

from elyra_neurodesk.elyra_adapter.node_properties import (
    MODULES,
    STRICTNESS,
    NeurodeskModule,
    NeurodeskStrictness,
)
from tests.support.neurodesk_tree import Tool, make_tree


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("NEURODESK_APPS_JSON", raising=False)
    root = make_tree(
        tmp_path / "cvmfs",
        [
            Tool("fsl", "6.0.4", "20210105", {"bet": "exit 0"}),
            Tool("fsl", "6.0.7.16", "20240807", {"bet": "exit 0"}),
            Tool("fsl", "6.0.7.1", "20231010", {"bet": "exit 0"}, retired=True),
        ],
    )
    monkeypatch.setenv("NEURODESK_CVMFS_ROOT", str(root))
    return root


def a_list_of_modules(schema: dict[str, Any], *modules: str) -> None:
    """Validate what the editor would save."""
    plain = copy.deepcopy(schema)
    jsonschema.Draft7Validator(plain).validate([{"module": module} for module in modules])


def test_the_editor_offers_the_modules_that_can_be_used_and_free_text(tree: Path) -> None:
    schema = NeurodeskModule.get_schema()
    choose, type_it = schema["items"]["properties"]["module"]["anyOf"]
    assert choose["enum"] == ["fsl/6.0.4", "fsl/6.0.7.16"]
    assert "enum" not in type_it
    a_list_of_modules(schema, "fsl/6.0.4", "own/1.0")


def test_without_an_index_modules_are_typed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURODESK_CVMFS_ROOT", str(tree / "nothing"))
    module = NeurodeskModule.get_schema()["items"]["properties"]["module"]
    assert module["type"] == "string"
    assert "anyOf" not in module


def test_a_node_and_the_pipelines_defaults_have_both_fields(tree: Path) -> None:
    kind = RuntimeProcessorType.KUBEFLOW_PIPELINES
    ids = {prop.property_id for prop in ElyraProperty.get_classes_for_component_type("generic", kind)}
    assert {MODULES, STRICTNESS} <= ids
    form = PipelineDefinition.get_pipeline_properties(kind)["properties"]
    defaults = form["pipeline_defaults"]["properties"]
    assert defaults[MODULES]["title"] == "Neurodesk Modules"
    assert defaults[STRICTNESS]["enum"] == ["error", "warn", "off"]


def test_catalog_components_have_neither(tree: Path) -> None:
    kind = RuntimeProcessorType.KUBEFLOW_PIPELINES
    ids = {prop.property_id for prop in ElyraProperty.get_classes_for_component_type("custom", kind)}
    assert not {MODULES, STRICTNESS} & ids


def test_elyras_own_processor_leaves_the_properties_alone() -> None:
    class Stock:
        """A processor without a method for our properties."""

    pod: dict[str, Any] = {}
    NeurodeskModule("fsl").add_to_execution_object(Stock(), pod)
    NeurodeskStrictness("warn").add_to_execution_object(Stock(), pod)
    assert pod == {}
