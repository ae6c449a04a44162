"""What must hold for every component of the catalog."""

from __future__ import annotations

import csv
import re
import string
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from elyra.pipeline.catalog_connector import CatalogEntry
from elyra.pipeline.properties import ElyraProperty
from elyra.pipeline.runtime_type import RuntimeProcessorType

from elyra_neurodesk.catalogs import loader
from elyra_neurodesk.catalogs.loader import Component, InvalidComponentFile, components, read, script
from elyra_neurodesk.elyra_adapter.catalog_connector import NeurodeskToolsConnector as Connector

# modules of Neurodesk and the dates on which their containers were built, of the tools that the catalog has
BUILT = Path(__file__).with_name("built.tsv")
COMPONENTS = Path(loader.__file__).parent / "components"
TOOL = """
components:
  say:
    name: Say
    category: Talking
    container: {tool: say, version: '1.0', date: '20260101'}
    documentation: https://say.example/
    description: Says some words, and writes them into a file.
    inputs:
      - {name: Words, type: String, description: Words.}
    script: step
    outputs:
      - {name: Said, type: Text, description: What was said.}
    args:
      - say
      - [option, -w, Words, text, {inputValue: Words}]
      - [out, Said, said, {outputPath: Said}]
"""
# recorded in pipelines: a component may come, none may go or change its id
STABLE_IDS = [
    "afni-3dallineate",
    "afni-3dautomask",
    "afni-3dskullstrip",
    "afni-3dtshift",
    "afni-3dunifize",
    "afni-3dvolreg",
    "ants-applytransforms",
    "ants-applytransforms-inverse",
    "ants-atropos",
    "ants-denoiseimage",
    "ants-n4biasfieldcorrection",
    "ants-registration-syn",
    "command-0",
    "command-1",
    "command-2",
    "command-3",
    "convert3d-resample",
    "dcm2niix",
    "files-gather",
    "files-in",
    "files-out",
    "files-pick",
    "fmriprep",
    "freesurfer-mri-convert",
    "freesurfer-recon-all",
    "freesurfer-synthseg",
    "freesurfer-synthstrip",
    "fsl-applywarp",
    "fsl-bet",
    "fsl-dtifit",
    "fsl-eddy",
    "fsl-fast",
    "fsl-first",
    "fsl-flirt",
    "fsl-fnirt",
    "fsl-mcflirt",
    "fsl-melodic",
    "fsl-slicetimer",
    "fsl-topup",
    "heudiconv",
    "mriqc",
    "mrtrix3-dwi2fod",
    "mrtrix3-dwi2mask",
    "mrtrix3-dwi2response",
    "mrtrix3-dwi2tensor",
    "mrtrix3-dwidenoise",
    "mrtrix3-mrconvert-mif",
    "mrtrix3-mrconvert-nifti",
    "mrtrix3-mrdegibbs",
    "mrtrix3-tckgen",
    "mrtrix3-tensor2metric",
    "niftyreg-reg-aladin",
    "pydeface",
    "qsiprep",
    "store-in",
    "store-out",
]


def every_component() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("component", components().values(), ids=lambda component: component.id)


def fields(component: Component) -> list[Mapping[str, Any]]:
    kinds: tuple[Any, ...] = ("inputPath", "inputValue", "outputPath")
    return [field for kind in kinds for field in component.fields(kind)]


def instructions(component: Component, *kinds: str) -> list[list[Any]]:
    """Return the instructions of these kinds."""
    return [item for item in component.source["args"] if isinstance(item, list) and item[0] in kinds]


def words(component: Component) -> list[str]:
    """Return the constant words of the command line."""
    return [item for item in component.source["args"] if isinstance(item, str)]


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_there_are_more_than_twenty_five_nodes_of_tools() -> None:
    assert sum("container" in component.source for component in components().values()) >= 25


def test_no_component_of_an_earlier_version_is_missing() -> None:
    assert set(STABLE_IDS) <= set(components())


def test_no_two_components_share_an_id_or_a_name() -> None:
    index = yaml.safe_load((COMPONENTS / "index.yaml").read_text("utf-8"))
    files = [yaml.safe_load((COMPONENTS / f"{name}.yaml").read_text("utf-8")) for name in index["files"]]
    assert max(Counter(name for file in files for name in file["components"]).values()) == 1
    assert max(Counter(component.name for component in components().values()).values()) == 1


def test_every_file_is_in_the_index() -> None:
    index = yaml.safe_load((COMPONENTS / "index.yaml").read_text("utf-8"))
    assert {f"{name}.yaml" for name in index["files"]} == {
        path.name for path in COMPONENTS.iterdir() if path.suffix == ".yaml" and path.name != "index.yaml"
    }


@every_component()
def test_names_of_fields_are_such_as_elyra_and_kfp_spell_alike(component: Component) -> None:
    # Elyra takes an input for a file where an output of the same name is one
    assert max(Counter(field["name"].lower() for field in fields(component)).values()) == 1


@every_component()
def test_no_field_hides_a_property_of_elyra(component: Component) -> None:
    owned = ElyraProperty.get_classes_for_component_type("custom", RuntimeProcessorType.KUBEFLOW_PIPELINES)
    taken = {item.property_id for item in owned} | {"label", "component_source", "inputs", "outputs"}
    assert not taken & {field["name"].lower().replace(" ", "_") for field in fields(component)}


@every_component()
def test_every_field_has_a_help_text(component: Component) -> None:
    for field in fields(component):
        assert re.fullmatch(r".{4,}\S", field["description"]), field["name"]


@every_component()
def test_no_help_text_makes_a_field_mandatory_by_the_word_that_elyra_looks_for(component: Component) -> None:
    for option in component.fields("inputValue"):
        assert "default" not in option or "required" not in option["description"].lower()
        assert "not optional" not in option["description"].lower()


@every_component()
def test_templates_name_files_that_the_component_has(component: Component) -> None:
    known = {"here"}
    for _, name, _, endings, _ in instructions(component, "in"):
        assert re.fullmatch(r"[a-z0-9_]+", name)
        known |= {name} if endings == "folder" else {name, f"{name}_stem"}
    values = [item[2] for item in instructions(component, "env", "out")]
    for template in (*words(component), *values):
        assert placeholders(template) <= known, template


@every_component()
def test_each_argument_is_passed_as_its_field_is_declared(component: Component) -> None:
    inputs = {field["name"]: field for field in component.source.get("inputs", ())}
    for kind, *values in instructions(component, "option", "flag", "list", "file", "folder", "more"):
        field = inputs[values[-1]["inputValue"]]
        assert (field["type"] == "Bool") == (kind == "flag"), field["name"]
        if kind not in ("flag", "more"):
            assert values[1] == field["name"]
    for kind, _, name, *_ in instructions(component, "in"):
        assert "default" not in inputs[name], kind
    for _, name, _, value in instructions(component, "out"):
        assert name.removeprefix("?") == value["outputPath"]


@every_component()
def test_a_choice_offers_its_default_and_says_what_may_be_chosen(component: Component) -> None:
    options = {field["name"]: field for field in component.fields("inputValue")}
    for _, _, name, rule, _ in instructions(component, "option"):
        if rule in ("text", "number", "integer"):
            continue
        choices = re.fullmatch(r"\|(.+)\|", rule)[1].split("|")  # type: ignore[index]
        assert options[name].get("default", "") in ("", *choices)
        assert options[name]["description"].endswith(f" One of: {', '.join(choices)}.")


@every_component()
def test_a_number_with_a_default_has_its_type(component: Component) -> None:
    types = {"number": "Float", "integer": "Integer"}
    options = {field["name"]: field for field in component.fields("inputValue")}
    for _, _, name, rule, _ in instructions(component, "option"):
        # a field with a default is no longer empty in the editor
        assert options[name]["type"] == (
            types.get(rule, "String") if options[name].get("default") else "String"
        )


@every_component()
def test_a_tools_component_runs_one_of_the_tools_commands_and_uses_every_input(component: Component) -> None:
    if "container" not in component.source:
        assert "script" in component.source
        return
    program, *rest = words(component)
    assert re.fullmatch(r"[\w.-]+", program)
    for _, name, _, _, _ in instructions(component, "in"):
        assert f"{{{name}}}" in " ".join(rest), name
    assert component.fields("outputPath")


def test_the_command_node_names_its_inputs() -> None:
    assert "$INPUT1" not in components()["command-0"].source["description"]
    assert [field["name"] for field in components()["command-2"].fields("inputPath")] == [
        "Input 1",
        "Input 2",
    ]


@pytest.mark.parametrize(
    "name", sorted({component.source.get("script", "step") for component in components().values()})
)
def test_a_script_is_short_and_has_nothing_that_kubernetes_or_kfp_would_replace(name: str) -> None:
    text = script(name)
    assert len(text) < 6500
    assert "$$" not in text
    assert "{{" not in text
    assert not re.search(r"\$\([A-Za-z_][A-Za-z0-9_]*\)", text)
    assert not [line for line in text.splitlines() if line.startswith(("#", " "))]


def test_every_container_was_really_built() -> None:
    with BUILT.open(encoding="utf-8") as file:
        built = {(row["module"], row["builddate"]) for row in csv.DictReader(file, delimiter="\t")}
    containers = [source["container"] for c in components().values() if "container" in (source := c.source)]
    assert containers
    for container in containers:
        assert (f"{container['tool']}/{container['version']}", container["date"]) in built


@pytest.mark.parametrize(
    ("find", "replace", "message"),
    [
        ("name: Say", "nam: Say", "tool.yaml: components.say: 'name' is a required property"),
        (
            "script:",
            "scripts:",
            "tool.yaml: components.say: Additional properties are not allowed ('scripts'",
        ),
        (
            "date: '20260101'",
            "date: 20260101",
            "tool.yaml: components.say.container.date: 20260101 is not of",
        ),
        ("description: Words.", "", "tool.yaml: components.say.inputs[0]: 'description' is a required"),
        ("[option, -w, Words, text", "[option, -w, text", "tool.yaml: components.say.args[1]: "),
        ("[option", "[opt", "tool.yaml: components.say.args[1][0]: 'opt' is not one of ['in', "),
        ("{inputValue: Words}", "{inputValue: Word}", "components.say: 'Word' is not one of its inputs and"),
        ("[out, Said, said, {outputPath: Said}]", "'-'", "components.say: 'Said' is not passed in args"),
        ("category: Talking", "category: Walking", "'say': its category 'Walking' is not in index.yaml"),
        ("components:", "components: [", "tool.yaml is not YAML: "),
    ],
)
def test_an_error_in_a_file_is_one_line_that_names_file_and_field(
    tmp_path: Path, find: str, replace: str, message: str
) -> None:
    (tmp_path / "index.yaml").write_text("{categories: [Talking], files: [tool]}", "utf-8")
    file = tmp_path / "tool.yaml"
    file.write_text(TOOL, "utf-8")
    assert list(read(tmp_path)) == ["say"]
    assert TOOL.count(find) == 1
    file.write_text(TOOL.replace(find, replace), "utf-8")
    with pytest.raises(InvalidComponentFile) as caught:
        read(tmp_path)
    assert message in str(caught.value)
    assert caught.value.message.count("\n") == 0


def test_ids_in_pipelines_depend_on_the_id_here_alone() -> None:
    class Instance:
        schema_name = "neurodesk-tools"
        runtime_type = RuntimeProcessorType.KUBEFLOW_PIPELINES

        def __init__(self, **metadata: str) -> None:
            self.metadata = metadata

    def identify(step: str, **metadata: str) -> str:
        return str(CatalogEntry(None, {"step": step}, Instance(**metadata), Connector.get_hash_keys()).id)

    assert identify("fsl-bet") == identify("fsl-bet", run_from="image") == "neurodesk-tools:e91f38272101"
    assert identify("fsl-bet") != identify("fsl-fast")
