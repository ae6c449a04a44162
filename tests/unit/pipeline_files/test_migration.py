"""Pipelines of older editors are read as Elyra's editor would read them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.pipeline_files.definition import (
    PipelineFileUnreadable,
    PipelineNotForKubeflow,
    open_definition,
)
from elyra_neurodesk.pipeline_files.migration import VERSION, migrate


def saved(nodes: list[dict[str, Any]], **data: Any) -> dict[str, Any]:
    """Return a pipeline file's content."""
    pipeline = {"id": "p", "nodes": nodes, "app_data": data}
    return {"version": "3.0", "primary_pipeline": "p", "pipelines": [pipeline]}


def node(**data: Any) -> dict[str, Any]:
    return {"id": "n", "type": "execution_node", "op": "execute-notebook-node", "app_data": data}


def migrated(content: dict[str, Any], file: Path = Path("a.pipeline")) -> dict[str, Any]:
    migrate(content, file)
    primary: dict[str, Any] = content["pipelines"][0]
    return primary


def test_a_file_without_a_version(tmp_path: Path) -> None:
    folder = tmp_path / "study/pipelines"
    (folder / "steps").mkdir(parents=True)
    (folder / "steps/bet.ipynb").touch()
    old = node(
        notebook="study/pipelines/steps/bet.ipynb",
        docker_image="a/b:1",
        vars=["A=1", "B=x=y", "C="],
        file_dependencies=["*.nii"],
        recursive_dependencies=True,
        ui_data={"label": "BET"},
    )
    old |= {"type": "pipeline_node", "op": "execute"}
    primary = migrated(saved([old], title="t", runtime="kfp"), folder / "a.pipeline")
    assert primary["app_data"] == {"name": "t", "runtime_type": "KUBEFLOW_PIPELINES", "version": VERSION}
    assert primary["nodes"][0] == {
        "id": "n",
        "type": "execution_node",
        "op": "execute-notebook-node",
        "app_data": {
            "label": "BET",
            "ui_data": {"label": "BET"},
            "component_parameters": {
                "filename": "steps/bet.ipynb",
                "runtime_image": "a/b:1",
                "env_vars": [
                    {"env_var": "A", "value": "1"},
                    {"env_var": "B", "value": "x=y"},
                    {"env_var": "C", "value": ""},
                ],
                "dependencies": ["*.nii"],
                "include_subdirectories": True,
            },
        },
    }


def test_a_file_that_is_not_where_it_was_is_looked_for_beside_the_pipeline(tmp_path: Path) -> None:
    primary = migrated(saved([node(filename="gone/bet.ipynb")], version=1), tmp_path / "a.pipeline")
    assert primary["nodes"][0]["app_data"]["component_parameters"]["filename"] == "bet.ipynb"


def test_version_7_has_texts_and_controls_of_its_own() -> None:
    parameters = {
        "mounted_volumes": ["/data=claim"],
        "kubernetes_secrets": ["PASSWORD=secret:key"],
        "kubernetes_tolerations": ["id=gpu:Equal:yes:NoSchedule", "all=:Exists::"],
        "kubernetes_pod_annotations": ["a.b/c=d"],
        "threshold": {"activeControl": "NumberControl", "NumberControl": 0.5},
        "image": {"activeControl": "NestedEnumControl", "NestedEnumControl": {"value": "n", "option": "o"}},
        "mask": {"value": "n", "option": "o"},
        "dependencies": ["a", "b"],
    }
    content = saved(
        [node(component_parameters=parameters)],
        version=7,
        runtime_type="KUBEFLOW_PIPELINES",
        properties={"pipeline_defaults": {"env_vars": ["A=1"], "runtime_image": "a/b:1"}},
    )
    primary = migrated(content)
    assert primary["app_data"]["properties"]["pipeline_defaults"] == {
        "env_vars": [{"env_var": "A", "value": "1"}],
        "runtime_image": "a/b:1",
    }
    assert primary["nodes"][0]["app_data"]["component_parameters"] == {
        "mounted_volumes": [{"path": "/data", "pvc_name": "claim"}],
        "kubernetes_secrets": [{"env_var": "PASSWORD", "name": "secret", "key": "key"}],
        "kubernetes_tolerations": [
            {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"},
            {"key": "", "operator": "Exists", "value": "", "effect": ""},
        ],
        "kubernetes_pod_annotations": [{"key": "a.b/c", "value": "d"}],
        "threshold": {"widget": "number", "value": 0.5},
        "image": {"widget": "inputpath", "value": {"value": "n", "option": "o"}},
        "mask": {"widget": "inputpath", "value": {"value": "n", "option": "o"}},
        "dependencies": ["a", "b"],
    }


@pytest.mark.parametrize("version", [VERSION, 9, "x", True, None])
def test_what_needs_no_migration_or_cannot_have_one_stays(version: Any) -> None:
    content = saved([node(component_parameters={"env_vars": ["A=1"]})], version=version)
    before = json.loads(json.dumps(content))
    migrate(content, Path("a.pipeline"))
    assert content == before


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ({"version": 9}, PipelineNotForKubeflow, "newer editor (version 9;"),
        ({"version": 7, "runtime_type": "APACHE_AIRFLOW"}, PipelineNotForKubeflow, "for APACHE_AIRFLOW"),
        ({"version": "8"}, PipelineFileUnreadable, "its version is '8'"),
    ],
)
def test_what_cannot_be_read_is_named(
    data: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    file = tmp_path / "a.pipeline"
    file.write_text(json.dumps(saved([node(component_parameters={})], **data)), "utf-8")
    with pytest.raises(error) as raised:
        open_definition(file)
    assert words in str(raised.value)
