"""What must hold for every step of the catalog."""

from __future__ import annotations

import csv
import re
import string
from collections import Counter
from pathlib import Path

import pytest
from elyra.pipeline.catalog_connector import CatalogEntry
from elyra.pipeline.properties import ElyraProperty
from elyra.pipeline.runtime_type import RuntimeProcessorType

from elyra_neurodesk.catalogs.model import Step
from elyra_neurodesk.catalogs.render import script
from elyra_neurodesk.catalogs.tools import BY_ID, STEPS
from elyra_neurodesk.catalogs.tools.categories import CATEGORIES
from elyra_neurodesk.catalogs.tools.files import command
from elyra_neurodesk.elyra_adapter.catalog_connector import NeurodeskToolsConnector as Connector

MODULES = Path(__file__).parents[4] / "shared/data/neurodesk/modules_all.tsv"
# recorded in pipelines: a step may come, none may go or change its id
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


def every_step() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("step", STEPS, ids=lambda step: step.id)


def titles(step: Step) -> list[str]:
    return [item.title for item in (*step.inputs, *step.options, *step.outputs)]


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_there_are_more_than_twenty_five_steps_of_tools() -> None:
    assert sum(step.container is not None for step in STEPS) >= 25


def test_no_step_of_an_earlier_version_is_missing() -> None:
    assert set(STABLE_IDS) <= set(BY_ID)


def test_no_two_steps_share_an_id_or_a_name() -> None:
    assert max(Counter(step.id for step in STEPS).values()) == 1
    assert max(Counter(step.name for step in STEPS).values()) == 1


@every_step()
def test_names_and_titles_are_such_as_elyra_and_kfp_spell_alike(step: Step) -> None:
    assert re.fullmatch(r"[\w ()-]+", step.name)
    assert step.category in CATEGORIES
    assert all(re.fullmatch(r"[A-Z0-9][A-Za-z0-9 ]*", title) for title in titles(step))
    # Elyra takes an input for a file where an output of the same name is one
    assert max(Counter(title.lower() for title in titles(step)).values()) == 1


@every_step()
def test_no_title_hides_a_property_of_elyra(step: Step) -> None:
    owned = ElyraProperty.get_classes_for_component_type("custom", RuntimeProcessorType.KUBEFLOW_PIPELINES)
    taken = {item.property_id for item in owned} | {"label", "component_source", "inputs", "outputs"}
    assert not taken & {title.lower().replace(" ", "_") for title in titles(step)}


@every_step()
def test_every_field_has_a_help_text(step: Step) -> None:
    assert len(step.summary) > 30
    assert step.url.startswith("https://") or step.container is None
    for item in (*step.inputs, *step.options, *step.outputs):
        assert re.fullmatch(r".{4,}\S", item.help), item.title


@every_step()
def test_no_help_text_makes_a_field_mandatory_by_the_word_that_elyra_looks_for(step: Step) -> None:
    for option in step.options:
        assert option.required or "required" not in option.help.lower()
        assert "not optional" not in option.help.lower()


@every_step()
def test_templates_name_files_that_the_step_has(step: Step) -> None:
    known = {"here"}
    for files in step.inputs:
        for name, endings in files.names:
            assert re.fullmatch(r"[a-z0-9_]+", name)
            known |= {name} if endings == "folder" else {name, f"{name}_stem"}
    words = [word for word in step.command if isinstance(word, str)]
    patterns = [output.pattern for output in step.outputs]
    for template in (*words, *patterns, *(value for _, value in step.env)):
        assert placeholders(template) <= known, template


@every_step()
def test_a_choice_offers_its_default(step: Step) -> None:
    for option in step.options:
        if option.kind == "choice":
            assert option.choices
            assert option.default in ("", *option.choices)
            assert not any("|" in choice for choice in option.choices)


@every_step()
def test_a_tools_step_runs_one_of_the_tools_commands_and_uses_every_input(step: Step) -> None:
    if step.container is None:
        assert step.script != "step"
        return
    assert re.fullmatch(r"[\w.-]+", step.program)
    words = " ".join(word for word in step.command if isinstance(word, str))
    for files in step.inputs:
        for name, _ in files.names:
            assert f"{{{name}}}" in words, name
    assert step.outputs


def test_the_command_node_names_its_inputs() -> None:
    assert "$INPUT1" not in command(0).summary
    assert [files.title for files in command(2).inputs] == ["Input 1", "Input 2"]


@pytest.mark.parametrize("name", sorted({step.script for step in STEPS}))
def test_a_script_is_short_and_has_nothing_that_kubernetes_or_kfp_would_replace(name: str) -> None:
    text = script(name)
    assert len(text) < 6500
    assert "$$" not in text
    assert "{{" not in text
    assert not re.search(r"\$\([A-Za-z_][A-Za-z0-9_]*\)", text)
    assert not [line for line in text.splitlines() if line.startswith(("#", " "))]


@pytest.mark.skipif(not MODULES.is_file(), reason="the list of modules is not here")
def test_every_container_was_really_built() -> None:
    with MODULES.open(encoding="utf-8") as file:
        built = {(row["module"], row["builddate"]) for row in csv.DictReader(file, delimiter="\t")}
    for container in {step.container for step in STEPS if step.container}:
        assert (container.module, container.date) in built


def test_ids_in_pipelines_depend_on_the_step_alone() -> None:
    class Instance:
        schema_name = "neurodesk-tools"
        runtime_type = RuntimeProcessorType.KUBEFLOW_PIPELINES

        def __init__(self, **metadata: str) -> None:
            self.metadata = metadata

    def identify(step: str, **metadata: str) -> str:
        return str(CatalogEntry(None, {"step": step}, Instance(**metadata), Connector.get_hash_keys()).id)

    assert identify("fsl-bet") == identify("fsl-bet", run_from="image") == "neurodesk-tools:e91f38272101"
    assert identify("fsl-bet") != identify("fsl-fast")
