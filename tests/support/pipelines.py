"""Pipeline files for tests."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Json = dict[str, Any]
IMAGE = "example.org/neurodesktop:2026-09-23"


def node_id(name: str) -> str:
    """Return a stable UUID for a node."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def notebook_node(name: str, file: str, parents: Sequence[str] = (), **parameters: Any) -> Json:
    """Return a generic node; the operation follows from the file's ending."""
    kinds = {".ipynb": "notebook", ".py": "python", ".r": "r", ".R": "r"}
    properties = {
        "filename": file,
        "runtime_image": IMAGE,
        "outputs": [],
        "env_vars": [],
        "dependencies": [],
        "include_subdirectories": False,
        **parameters,
    }
    return node(name, f"execute-{kinds[Path(file).suffix]}-node", parents, properties)


def catalog_node(name: str, component: str, parents: Sequence[str] = (), **inputs: Any) -> Json:
    """Return a node of a catalog component; each input is ``{"widget": ..., "value": ...}``."""
    source = json.dumps({"catalog_type": component.split(":")[0], "component_ref": {}})
    made = node(name, component, parents, inputs)
    made["app_data"]["component_source"] = source
    return made


def node(name: str, op: str, parents: Sequence[str], component_parameters: Json) -> Json:
    """Return an execution node."""
    links = [
        {"id": str(uuid.uuid4()), "node_id_ref": node_id(parent), "port_id_ref": "outPort"}
        for parent in parents
    ]
    return {
        "id": node_id(name),
        "type": "execution_node",
        "op": op,
        "app_data": {
            "component_parameters": component_parameters,
            "label": name,
            "ui_data": {"label": name, "x_pos": 0, "y_pos": 0},
        },
        "inputs": [{"id": "inPort", "app_data": {}, **({"links": links} if links else {})}],
        "outputs": [{"id": "outPort", "app_data": {}}],
    }


def pipeline(nodes: Sequence[Json], **properties: Any) -> Json:
    """Return a pipeline definition of the current format."""
    return {
        "doc_type": "pipeline",
        "version": "3.0",
        "json_schema": "http://api.dataplatform.ibm.com/schemas/common-pipeline/pipeline-flow/"
        "pipeline-flow-v3-schema.json",
        "id": "elyra-auto-generated-pipeline",
        "primary_pipeline": "primary",
        "pipelines": [
            {
                "id": "primary",
                "nodes": list(nodes),
                "app_data": {
                    "ui_data": {"comments": []},
                    "version": 8,
                    "runtime_type": "KUBEFLOW_PIPELINES",
                    "properties": {"name": "test", "runtime": "Kubeflow Pipelines", **properties},
                },
                "runtime_ref": "",
            }
        ],
        "schemas": [],
    }


def write_pipeline(path: Path, nodes: Sequence[Json], **properties: Any) -> Path:
    """Write a pipeline file."""
    path.write_text(json.dumps(pipeline(nodes, **properties)), "utf-8")
    return path


def write_notebook(path: Path, *cells: str, parameters: str | None = None) -> Path:
    """Write a Python notebook with the given code cells, the first of them its parameters if given."""
    sources = [(parameters, ["parameters"])] if parameters is not None else []
    sources += [(cell, []) for cell in cells]
    content = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{number}",
                "execution_count": None,
                "metadata": {"tags": tags} if tags else {},
                "outputs": [],
                "source": source,
            }
            for number, (source, tags) in enumerate(sources)
        ],
        "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), "utf-8")
    return path


def migrated(old: Json) -> Json:
    """Return a pipeline of format 7 as the editor of Elyra 4 saves it (format 8)."""
    new: Json = json.loads(json.dumps(old))
    for part in new["pipelines"]:
        part["app_data"]["version"] = 8
        for entry in part["nodes"]:
            parameters = entry["app_data"].get("component_parameters", {})
            pairs = (text.partition("=") for text in parameters.get("env_vars", ()) if isinstance(text, str))
            if parameters.get("env_vars"):
                parameters["env_vars"] = [{"env_var": name, "value": value} for name, _, value in pairs]
    return new
