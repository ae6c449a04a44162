"""What reads pipeline files without Elyra reads what Elyra reads, and leaves to Elyra what Elyra refuses."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from elyra.pipeline.component_catalog import ComponentCache
from elyra.pipeline.processor import PipelineProcessorManager
from elyra.pipeline.registry import PipelineProcessorRegistry
from elyra.pipeline.validation import PipelineValidationManager
from hypothesis import given, settings
from hypothesis import strategies as st

from elyra_neurodesk.elyra_adapter.pipeline_file import parsed_by_elyra, validated_by_elyra
from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_configuration
from elyra_neurodesk.graph.pipeline import Pipeline
from elyra_neurodesk.pipeline_files.accepted import require_accepted
from elyra_neurodesk.pipeline_files.definition import open_definition
from elyra_neurodesk.pipeline_files.needs_elyra import NeedsElyra
from elyra_neurodesk.pipeline_files.reader import read_pipeline
from elyra_neurodesk.pipeline_files.shape import problem_of
from elyra_neurodesk.settings import RuntimeConfiguration
from tests.golden.pipelines import write_all
from tests.support.jupyter import neurodesk_metadata
from tests.support.pipelines import node_id, notebook_node, pipeline

Json = dict[str, Any]
DEFAULT_IMAGE = "vnmd/neurodesktop:2026-09-23"
SINGLETONS = (
    PipelineValidationManager,
    PipelineProcessorManager,
    PipelineProcessorRegistry,
    ComponentCache,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with all pipelines of the goldens, one of which is the example's, and a Jupyter home."""
    root = tmp_path_factory.mktemp("pipelines").resolve()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_DATA_DIR", str(root / "jupyter"))
        patch.setenv("JUPYTER_RUNTIME_DIR", str(root / "jupyter/runtime"))
        for one in SINGLETONS:  # those of other tests know other directories
            one.clear_instance()
        write_instance(
            root / "jupyter/metadata/runtimes/x.json",
            "neurodesk",
            neurodesk_metadata("http://s:9000", "access", "not a secret"),
        )
        write_instance(
            root / "jupyter/metadata/runtime-images/newest.json",
            "runtime-image",
            {"image_name": DEFAULT_IMAGE},
        )
        write_all(root, Components())
        yield root
        for one in SINGLETONS:
            one.clear_instance()


def write_instance(file: Path, schema: str, metadata: Json) -> None:
    file.parent.mkdir(parents=True)
    metadata = {"runtime_type": "KUBEFLOW_PIPELINES", **metadata}
    file.write_text(json.dumps({"display_name": "x", "schema_name": schema, "metadata": metadata}), "utf-8")


class Components(dict[str, str]):
    """An id for every component that a pipeline may name."""

    def __missing__(self, name: str) -> str:
        return f"local-directory-catalog:{node_id(name)[:12]}"


@pytest.fixture(scope="module")
def config(folder: Path) -> RuntimeConfiguration:
    return runtime_configuration("x")


def compare(file: Path, config: RuntimeConfiguration) -> tuple[bool, bool]:
    """Compare both ways to read a file; return whether it was read, and accepted, without Elyra."""
    definition = open_definition(file)
    before = copy.deepcopy(definition)
    try:
        ours = read_pipeline(definition, file, DEFAULT_IMAGE)
    except NeedsElyra:
        return False, False
    finally:
        assert definition == before
    assert without_modifiers(ours) == parsed_by_elyra(copy.deepcopy(definition), file)
    try:
        require_accepted(ours, file.parent)
    except NeedsElyra:
        return True, False
    assert ours == validated_by_elyra(definition, file, config)
    return True, True


def without_modifiers(found: Pipeline) -> Pipeline:
    return replace(found, nodes=tuple(replace(node, modifiers={}) for node in found.nodes))


READ = {
    "demo": "accepted",
    "lone-notebook": "accepted",
    "everything": "accepted",
    "many-nodes": "accepted",
    "Étude 42 – 日本": "accepted",
    "no-image": "accepted",
    "bad-cpu": "accepted",
    "bad-volume": "accepted",
    "bad-env": "accepted",
    "retired-module": "accepted",
    "unknown-module": "accepted",
    "bad-parameter": "accepted",
    "bad-output": "accepted",
    "calls-missing-tool": "accepted",
    # Elyra refuses these: its catalogs lack the components, its validation finds no file, no parameter
    "parameters": "read",
    "tools": "read",
    "unknown-component": "read",
    "no-notebook": "read",
    "no-dependency": "read",
    "unknown-parameter": "read",
    # and in these a property
    "bad-module": "left to Elyra",
    "bad-strictness": "left to Elyra",
}
"""How far each pipeline of the goldens comes without Elyra; those that are in no table are not pipelines."""


@pytest.mark.parametrize("name", READ)
def test_a_pipeline_of_the_goldens_is_read_as_elyra_reads_it(
    folder: Path, config: RuntimeConfiguration, name: str
) -> None:
    read, accepted = compare(folder / f"{name}.pipeline", config)
    assert READ[name] == ("accepted" if accepted else "read" if read else "left to Elyra")


def test_every_pipeline_of_the_goldens_is_compared(folder: Path) -> None:
    unreadable = {"no-json", "no-pipeline", "empty", "cycle", "orphan", "outside-dependency"}
    assert {file.stem for file in folder.glob("*.pipeline")} == READ.keys() | unreadable


def entries(**fields: list[Any]) -> st.SearchStrategy[list[Json]]:
    """Lists of entries; each field has one of these values, or is not there where None is one of them."""
    optional = {name: st.sampled_from(values) for name, values in fields.items() if None in values}
    needed = {name: st.sampled_from(values) for name, values in fields.items() if None not in values}
    return st.lists(st.fixed_dictionaries(needed, optional=optional), max_size=3)


def some(**values: list[Any]) -> st.SearchStrategy[Json]:
    """Dictionaries with some of these fields."""
    return st.fixed_dictionaries({}, optional={key: st.sampled_from(one) for key, one in values.items()})


TEXTS = ["", " a ", "é", None]
ANNOTATIONS = entries(key=["x-1", " a.b/c"], value=TEXTS)
TOLERATIONS: list[Json] = [
    {"key": "a", "operator": "Equal", "value": "b", "effect": "NoSchedule"},
    {"key": "a", "operator": "Exists", "value": "", "effect": ""},
    {"operator": "Exists", "effect": None},
]
WELL_FORMED: dict[str, st.SearchStrategy[Any]] = {
    "env_vars": entries(env_var=["A", "B ", " C"], value=TEXTS),
    "kubernetes_secrets": entries(env_var=["A", "B"], name=["x-1", "y"], key=["k", "K_2"]),
    "mounted_volumes": entries(
        path=["/data", "b/", " /c"],
        pvc_name=["x-1"],
        sub_path=["a/b", "", None],
        read_only=[True, False, None],
    ),
    "kubernetes_pod_annotations": ANNOTATIONS,
    "kubernetes_pod_labels": entries(key=["x-1", "a.b/c"], value=["", " a ", None]),
    "kubernetes_tolerations": st.lists(st.sampled_from(TOLERATIONS), max_size=3),
    "neurodesk_modules": entries(module=["fsl/6.0.7", "ants ", "", None]),
    "kubernetes_shared_mem_size": some(size=[0, 1, 2.5, None], units=["G", ""]),
    "neurodesk_strictness": st.sampled_from(["", "error", "warn ", "off", None]),
    "neurodesk_keep_undeclared": st.sampled_from(["", "off", "20Mi", "5Mi/1Gi", None]),
}
# what the dialog does not prevent, and what only another program would write
ODD = st.sampled_from(
    [None, True, 0, 1.5, [], {}, "x", "None", ["x"], [{}], [None], {"size": "2"}]
) | entries(
    **{name: ["a b", "/", "", 3, None] for name in ("env_var", "key", "path", "module")},
    **{name: ["A_b", "/x", "a" * 64, False, None] for name in ("name", "pvc_name", "value", "sub_path")},
    operator=["Equal", "In", "Exists", None],
    effect=["Never", 2, None],
)


@st.composite
def properties(draw: st.DrawFn) -> Json:
    """Node properties; at times one of them is odd."""
    found: Json = draw(st.fixed_dictionaries({}, optional=WELL_FORMED))
    odd = draw(st.sampled_from([*[""] * 20, *WELL_FORMED]))
    return {**found, odd: draw(ODD)} if odd else found


AMOUNTS = [None, "", 0, 1, 2, 3.0, 0.5, 1.25]
OTHERS = st.builds(
    lambda usual, odd: {**usual, **odd},
    some(
        cpu=AMOUNTS,
        cpu_limit=AMOUNTS,
        memory=AMOUNTS,
        memory_limit=AMOUNTS,
        gpu=[None, 0, 2],
        gpu_vendor=[None, "", "amd.com/gpu"],
        runtime_image=[None, "", "a/b:1"],
        dependencies=[[], ["helper.py"], ["*.py", "data"], ["data/**", "sub/*.ipynb"]],
        include_subdirectories=[True, False, None],
        outputs=[[], ["a.txt", "", "*.nii"]],
        pipeline_parameters=[[], ["n"]],
        disable_node_caching=[None, "True", 3],
        filename=["script.py", "./script.py", "sub/../script.py"],
    ),
    st.just({})
    | st.just({})
    | some(
        cpu=[-1, True, "2", float("inf"), float("nan")],
        gpu=[0.5, -1, float("inf"), "1", True],
        gpu_vendor=["a/b/c", "None", 3],
        runtime_image=["alone", "None", 3],
        dependencies=[["", "helper.py"], ["*.no"], ["?.py"], ["../x"], "data", None],
        include_subdirectories=["yes", 1],
        outputs=[[3], [None], "a", None],
        pipeline_parameters=[["nobody"], ["class"], None],
        filename=["", "missing.py", "sub", "s*.py", "/etc/passwd"],
        unknown=[None, {}, "x"],
    ),
)
PARAMETERS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from(["n", "n", "who", " who ", "class", "1a", None])},
        optional={
            "description": st.sampled_from(TEXTS),
            "required": st.sampled_from([True, False, None]),
            "value": st.sampled_from(["", " x ", 5, None]),
            "default_value": st.none()
            | some(
                type=["String", "Integer", "Bool", "CustomString", "List", None],
                value=["", " text ", 7, 0, False, None],
            ),
        },
    ),
    max_size=2,
)
DEFAULTS = st.builds(
    lambda shared, own: {**shared, **own},
    properties(),
    some(
        disable_node_caching=["True", "False", "", "true", False, None, "never"],
        runtime_image=["c/d:1", "", None],
        cos_object_prefix=["/a/b/ ", "", None],
    ),
)
SAVED = st.fixed_dictionaries(
    {"pipeline_parameters": st.just([{"name": "n", "default_value": {"value": 1}}]) | PARAMETERS | st.none()},
    optional={
        "pipeline_defaults": DEFAULTS | DEFAULTS | DEFAULTS | st.none(),
        "description": st.sampled_from(TEXTS),
        "cos_object_prefix": st.sampled_from(["old/", "", None]),
    },
)


@settings(max_examples=120)
@given(saved=SAVED, own=properties(), others=OTHERS, label=st.sampled_from(["script.py", "a", "a.b", ""]))
def test_whatever_properties_say_is_read_as_elyra_reads_it_or_left_to_elyra(
    folder: Path, config: RuntimeConfiguration, saved: Json, own: Json, others: Json, label: str
) -> None:
    file = folder / "made.pipeline"
    first = notebook_node("first", "script.py", **own)
    second = notebook_node("second", "script.py", ["first"])
    second["app_data"]["component_parameters"] |= others
    second["app_data"]["ui_data"]["label"] = label
    definition = pipeline([first, second], **saved)
    definition["pipelines"][0]["app_data"]["ui_data"]["comments"] = [
        {"content": text, "associated_id_refs": [{"node_ref": node_id("first")}]}
        for text in ("one", " ", "two")
    ]
    if problem_of(definition):
        return  # neither is asked
    file.write_text(json.dumps(definition), "utf-8")
    try:
        compare(file, config)
    finally:
        file.unlink()
