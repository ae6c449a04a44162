"""Exports through Elyra's own command line: every task carries what Neurodesk needs, and no secret."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.equivalence import compile_dsl, resolved_tasks
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.objectstore import ObjectStore, running_nanio
from tests.support.pipelines import (
    catalog_node,
    migrated,
    node_id,
    notebook_node,
    pipeline,
    write_notebook,
    write_pipeline,
)
from tests.support.specs import stored_spec

REPOSITORY = Path(__file__).parents[2]
SECRET = "hunter2-and-a-half"
CVMFS = "/cvmfs/neurodesk.ardc.edu.au"

MEASURE = """
name: Measure volume
description: Measures the volume of a mask
inputs:
- {name: Mask, type: String, description: file of the mask}
- {name: Threshold, type: Float, default: '0.5', optional: true}
- {name: Verbose, type: Boolean, optional: true, default: 'False'}
outputs:
- {name: Volume, type: String}
implementation:
  container:
    image: example.org/tools:1
    command: [measure]
    args: [{inputValue: Mask}, {inputValue: Threshold}, {outputPath: Volume}]
"""
PUBLISH = """
name: Publish
inputs:
- {name: Volume, type: String}
implementation:
  container:
    image: example.org/tools:1
    command: [publish, {inputValue: Volume}]
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_nanio(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(scope="module")
def jupyter(tmp_path_factory: pytest.TempPathFactory, store: ObjectStore) -> JupyterHome:
    home = JupyterHome(tmp_path_factory.mktemp("home"))
    metadata = neurodesk_metadata(
        store.endpoint,
        store.access_key,
        store.secret_key,
        cos_bucket=store.bucket,
        default_modules="fsl/6.0.7.16",
    )
    for delivery in ("platform-spec", "admission", "auto", "off"):
        home.runtime_config(f"nd-{delivery}", **metadata, sidecar=delivery)
    components = home.home / "components"
    components.mkdir()
    (components / "measure.yaml").write_text(MEASURE, "utf-8")
    (components / "publish.yaml").write_text(PUBLISH, "utf-8")
    home.catalog("tools", components)
    return home


def demo(folder: Path) -> Path:
    return REPOSITORY / "examples/demo/neuroimaging.pipeline"


def old_format(folder: Path) -> Path:
    """Four notebooks, two after the second, as Elyra 3 saved them and the editor of Elyra 4 migrates them."""
    nodes = [
        notebook_node(
            "load", "load_data.ipynb", outputs=["data/air port/raw.csv"], env_vars=["URL=https://x.org/a=b"]
        ),
        notebook_node("clean", "Part 1 - Clean.ipynb", ["load"], outputs=["data/air port/clean.csv"]),
        notebook_node("analyse", "Part 2 - Analyse.ipynb", ["clean"], cpu=None, gpu=None, memory=None),
        notebook_node("forecast", "Part 3 - Forecast.ipynb", ["clean"]),
    ]
    definition = pipeline(nodes)
    definition["pipelines"][0]["app_data"]["version"] = 7
    comment = {
        "id": "c",
        "x_pos": 49,
        "y_pos": 101,
        "width": 199,
        "height": 47,
        "content": "Download, 'extract'",
    }
    definition["pipelines"][0]["app_data"]["ui_data"]["comments"].append(comment)
    definition = migrated(definition)
    for entry in definition["pipelines"][0]["nodes"]:
        write_notebook(folder / entry["app_data"]["component_parameters"]["filename"], "1")
    path = folder / "weather data.pipeline"
    path.write_text(json.dumps(definition), "utf-8")
    return path


@pytest.fixture(scope="module")
def mixture(jupyter: JupyterHome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty nodes: notebooks, scripts and catalog components, chains, fan-outs and joins."""
    folder = tmp_path_factory.mktemp("mixture")
    ids = jupyter.component_ids()
    write_notebook(folder / "prepare.ipynb", "print(subject)", parameters="subject = 'x'")
    write_notebook(folder / "sub/analyse it.ipynb", "1")
    (folder / "script.py").write_text("print(1)", "utf-8")
    (folder / "stats.R").write_text("1", "utf-8")
    (folder / "helper.py").write_text("", "utf-8")
    nodes = [
        notebook_node(
            "Prepare ünïcode 日本",
            "prepare.ipynb",
            dependencies=["helper.py"],
            outputs=["out/*.nii.gz", "it's.txt"],
            env_vars=[{"env_var": "NASTY", "value": "a\"b'c\\n$(HOME) {{$.x}}"}],
            pipeline_parameters=["subject"],
            cpu=2,
            cpu_limit=4,
            memory=3,
            mounted_volumes=[{"path": "/data", "pvc_name": "bids", "sub_path": "study", "read_only": False}],
            kubernetes_secrets=[{"env_var": "TOKEN", "name": "xnat", "key": "token"}],
            kubernetes_pod_labels=[{"key": "project", "value": "p1"}],
            kubernetes_tolerations=[
                {"key": "gpu", "operator": "Exists", "value": "", "effect": "NoSchedule"}
            ],
        )
    ]
    for number in range(12):
        nodes.append(notebook_node(f"fan {number}", "sub/analyse it.ipynb", ["Prepare ünïcode 日本"]))
    for number in range(9):
        nodes.append(notebook_node(f"script {number}", "script.py", [f"fan {number}"]))
    nodes.append(notebook_node("r", "stats.R", [f"script {number}" for number in range(9)]))
    for number in range(3):
        nodes.append(
            catalog_node(
                f"Measure {number}",
                ids["Measure volume"],
                [f"script {number}"],
                mask={"widget": "string", "value": f'it\'s "{number}" $(x).nii'},
                threshold={"widget": "number", "value": 0.25 if number else None},
                verbose={"widget": "boolean", "value": True},
            )
        )
        nodes.append(
            catalog_node(
                f"Publish {number}",
                ids["Publish"],
                [f"Measure {number}"],
                volume={
                    "widget": "inputpath",
                    "value": {"value": node_id(f"Measure {number}"), "option": "output_volume"},
                },
            )
        )
    nodes.append(notebook_node("last", "prepare.ipynb", ["r", "Publish 0", "Publish 1"]))
    assert len(nodes) == 30
    return write_pipeline(
        folder / 'It\'s a "mixture" 日本.pipeline',
        nodes,
        description='Two\nlines "quoted"',
        pipeline_parameters=[
            {
                "name": "subject",
                "description": "who",
                "default_value": {"type": "String", "value": "sub-'01\"; x"},
            },
            {"name": "unused", "description": "", "default_value": {"type": "Integer", "value": 3}},
        ],
    )


EXPORTED: dict[tuple[str, str, str], str] = {}


def export(jupyter: JupyterHome, path: Path, config: str, kind: str, folder: Path) -> str:
    """Export through Elyra's command line; the demo and the mixture, which do not move, once only."""
    key = (str(path), config, kind)
    if key not in EXPORTED:
        output = folder / f"{config}.{kind}"
        jupyter.run(
            "elyra-pipeline", "export", str(path), "--runtime-config", config, "--format", kind,
            "--output", str(output), "--overwrite", cwd=path.parent,
        )  # fmt: skip
        EXPORTED[key] = output.read_text("utf-8")
    return EXPORTED[key]


SOURCES = {"demo": demo, "old format": old_format}


@pytest.fixture(params=[*SOURCES, "mixture"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "mixture":
        path: Path = request.getfixturevalue("mixture")
        return path
    return SOURCES[request.param](tmp_path)


def assert_neurodesk(task: dict[str, Any], delivery: str, store: ObjectStore) -> None:
    platform = task["platform"]
    assert {"constant": "cvmfs-neurodesk", "mountPath": CVMFS} in platform["pvcMount"]
    assert any(mount["mountPath"] == "/neurodesktop-storage" for mount in platform["emptyDirMounts"])
    labels = platform["podMetadata"]["labels"]
    container = task["executor"]["container"]
    if labels["elyra/node-type"] == "notebook-script":
        assert not container.get("env")
        env = stored_spec(store, task).env
    else:
        env = {entry["name"]: entry["value"] for entry in container["env"]}
    assert env["NEURODESK_CVMFS_ROOT"] == CVMFS
    assert env["ELYRA_RUNTIME_ENV"] == "kfp"
    assert {"LMOD_CMD", "OFFLINE_MODULES", "MPLCONFIGDIR"} <= env.keys()
    assert labels["elyra/node-type"] in ("notebook-script", "catalog-component")
    assert labels["elyra/pipeline-name"]
    sidecars = [entry["name"] for entry in platform.get("initContainers", ())]
    assert sidecars == (["neurodesk-cvmfs"] if delivery == "platform-spec" else [])
    assert (labels.get("neurodesk.org/cvmfs") == "enabled") == (delivery != "off")


@pytest.mark.parametrize("delivery", ["platform-spec", "admission", "auto", "off"])
def test_every_executor_has_volume_sidecar_and_environment(
    jupyter: JupyterHome, source: Path, delivery: str, store: ObjectStore, tmp_path: Path
) -> None:
    package = export(jupyter, source, f"nd-{delivery}", "yaml", tmp_path)
    tasks = resolved_tasks(package)
    assert len(tasks) == len(json.loads(source.read_text("utf-8"))["pipelines"][0]["nodes"])
    for task in tasks.values():
        assert_neurodesk(task, delivery, store)


def test_the_package_parses_with_the_protos_of_the_sdk(
    jupyter: JupyterHome, source: Path, tmp_path: Path
) -> None:
    from google.protobuf import json_format
    from kfp.kubernetes import kubernetes_executor_config_pb2
    from kfp.pipeline_spec import pipeline_spec_pb2

    spec, platform = yaml.safe_load_all(export(jupyter, source, "nd-platform-spec", "yaml", tmp_path))
    json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    for config in platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        del config["initContainers"]  # in no released SDK
        json_format.ParseDict(config, kubernetes_executor_config_pb2.KubernetesExecutorConfig())


def test_the_python_export_compiles_to_an_equivalent_package(
    jupyter: JupyterHome, source: Path, tmp_path: Path
) -> None:
    ours = export(jupyter, source, "nd-platform-spec", "yaml", tmp_path)
    theirs = compile_dsl(export(jupyter, source, "nd-platform-spec", "py", tmp_path), tmp_path)
    assert resolved_tasks(ours) == resolved_tasks(theirs)


def test_no_secret_value_is_in_anything_exported_or_uploaded(
    jupyter: JupyterHome, mixture: Path, store: ObjectStore, tmp_path: Path
) -> None:
    texts = [export(jupyter, mixture, "nd-auto", kind, tmp_path) for kind in ("yaml", "py")]
    contents = [text.encode() for text in texts]
    names = []
    for entry in store.client.list_objects(store.bucket, recursive=True):
        content = store.get(entry.object_name)
        contents.append(content)
        names.append(entry.object_name)
        if entry.object_name.endswith(".tar.gz"):
            with tarfile.open(fileobj=BytesIO(content)) as archive:
                contents += [archive.extractfile(member).read() for member in archive if member.isfile()]  # type: ignore[union-attr]
    assert any(name.endswith(".pyz") for name in names)
    assert any(name.endswith(".tar.gz") for name in names)
    assert any("/specs/" in name for name in names)
    for content in contents:
        assert store.secret_key.encode() not in content
        assert store.access_key.encode() not in content


def test_exporting_twice_uploads_nothing_new(
    jupyter: JupyterHome, mixture: Path, store: ObjectStore, tmp_path: Path
) -> None:
    export(jupyter, mixture, "nd-auto", "yaml", tmp_path)
    before = {
        entry.object_name: entry.last_modified
        for entry in store.client.list_objects(store.bucket, recursive=True)
    }
    EXPORTED.clear()
    export(jupyter, mixture, "nd-auto", "yaml", tmp_path)
    after = {
        entry.object_name: entry.last_modified
        for entry in store.client.list_objects(store.bucket, recursive=True)
    }
    assert before == after


def test_plain_credentials_stop_with_the_command_that_creates_the_secret(
    jupyter: JupyterHome, store: ObjectStore, tmp_path: Path
) -> None:
    metadata = neurodesk_metadata(store.endpoint, store.access_key, SECRET, cos_auth_type="USER_CREDENTIALS")
    del metadata["cos_secret"]
    jupyter.runtime_config("plain", **metadata)
    write_notebook(tmp_path / "a.ipynb", "1")
    path = write_pipeline(tmp_path / "p.pipeline", [notebook_node("a", "a.ipynb")])
    done = jupyter.run(
        "elyra-pipeline", "export", str(path), "--runtime-config", "plain", "--format", "yaml",
        "--output", str(tmp_path / "o.yaml"), check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode != 0
    text = done.stdout + done.stderr
    assert "ND-CONFIG-003" in text
    assert "kubectl create secret generic" in text
    assert SECRET not in text
    assert not (tmp_path / "o.yaml").exists()
