"""The catalogs as Elyra's editor, its command line and KFP's own code see them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from jsonschema import Draft7Validator
from kfp import components as kfp_components
from kfp.kubernetes import kubernetes_executor_config_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

from elyra_neurodesk.catalogs.loader import BASE_IMAGE, FOLDER, TOOL_IMAGE, components
from elyra_neurodesk.elyra_adapter.catalog_schema import catalog_schema
from tests.integration.catalogs.home import ROOT, install, palette
from tests.safety.workbench import Compiled, Workbench
from tests.support.jupyter import JupyterHome
from tests.support.pipelines import catalog_node, node_id

COMPONENTS = tuple(components().values())
Json = dict[str, Any]
LIST = "from elyra.metadata.metadata_app import MetadataApp as A; A.main()"


@pytest.fixture(scope="module", params=["cvmfs", "image"])
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Json:
    """Return what Elyra has of a catalog of either kind."""
    home = JupyterHome(tmp_path_factory.mktemp(request.param))
    install(home, **({} if request.param == "cvmfs" else {"run_from": "image"}))
    return {**palette(home), "run_from": request.param}


def test_the_palette_groups_all_steps_in_the_order_of_a_study(seen: Json) -> None:
    groups = {
        group["label"]: [node["label"] for node in group["node_types"]]
        for group in seen["palette"]["categories"]
    }
    categories = yaml.safe_load((FOLDER / "components/index.yaml").read_text("utf-8"))["categories"]
    assert list(groups) == [category for category in categories if category in groups]
    assert groups == {
        category: [component.name for component in COMPONENTS if component.category == category]
        for category in categories
    }


def test_a_search_for_what_a_step_does_finds_it(seen: Json) -> None:
    nodes = [node for group in seen["palette"]["categories"] for node in group["node_types"]]

    def search(words: str) -> set[str]:
        return {
            node["label"]
            for node in nodes
            if words.lower() in f"{node['label']} {node['description']}".lower()
        }

    assert {"FSL BET", "AFNI 3dSkullStrip", "FreeSurfer SynthStrip"} <= search("skull stripping")
    assert {"ANTs N4BiasFieldCorrection", "AFNI 3dUnifize"} <= search("bias field")
    assert {"FSL slicetimer", "AFNI 3dTshift"} == search("slice timing")
    assert {"dcm2niix", "HeuDiConv"} == search("DICOM") - {"Pick files"}
    assert search("fsl/6.0.7.16")


def test_every_field_of_every_node_has_title_and_help(seen: Json) -> None:
    ids = {
        node["label"]: node["id"] for group in seen["palette"]["categories"] for node in group["node_types"]
    }
    for component in COMPONENTS:
        shown = seen["properties"][ids[component.name]]["properties"]["component_parameters"]
        inputs = [*component.fields("inputPath"), *component.fields("inputValue")]
        for field in inputs:
            entry = shown["properties"][field["name"].lower().replace(" ", "_")]
            assert entry["title"] == field["name"]
            assert field["description"] in entry["description"]
        for output in component.fields("outputPath"):
            assert f"output_{output['name'].lower().replace(' ', '_')}" in shown["properties"]
        needed = {field["name"] for field in inputs if "default" not in field}
        assert set(shown["required"]) == {title.lower().replace(" ", "_") for title in needed}


def test_fields_start_with_the_tools_own_defaults(seen: Json) -> None:
    ids = {
        node["label"]: node["id"] for group in seen["palette"]["categories"] for node in group["node_types"]
    }
    shown = seen["properties"][ids["FSL BET"]]["properties"]["component_parameters"]["properties"]
    value = {
        name: next(
            way["properties"]["value"]["default"]
            for way in entry["oneOf"]
            if way["properties"]["widget"]["default"] in ("number", "boolean", "string")
        )
        for name, entry in shown.items()
        if "oneOf" in entry
    }
    assert value["fractional_intensity_threshold"] == 0.5
    assert value["robust_centre"] is False
    assert value["more_arguments"] == ""
    assert shown["image"]["properties"]["widget"]["default"] == "inputpath"


def test_every_component_is_read_by_kfp_itself_and_runs_in_the_image_of_its_catalog(seen: Json) -> None:
    named = {yaml.safe_load(text)["name"]: text for text in seen["definitions"].values()}
    assert set(named) == {component.name for component in COMPONENTS}
    for component in COMPONENTS:
        spec = kfp_components.load_component_from_text(named[component.name]).pipeline_spec
        (executor,) = spec.deployment_spec["executors"].values()
        image = executor["container"]["image"]
        if seen["run_from"] == "image" and (container := component.source.get("container")):
            assert image == f"vnmd/{container['tool']}_{container['version']}:{container['date']}"
        else:
            assert image == BASE_IMAGE


def test_a_pipeline_of_every_step_compiles_to_what_kfps_messages_allow(
    seen: Json, tmp_path: Path, compile_steps: Callable[[Mapping[str, str], Path], Compiled]
) -> None:
    compiled = compile_steps(seen["definitions"], tmp_path)
    json_format.ParseDict(compiled.spec, pipeline_spec_pb2.PipelineSpec())
    for config in compiled.platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        json_format.ParseDict(config, kubernetes_executor_config_pb2.KubernetesExecutorConfig())
    assert len(compiled.tasks) == len(COMPONENTS)
    command = compiled.executor("fsl-bet")["command"]
    assert command[:2] == ["sh", "-c"]
    assert command[3:] == ["neurodesk", "FSL BET"]
    arguments = compiled.executor("fsl-bet")["args"]
    assert "{{$.inputs.artifacts['image'].path}}" in arguments
    assert "{{$.outputs.artifacts['mask'].path}}" in arguments


@pytest.fixture
def compile_steps() -> Callable[[Mapping[str, str], Path], Compiled]:
    """Return a function that makes a pipeline of all components and compiles it with our compiler."""

    def compile_all(definitions: Mapping[str, str], root: Path) -> Compiled:
        bench = Workbench(root, definitions)
        by_name = {yaml.safe_load(text)["name"]: key for key, text in definitions.items()}
        source = "Files from a volume"
        nodes = [catalog_node(source, by_name[source], path={"widget": "string", "value": "/data/x"})]
        for component in COMPONENTS:
            if component.name == source:
                continue
            file = {"widget": "inputpath", "value": {"value": node_id(source), "option": "output_files"}}
            given = {field["name"].lower().replace(" ", "_"): file for field in component.fields("inputPath")}
            for option in component.fields("inputValue"):
                value = "2" if option["name"] == "Output resolution" else "/data/x"
                if "default" not in option:
                    given[option["name"].lower().replace(" ", "_")] = {"widget": "string", "value": value}
            nodes.append(catalog_node(component.name, by_name[component.name], [source], **given))
        return bench.compiled(nodes)

    return compile_all


def test_the_schema_is_one_that_elyra_accepts_and_its_defaults_are_the_codes() -> None:
    schema = catalog_schema()
    Draft7Validator.check_schema(schema)
    fields = schema["properties"]["metadata"]["properties"]
    assert (fields["base_image"]["default"], fields["tool_image"]["default"]) == (BASE_IMAGE, TOOL_IMAGE)
    instance = json.loads((ROOT / "component-catalogs/neurodesk_tools.json").read_text("utf-8"))
    Draft7Validator(schema).validate(instance)


def test_elyras_command_line_makes_and_checks_a_catalog(tmp_path: Path) -> None:
    home = JupyterHome(tmp_path)
    (home.home / ".local/share/jupyter/runtime").mkdir(parents=True)
    create = (
        "create",
        "component-catalogs",
        "--schema_name=neurodesk-tools",
        "--runtime_type=KUBEFLOW_PIPELINES",
    )
    home.run(sys.executable, "-c", LIST, *create, "--display_name=Mine", "--run_from=image", fork=True)
    listed = json.loads(
        home.run(sys.executable, "-c", LIST, "list", "component-catalogs", "--json", fork=True).stdout
    )
    assert [item["metadata"]["run_from"] for item in listed] == ["image"]
    wrong = home.run(
        sys.executable, "-c", LIST, *create, "--display_name=Wrong", "--run_from=moon", check=False, fork=True
    )
    assert wrong.returncode != 0


def test_elyra_takes_our_parser_where_it_makes_the_processor_and_not_where_somebody_imports_it(
    tmp_path: Path,
) -> None:
    code = """
from types import SimpleNamespace
from elyra.pipeline.component import ComponentParser
from elyra_neurodesk.processor import NeurodeskPipelineProcessor

platform = SimpleNamespace(name="KUBEFLOW_PIPELINES")
print(type(ComponentParser.create_instance(platform)).__name__)
NeurodeskPipelineProcessor(root_dir=".")
print(type(ComponentParser.create_instance(platform)).__name__)
"""
    said = JupyterHome(tmp_path).run(sys.executable, "-c", code, fork=True).stdout
    assert said.split() == ["KfpComponentParser", "NeurodeskComponentParser"]
