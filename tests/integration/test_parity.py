"""What Elyra's UI offers reaches the pod: one pipeline with everything, through Elyra's own command line.

The behaviour is that of Elyra's tests of its KFP processor, those among them that Elyra skips included.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.equivalence import compile_dsl, resolved_tasks
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.pipelines import (
    IMAGE,
    catalog_node,
    node_id,
    notebook_node,
    write_notebook,
    write_pipeline,
)
from tests.support.specs import stored_spec

NASTY = "a'b\"c; d\\n\n$(HOME) `x` é"
# parameters reach a container through Kubernetes' expansion: "$(HOME)" in them is refused
VALUE = NASTY.replace("$(HOME)", "$HOME")
NAME = 'Étude "42" 日本 ' + "x" * 130
DESCRIPTION = 'first line\nsecond "line" with \\ and {{x}}'
OPTIONAL = """
name: Optional inputs
inputs:
- {name: Text, type: String, optional: true}
- {name: Flag, type: Bool, optional: true}
- {name: Items, type: List, optional: true}
- {name: Table, type: Dict, optional: true}
- {name: Count, type: Integer, default: 4}
- {name: Rate, type: Float, optional: true}
outputs:
- {name: Made data, type: Dataset}
implementation:
  container:
    image: example.org/tools:1
    command: [make]
    args:
    - {if: {cond: {isPresent: Text}, then: [--text, {inputValue: Text}]}}
    - {if: {cond: {isPresent: Flag}, then: [--flag, {inputValue: Flag}]}}
    - {if: {cond: {isPresent: Items}, then: [--items, {inputValue: Items}]}}
    - {if: {cond: {isPresent: Table}, then: [--table, {inputValue: Table}]}}
    - {if: {cond: {isPresent: Rate}, then: [--rate, {inputValue: Rate}]}}
    - --count
    - {inputValue: Count}
    - {outputPath: Made data}
"""
VERSION_2 = '''
from kfp import compiler, dsl


@dsl.container_component
def use_data(data: dsl.Input[dsl.Dataset], report: dsl.Output[dsl.HTML], size: dsl.OutputPath(int),
             names: list, options: dict, strict: bool = True, note: str = "none"):
    """Uses a data set."""
    return dsl.ContainerSpec(image="example.org/tools:2", command=["use"],
                             args=[data.path, report.path, size, names, options, strict, note])


compiler.Compiler().compile(use_data, "use_data.yaml")
'''


@dataclass(frozen=True)
class Exported:
    """A compiled pipeline, task by task, and what the command said."""

    tasks: dict[str, Any]
    spec: dict[str, Any]
    said: str


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_nanio(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> JupyterHome:
    home = JupyterHome(tmp_path_factory.mktemp("home"))
    metadata = neurodesk_metadata(
        store.endpoint, store.access_key, store.secret_key, cos_bucket=store.bucket, sidecar="off"
    )
    home.runtime_config("nd", **metadata)
    images = {IMAGE: "notebooks", "example.org/tools:1": "tools", "example.org/other:1": "other"}
    for image, name in images.items():
        pull = {"pull_policy": "Always", "pull_secret": f"{name}-registry"}
        home._instance("runtime-images", name, "runtime-image", {"image_name": image, **pull})
    components = home.home / "components"
    components.mkdir()
    (components / "optional.yaml").write_text(OPTIONAL, "utf-8")
    (components / "compile.py").write_text(VERSION_2, "utf-8")
    home.run("python", "compile.py", cwd=components)
    home.catalog("tools", components)
    return home


@pytest.fixture(scope="module")
def ids(jupyter: JupyterHome) -> dict[str, str]:
    return jupyter.component_ids()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipelines")
    write_notebook(folder / "a.ipynb", "1", parameters="Subject_ID = ''")
    (folder / "data/deep").mkdir(parents=True)
    (folder / "data/deep/x.txt").write_text("x", "utf-8")
    return folder


@pytest.fixture(scope="module")
def everything(jupyter: JupyterHome, ids: dict[str, str], folder: Path) -> Path:
    """A pipeline that uses all that the property panels offer."""
    kubernetes: dict[str, Any] = {
        "mounted_volumes": [
            {"path": "/data", "pvc_name": "bids", "sub_path": "study/1", "read_only": True},
            {"path": "/more", "pvc_name": "more", "sub_path": None, "read_only": False},
        ],
        "kubernetes_shared_mem_size": {"size": 1.5, "units": "G"},
        "kubernetes_secrets": [{"env_var": "TOKEN", "name": "xnat", "key": "token"}],
        "kubernetes_pod_labels": [{"key": "project", "value": "p1"}, {"key": "empty", "value": ""}],
        "kubernetes_pod_annotations": [{"key": "note", "value": NASTY}],
        "kubernetes_tolerations": [
            {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
            {"key": "all", "operator": "Exists", "value": "", "effect": ""},
        ],
    }
    nodes = [
        notebook_node(
            "Erste Auswertung – 日本",
            "a.ipynb",
            outputs=["out.txt"],
            dependencies=["data/**"],
            pipeline_parameters=["Subject_ID", "FWHM", "Flag", "Left_Out"],
            cpu=1.5,
            cpu_limit=2,
            memory=3,
            memory_limit=4,
            gpu=1,
            gpu_vendor="amd.com/gpu",
            env_vars=[{"env_var": "NASTY", "value": NASTY}],
            **kubernetes,
        ),
        notebook_node("y" * 70, "a.ipynb", ["Erste Auswertung – 日本"], outputs=["out.txt"]),
        catalog_node(
            "Empty",
            ids["Optional inputs"],
            text={"widget": "string", "value": ""},
            flag={"widget": "boolean", "value": None},
            items={"widget": "list", "value": ""},
            table={"widget": "dict", "value": None},
            rate={"widget": "number", "value": None},
            count={"widget": "number", "value": None},
            **kubernetes,
            disable_node_caching="True",
        ),
        catalog_node(
            "Filled",
            ids["Optional inputs"],
            text={"widget": "parameter", "value": "Subject_ID"},
            flag={"widget": "boolean", "value": False},
            items={"widget": "inputvalue", "value": "['a', 2]"},
            table={"widget": "inputvalue", "value": '{"a": [true]}'},
            rate={"widget": "parameter", "value": "Left_Out"},
            count={"widget": "number", "value": 0},
        ),
        catalog_node(
            "Second version",
            ids["use-data"],
            ["Empty"],
            data={
                "widget": "inputpath",
                "value": {"value": node_id("Empty"), "option": "output_made_data"},
            },
            names={"widget": "inputvalue", "value": '["x"]'},
            options={"widget": "inputvalue", "value": "{'k': 1}"},
            strict={"widget": "boolean", "value": False},
            note={"widget": "string", "value": ""},
        ),
    ]
    parameters: list[dict[str, Any]] = [
        {"name": "Subject_ID", "default_value": {"type": "String", "value": VALUE}, "required": True},
        {"name": "FWHM", "default_value": {"type": "Float", "value": 6.5}},
        {"name": "Flag", "default_value": {"type": "Bool", "value": False}},
        {"name": "Left_Out", "default_value": {"type": "Float"}},
        {"name": "unused", "default_value": {"type": "Integer", "value": 3}},
    ]
    return write_pipeline(
        folder / f"{NAME[:40]}.pipeline",
        nodes,
        description=DESCRIPTION,
        pipeline_defaults={"disable_node_caching": "False"},
        pipeline_parameters=[{"description": "", **parameter} for parameter in parameters],
    )


def export(jupyter: JupyterHome, path: Path, kind: str = "yaml", check: bool = True) -> tuple[str, str]:
    output = path.parent / f"exported.{kind}"
    output.unlink(missing_ok=True)
    done = jupyter.run(
        "elyra-pipeline", "export", str(path), "--runtime-config", "nd", "--format", kind,
        "--output", str(output), check=check, cwd=path.parent,
    )  # fmt: skip
    return output.read_text("utf-8") if output.exists() else "", done.stdout + done.stderr


@pytest.fixture(scope="module")
def exported(jupyter: JupyterHome, everything: Path) -> Exported:
    text, said = export(jupyter, everything)
    return Exported(resolved_tasks(text), next(iter(yaml.safe_load_all(text))), said)


@pytest.fixture
def notebook(exported: Exported) -> dict[str, Any]:
    return named(exported, "Erste Auswertung – 日本")


def named(exported: Exported, label: str) -> dict[str, Any]:
    (task,) = (task for task in exported.tasks.values() if task["display_name"] == label)
    return dict(task)


@pytest.mark.parametrize("label", ["Erste Auswertung – 日本", "Empty"])
def test_volumes_shared_memory_secrets_labels_annotations_and_tolerations_reach_the_pod(
    exported: Exported, label: str
) -> None:
    platform = named(exported, label)["platform"]
    assert {"constant": "bids", "mountPath": "/data", "subPath": "study/1"} in platform["pvcMount"]
    assert {"constant": "more", "mountPath": "/more"} in platform["pvcMount"]
    shared = {"volumeName": "shm", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "1.5G"}
    assert shared in platform["emptyDirMounts"]
    if label != "Empty":  # Elyra offers secrets for notebooks and scripts only
        secret = {"secretName": "xnat", "keyToEnv": [{"secretKey": "token", "envVar": "TOKEN"}]}
        assert secret in platform["secretAsEnv"]
    assert platform["podMetadata"]["labels"].items() >= {"project": "p1", "empty": ""}.items()
    assert platform["podMetadata"]["annotations"]["note"] == NASTY
    assert platform["tolerations"] == [
        {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
        {"key": "all", "operator": "Exists"},
    ]


def test_read_only_volumes_are_told_in_one_line(exported: Exported) -> None:
    lines = [line for line in exported.said.splitlines() if "read-only" in line]
    assert len(lines) == 1
    assert "'Erste Auswertung – 日本' (/data), 'Empty' (/data)" in lines[0]


def test_pull_policy_and_pull_secret_of_the_runtime_image_reach_notebooks_and_components(
    exported: Exported, notebook: dict[str, Any]
) -> None:
    for task, name in ((notebook, "notebooks"), (named(exported, "Empty"), "tools")):
        assert task["platform"]["imagePullPolicy"] == "Always"
        assert task["platform"]["imagePullSecret"] == [{"secretName": f"{name}-registry"}]
    assert "imagePullSecret" not in named(exported, "Second version")["platform"]


def test_memory_is_in_gibibytes_and_cpus_may_be_fractions(notebook: dict[str, Any]) -> None:
    resources = notebook["executor"]["container"]["resources"]
    assert (resources["resourceCpuRequest"], resources["resourceCpuLimit"]) == ("1.5", "2")
    # bytes: `resolved_tasks` makes them of the quantities
    assert (resources["resourceMemoryRequest"], resources["resourceMemoryLimit"]) == (3 * 2**30, 4 * 2**30)
    assert resources["accelerator"] == {
        "type": "amd.com/gpu",
        "resourceType": "amd.com/gpu",
        "count": "1",
        "resourceCount": "1",
    }


def test_caching_flags_of_nodes_and_pipeline_are_honoured_or_told(exported: Exported) -> None:
    assert named(exported, "Empty")["caching"] == {}
    assert named(exported, "Filled")["caching"] == {"enableCache": True}
    assert named(exported, "y" * 70)["caching"] == {}
    assert exported.said.count("KFP's cache stays off for notebooks and scripts") == 1


def test_pods_say_which_pipeline_version_experiment_and_node_they_belong_to(exported: Exported) -> None:
    versions = set()
    for task in exported.tasks.values():
        labels = task["platform"]["podMetadata"]["labels"]
        versions.add(labels["elyra/pipeline-version"])
        for name in ("node-type", "pipeline-name", "experiment-name", "node-name"):
            assert 0 < len(labels[f"elyra/{name}"]) <= 63
    assert len(versions) == 1
    assert len(versions.pop()) == 12
    assert named(exported, "Empty")["platform"]["podMetadata"]["labels"]["elyra/node-name"] == "Empty"


def test_the_run_id_is_the_run_name_of_components_too(exported: Exported) -> None:
    path = {"name": "ELYRA_RUN_NAME", "fieldPath": "metadata.labels['pipeline/runid']"}
    assert named(exported, "Empty")["platform"]["fieldPathAsEnv"] == [path]


def test_names_descriptions_and_labels_in_any_language_and_length_are_kept(exported: Exported) -> None:
    info = exported.spec["pipelineInfo"]
    assert info["displayName"] == NAME[:40]
    assert info["description"] == DESCRIPTION
    assert all(len(name) <= 63 and name.isascii() for name in exported.tasks)
    assert {task["display_name"] for task in exported.tasks.values()} >= {"y" * 70}


def test_parameters_keep_name_type_and_value_and_unused_ones_are_dropped(
    exported: Exported, notebook: dict[str, Any], store: ObjectStore
) -> None:
    parameters = exported.spec["root"]["inputDefinitions"]["parameters"]
    assert {name: entry["defaultValue"] for name, entry in parameters.items()} == {
        "Subject_ID": VALUE,
        "FWHM": 6.5,
        "Flag": False,
    }
    types = [parameters[name]["parameterType"] for name in ("Subject_ID", "FWHM", "Flag")]
    assert types == ["STRING", "NUMBER_DOUBLE", "BOOLEAN"]
    given = {source.get("componentInputParameter") for source in notebook["inputs"]["parameters"].values()}
    assert given == {None, "Subject_ID", "FWHM", "Flag"}
    assert stored_spec(store, notebook).parameters == {
        "Subject_ID": "String",
        "FWHM": "Float",
        "Flag": "Bool",
    }


def test_of_empty_inputs_defaults_are_passed_and_filled_ones_have_their_type(exported: Exported) -> None:
    assert named(exported, "Empty")["inputs"]["parameters"] == {"count": {"runtimeValue": {"constant": 4}}}
    inputs = named(exported, "Filled")["inputs"]["parameters"]
    assert inputs == {
        "text": {"componentInputParameter": "Subject_ID"},
        "flag": {"runtimeValue": {"constant": False}},
        "items": {"runtimeValue": {"constant": ["a", 2]}},
        "table": {"runtimeValue": {"constant": {"a": [True]}}},
        "count": {"runtimeValue": {"constant": 0}},
    }


def test_a_component_that_kfp_2_compiled_works_from_the_catalog(exported: Exported) -> None:
    task = named(exported, "Second version")
    produced = {"producerTask": "empty", "outputArtifactKey": "made_data"}
    assert task["inputs"]["artifacts"] == {"data": {"taskOutputArtifact": produced}}
    assert task["inputs"]["parameters"] == {
        "names": {"runtimeValue": {"constant": ["x"]}},
        "options": {"runtimeValue": {"constant": {"k": 1}}},
        "strict": {"runtimeValue": {"constant": False}},
        "note": {"runtimeValue": {"constant": "none"}},
    }
    assert task["executor"]["container"]["image"] == "example.org/tools:2"
    assert set(task["component"]["outputDefinitions"]) == {"artifacts", "parameters"}


def test_the_exported_python_compiles_to_the_same(
    jupyter: JupyterHome, everything: Path, exported: Exported, tmp_path: Path
) -> None:
    text, _ = export(jupyter, everything, "py")
    assert resolved_tasks(compile_dsl(text, tmp_path)) == exported.tasks


def test_on_crio_tasks_get_a_volume_to_work_in(
    jupyter: JupyterHome, store: ObjectStore, folder: Path
) -> None:
    path = write_pipeline(folder / "crio.pipeline", [notebook_node("a", "a.ipynb")])
    jupyter.env["CRIO_RUNTIME"] = "True"
    try:
        (task,) = resolved_tasks(export(jupyter, path)[0]).values()
    finally:
        del jupyter.env["CRIO_RUNTIME"]
    volume = {"volumeName": "workspace", "mountPath": "/opt/app-root/src", "sizeLimit": "20Gi"}
    assert volume in task["platform"]["emptyDirMounts"]
    env = stored_spec(store, task).env
    assert env["ELYRA_WRITABLE_CONTAINER_DIR"] == "/opt/app-root/src"


def test_a_required_parameter_without_value_stops_in_one_line(jupyter: JupyterHome, folder: Path) -> None:
    empty = {"name": "subject", "description": "", "default_value": {"type": "String", "value": ""}}
    nodes = [notebook_node("a", "a.ipynb", pipeline_parameters=["subject"])]
    path = write_pipeline(
        folder / "required.pipeline", nodes, pipeline_parameters=[{**empty, "required": True}]
    )
    text, said = export(jupyter, path, check=False)
    assert not text
    assert len([line for line in said.splitlines() if "required" in line]) == 1
