"""The pipelines that are exported, and the runtime configurations they are exported with.

Everything is made in one working directory, so that the files' names are the same wherever tests run.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.pipelines import catalog_node, node_id, notebook_node, write_notebook, write_pipeline

ROOT = Path(__file__).parents[2]
Ids = Mapping[str, str]
Json = dict[str, Any]

STORE_HOST = "object-store.example.org"
"""Host of the tasks' endpoint. It is made unknown here, so that uploads go to the public endpoint."""

MEASURE = """
name: Measure volume
description: Measures the volume of a mask
inputs:
- {name: Mask, type: String, description: file of the mask}
- {name: Threshold, type: Float, default: '0.5', optional: true}
- {name: Verbose, type: Boolean, optional: true, default: 'False'}
- {name: Count, type: Integer, optional: true}
- {name: Names, type: List, optional: true}
- {name: Table, type: Dict, optional: true}
outputs:
- {name: Volume, type: String}
implementation:
  container:
    image: example.org/tools:1
    command: [measure]
    args:
    - {inputValue: Mask}
    - {inputValue: Threshold}
    - {if: {cond: {isPresent: Verbose}, then: [--verbose, {inputValue: Verbose}]}}
    - {if: {cond: {isPresent: Count}, then: [--count, {inputValue: Count}]}}
    - {if: {cond: {isPresent: Names}, then: [--names, {inputValue: Names}]}}
    - {if: {cond: {isPresent: Table}, then: [--table, {inputValue: Table}]}}
    - {outputPath: Volume}
"""

TOOLS = [
    Tool("fsl", "6.0.7.16", "20250101", {"bet": "exit 0", "fast": "exit 0"}),
    Tool("fsl", "6.0.4", "20210105", {"bet": "exit 0"}, retired=True),
    Tool("ants", "2.5.4", "20240801", {"N4BiasFieldCorrection": "exit 0"}, format=2),
    Tool("dcm2niix", "v1.0.20240202", "20240202", {"dcm2niix": "exit 0"}, category="data_organisation"),
]

CONFIGS: dict[str, Json] = {
    "platform-spec": {"sidecar": "platform-spec", "sidecar_image": "example.org/sidecar:1"},
    "admission": {"sidecar": "admission", "default_modules": "fsl/6.0.7.16"},
    "auto": {"sidecar": "auto"},
    "off": {"sidecar": "off", "strict_modules": "warn"},
    "automount": {
        "sidecar": "platform-spec",
        "cvmfs_volume_mode": "automount",
        "cvmfs_claim": "cvmfs",
        "scratch_claim": "scratch",
        "user_namespace": "kubeflow-user",
        "cos_secret_access_key_field": "access",
        "cos_secret_secret_key_field": "secret",
    },
    "scratch-size": {"sidecar": "off", "scratch_size": "5Gi"},
    "iam": {"sidecar": "off", "cos_auth_type": "AWS_IAM_ROLES_FOR_SERVICE_ACCOUNTS"},
}
"""Runtime configuration to what it says beside `base_metadata`."""

NOT_FOR_EXPORT: dict[str, Json] = {
    "plain-credentials": {"cos_auth_type": "USER_CREDENTIALS"},
    "bad-claim-mode": {"cvmfs_volume_mode": "sideways"},
    "bad-modules": {"default_modules": "fsl;rm"},
}
"""Configurations that commands refuse."""

EXPORTS = (
    ("demo", "platform-spec", "yaml", "py"),
    ("demo", "admission", "yaml", "py"),
    ("demo", "auto", "yaml"),
    ("demo", "off", "yaml"),
    ("demo", "automount", "yaml", "py"),
    ("lone-notebook", "admission", "yaml", "py"),
    ("lone-notebook", "scratch-size", "yaml"),
    ("lone-notebook", "iam", "yaml"),
    ("everything", "admission", "yaml", "py"),
    ("everything", "automount", "yaml"),
    ("parameters", "off", "yaml", "py"),
    ("tools", "platform-spec", "yaml", "py"),
    ("tools", "off", "yaml"),
    ("many-nodes", "platform-spec", "yaml", "py"),
    ("Étude 42 – 日本", "admission", "yaml", "py"),
)
"""Pipeline, runtime configuration, and what it is exported as."""


def base_metadata(public_endpoint: str, access_key: str, secret_key: str) -> Json:
    """Return what all runtime configurations share."""
    return {
        "api_endpoint": "http://127.0.0.1:9/pipeline",
        "engine": "Argo",
        "auth_type": "NO_AUTHENTICATION",
        "cos_endpoint": f"http://{STORE_HOST}:9000",
        "public_cos_endpoint": public_endpoint,
        "cos_bucket": "goldens",
        "cos_auth_type": "KUBERNETES_SECRET",
        "cos_secret": "mlpipeline-minio-artifact",
        "cos_username": access_key,
        "cos_password": secret_key,
    }


def write_tree(folder: Path) -> Path:
    """Write a Neurodesk repository of a few modules: what this machine has mounted must not matter."""
    return make_tree(folder, TOOLS)


def write_all(folder: Path, ids: Ids) -> None:
    """Write all pipelines with their notebooks and scripts.

    Args:
        folder: where to.
        ids: name to id of every catalog component.
    """
    _files(folder)
    demo = ROOT / "examples/demo"
    shutil.copy(demo / "neuroimaging.pipeline", folder / "demo.pipeline")
    for file in ("convert.ipynb", "denoise.ipynb", "make_report.ipynb", "brain_stats.py"):
        shutil.copy(demo / file, folder)
    write_pipeline(folder / "lone-notebook.pipeline", [notebook_node("Analyse", "analyse.ipynb")])
    _everything(folder)
    _parameters(folder, ids)
    _tools(folder, ids)
    _many_nodes(folder)
    _unicode(folder)
    _wrong(folder)


def _files(folder: Path) -> None:
    write_notebook(folder / "prepare.ipynb", "print(subject)", parameters="subject = 'x'")
    write_notebook(folder / "analyse.ipynb", "1")
    write_notebook(folder / "sub/analyse it.ipynb", "open('out.txt', 'w')")
    (folder / "script.py").write_text("import helper\n", "utf-8")
    (folder / "helper.py").write_text("", "utf-8")
    (folder / "stats.R").write_text("1\n", "utf-8")
    (folder / "data/deep").mkdir(parents=True)
    (folder / "data/deep/x.txt").write_text("x", "utf-8")


def _everything(folder: Path) -> None:
    """Notebooks and scripts with all that their property panels offer, in a fan with a join."""
    kubernetes: Json = {
        "mounted_volumes": [
            {"path": "/data", "pvc_name": "bids", "sub_path": "study/1", "read_only": True},
            {"path": "/more", "pvc_name": "more", "sub_path": None, "read_only": False},
        ],
        "kubernetes_shared_mem_size": {"size": 1.5, "units": "G"},
        "kubernetes_secrets": [{"env_var": "TOKEN", "name": "xnat", "key": "token"}],
        "kubernetes_pod_labels": [{"key": "project", "value": "p1"}, {"key": "empty", "value": ""}],
        "kubernetes_pod_annotations": [{"key": "note", "value": "a'b\"c; d\\n é"}],
        "kubernetes_tolerations": [
            {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
            {"key": "all", "operator": "Exists", "value": "", "effect": ""},
        ],
    }
    nodes = [
        notebook_node(
            'Prepare it\'s "ünï" 日本',
            "prepare.ipynb",
            dependencies=["data/**", "helper.py"],
            outputs=["out/*.nii.gz", "it's.txt"],
            env_vars=[
                {"env_var": "NASTY", "value": "a\"b'c\\n$(HOME) {{$.x}} $$HOME"},
                {"env_var": "PLAIN", "value": "$HOME é"},
                {"env_var": "EMPTY", "value": ""},
            ],
            pipeline_parameters=["subject"],
            neurodesk_modules=[{"module": "ants/2.5.4"}],
            cpu=1.5,
            cpu_limit=2,
            memory=3,
            memory_limit=4.5,
            gpu=1,
            gpu_vendor="amd.com/gpu",
            **kubernetes,
        ),
        notebook_node("left", "sub/analyse it.ipynb", ['Prepare it\'s "ünï" 日本'], outputs=["out.txt"]),
        notebook_node(
            "right",
            "script.py",
            ['Prepare it\'s "ünï" 日本'],
            dependencies=["data"],
            include_subdirectories=True,
            gpu=2,
            neurodesk_strictness="off",
            env_vars=[{"env_var": "NEURODESK_MODULES", "value": "fsl/6.0.7.16 ants/2.5.4"}],
        ),
        notebook_node(
            "stats", "stats.R", ["left", "right"], cpu=0.25, memory=0.5, disable_node_caching="False"
        ),
        notebook_node("y" * 70, "sub/analyse it.ipynb", ["stats"], neurodesk_strictness="error"),
    ]
    write_pipeline(
        folder / "everything.pipeline",
        nodes,
        description='Two\nlines "quoted" {{x}} \\',
        cos_object_prefix="studies/one",
        pipeline_parameters=[
            {
                "name": "subject",
                "description": "who",
                "default_value": {"type": "String", "value": "sub-'01\"; x"},
            }
        ],
        pipeline_defaults={
            "neurodesk_modules": [{"module": "dcm2niix/v1.0.20240202"}],
            "neurodesk_strictness": "warn",
            "env_vars": [{"env_var": "OMP_NUM_THREADS", "value": "2"}],
            "kubernetes_pod_labels": [{"key": "team", "value": "imaging"}],
        },
    )


def _parameters(folder: Path, ids: Ids) -> None:
    """Pipeline parameters of all types, given to a notebook and to a component."""
    parameters: list[Json] = [
        {
            "name": "subject",
            "default_value": {"type": "String", "value": "a'b\"c $HOME é\n"},
            "required": True,
        },
        {"name": "FWHM", "default_value": {"type": "Float", "value": 6.5}},
        {"name": "Count", "default_value": {"type": "Integer", "value": 0}},
        {"name": "Flag", "default_value": {"type": "Bool", "value": False}},
        {"name": "Left_Out", "default_value": {"type": "Float"}},
        {"name": "unused", "default_value": {"type": "Integer", "value": 3}},
    ]
    names = ["subject", "FWHM", "Count", "Flag", "Left_Out"]
    measure = ids["Measure volume"]
    nodes = [
        notebook_node("Notebook", "prepare.ipynb", pipeline_parameters=names),
        notebook_node("Script", "script.py", ["Notebook"], pipeline_parameters=["subject"]),
        catalog_node(
            "Given",
            measure,
            ["Script"],
            mask={"widget": "parameter", "value": "subject"},
            threshold={"widget": "parameter", "value": "FWHM"},
            verbose={"widget": "parameter", "value": "Flag"},
            count={"widget": "parameter", "value": "Count"},
        ),
        catalog_node(
            "Typed",
            measure,
            mask={"widget": "string", "value": 'it\'s "x" $y.nii'},
            threshold={"widget": "number", "value": 0.25},
            verbose={"widget": "boolean", "value": True},
            count={"widget": "number", "value": 0},
            names={"widget": "inputvalue", "value": "['a', 2]"},
            table={"widget": "inputvalue", "value": '{"a": [true]}'},
            disable_node_caching="True",
        ),
        catalog_node(
            "Empty",
            measure,
            ["Typed"],
            mask={
                "widget": "inputpath",
                "value": {"value": node_id("Typed"), "option": "output_volume"},
            },
            threshold={"widget": "number", "value": None},
        ),
    ]
    write_pipeline(
        folder / "parameters.pipeline",
        nodes,
        pipeline_parameters=[{"description": "", **parameter} for parameter in parameters],
    )


def _tools(folder: Path, ids: Ids) -> None:
    """From a notebook over catalog steps to a notebook."""
    write_notebook(folder / "acquire.ipynb", "open('T1.nii.gz', 'w')")

    def output(node: str, name: str) -> Json:
        return {"widget": "inputpath", "value": {"value": node_id(node), "option": f"output_{name}"}}

    def text(value: str) -> Json:
        return {"widget": "string", "value": value}

    nodes = [
        notebook_node("acquire", "acquire.ipynb", outputs=["T1.nii.gz"]),
        catalog_node("fetch", ids["Files from a notebook"], ["acquire"], names=text("acquire/T1.nii.gz")),
        catalog_node(
            "pick", ids["Pick files"], ["fetch"], files=output("fetch", "files"), patterns=text("*T1*")
        ),
        catalog_node(
            "BET",
            ids["FSL BET"],
            ["pick"],
            image=output("pick", "picked"),
            fractional_intensity_threshold={"widget": "number", "value": 0.4},
            robust_centre={"widget": "boolean", "value": True},
            more_arguments=text("-v"),
            mounted_volumes=[{"path": "/data", "pvc_name": "bids", "sub_path": "", "read_only": False}],
            kubernetes_tolerations=[
                {"key": "big", "operator": "Exists", "value": "", "effect": "NoSchedule"}
            ],
        ),
        catalog_node("FAST", ids["FSL FAST"], ["BET"], brain=output("BET", "brain")),
        catalog_node(
            "save",
            ids["Files to a volume"],
            ["FAST"],
            files=output("FAST", "segmentation"),
            folder=text("/data/x"),
        ),
        catalog_node(
            "keep",
            ids["Files to the object store"],
            ["FAST"],
            files=output("FAST", "tissue_maps"),
            folder=text("maps"),
        ),
        catalog_node("any", ids["Neurodesk command (no inputs)"], command_line=text("bet --help > help.txt")),
        catalog_node("measure", ids["Measure volume"], ["keep"], mask=text("/data/x/mask.nii")),
        notebook_node("report", "analyse.ipynb", ["save", "measure", "any"]),
    ]
    write_pipeline(folder / "tools.pipeline", nodes)


def _many_nodes(folder: Path) -> None:
    """More than twenty nodes: equal tasks share an executor."""
    nodes = [notebook_node("first", "prepare.ipynb", cpu=2)]
    nodes += [notebook_node(f"fan {number}", "sub/analyse it.ipynb", ["first"]) for number in range(12)]
    nodes += [
        notebook_node(
            f"script {number}",
            "script.py",
            [f"fan {number}"],
            cpu=number % 2 + 1,
            env_vars=[{"env_var": "NUMBER", "value": str(number % 3)}],
        )
        for number in range(9)
    ]
    nodes.append(notebook_node("last", "stats.R", [f"script {number}" for number in range(9)]))
    write_pipeline(folder / "many-nodes.pipeline", nodes)


def _unicode(folder: Path) -> None:
    write_notebook(folder / "données/é à.ipynb", "1")
    nodes = [
        notebook_node("Étape 1 – 日本", "données/é à.ipynb", outputs=["résultat é.txt"]),
        notebook_node("étape 1 – 中国", "données/é à.ipynb", ["Étape 1 – 日本"]),
    ]
    write_pipeline(folder / "Étude 42 – 日本.pipeline", nodes, description="Schädel ✓")


def _wrong(folder: Path) -> None:
    """Pipelines that commands refuse, each for one reason."""
    (folder / "no-json.pipeline").write_text("{", "utf-8")
    (folder / "no-pipeline.pipeline").write_text('{"cells": []}', "utf-8")
    write_pipeline(folder / "empty.pipeline", [])
    first = notebook_node("a", "analyse.ipynb", ["b"])
    write_pipeline(folder / "cycle.pipeline", [first, notebook_node("b", "analyse.ipynb", ["a"])])
    write_pipeline(folder / "orphan.pipeline", [notebook_node("a", "analyse.ipynb", ["nowhere"])])
    wrong: dict[str, tuple[str, Json]] = {
        "no-notebook": ("missing.ipynb", {}),
        "no-dependency": ("analyse.ipynb", {"dependencies": ["missing.txt"]}),
        "outside-dependency": ("sub/analyse it.ipynb", {"dependencies": ["../helper.py"]}),
        "no-image": ("analyse.ipynb", {"runtime_image": ""}),
        "bad-cpu": ("analyse.ipynb", {"cpu": 1.5, "cpu_limit": 0.5}),
        "bad-volume": (
            "analyse.ipynb",
            {"mounted_volumes": [{"path": "/data/../x", "pvc_name": "x", "sub_path": ""}]},
        ),
        "bad-env": ("analyse.ipynb", {"env_vars": [{"env_var": "LD_PRELOAD", "value": "{{x}}"}]}),
        "bad-module": ("analyse.ipynb", {"neurodesk_modules": [{"module": "fsl;rm -r"}]}),
        "unknown-module": ("analyse.ipynb", {"neurodesk_modules": [{"module": "fsl/9.9"}]}),
        "retired-module": ("analyse.ipynb", {"neurodesk_modules": [{"module": "fsl/6.0.4"}]}),
        "bad-strictness": ("analyse.ipynb", {"neurodesk_strictness": "sometimes"}),
        "unknown-parameter": ("analyse.ipynb", {"pipeline_parameters": ["nothing"]}),
        "bad-output": ("analyse.ipynb", {"outputs": ["../x"]}),
        "calls-missing-tool": ("calls.ipynb", {}),
    }
    write_notebook(folder / "calls.ipynb", "!bet in out", "name = input()")
    for name, (file, properties) in wrong.items():
        write_pipeline(folder / f"{name}.pipeline", [notebook_node("a", file, **properties)])
    write_pipeline(
        folder / "unknown-component.pipeline", [catalog_node("a", "neurodesk-tools:0123456789ab", mask={})]
    )
    write_pipeline(
        folder / "bad-parameter.pipeline",
        [notebook_node("a", "analyse.ipynb", pipeline_parameters=["count"])],
        pipeline_parameters=[
            {"name": "count", "description": "", "default_value": {"type": "Integer", "value": "many"}}
        ],
    )
