"""Pipelines that an older editor saved, in the form of today's.

Elyra's editor migrates a file when it opens it (elyra-ai/pipeline-editor, ``pipeline-services`` package,
migration); its parser and its command line take today's version alone. This does the same in memory, and
changes no file. What the editor looks up in palettes, components of Elyra's example catalogs before version
6, is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

VERSION = 8
"""What Elyra's editor saves today (elyra/pipeline/pipeline.py, ``PIPELINE_CURRENT_VERSION``)."""

Json = dict[str, Any]

_RENAMED = {
    "notebook": "filename",
    "artifact": "filename",
    "docker_image": "runtime_image",
    "image": "runtime_image",
    "vars": "env_vars",
    "file_dependencies": "dependencies",
    "recursive_dependencies": "include_subdirectories",
}
_RUNTIME_TYPES = {"kfp": "KUBEFLOW_PIPELINES", "airflow": "APACHE_AIRFLOW"}
_WIDGETS = {
    "BooleanControl": "boolean",
    "NumberControl": "number",
    "NestedEnumControl": "inputpath",
    "StringControl": "string",
}
# texts that became objects
_OBJECTS = {
    "env_vars": re.compile(r"(?P<env_var>[^=]+)=?(?P<value>.*)", re.DOTALL),
    "mounted_volumes": re.compile(r"(?P<path>[^=]+)=?(?P<pvc_name>.*)"),
    "kubernetes_pod_annotations": re.compile(r"(?P<key>[^=]+)=?(?P<value>.*)", re.DOTALL),
    "kubernetes_secrets": re.compile(r"(?P<env_var>[^=]+)=?(?P<name>[^:]*):?(?P<key>.*)"),
    "kubernetes_tolerations": re.compile(
        r"[^=]*=(?P<key>[^:]*):(?P<operator>[^:]*):(?P<value>[^:]*):(?P<effect>.*)"
    ),
}


def migrate(definition: Json, file: Path) -> None:
    """Bring a pipeline file's content to `VERSION`, in place; one that is newer, or has no number, stays.

    Args:
        definition: the content, with at least one pipeline.
        file: the pipeline file, which says what its nodes' files are relative to.

    Raises:
        LookupError, TypeError, AttributeError, ValueError: it is not what an editor saved.
    """
    data = definition["pipelines"][0].setdefault("app_data", {})
    version = data.get("version", 0)
    if isinstance(version, bool) or not isinstance(version, int | float) or version >= VERSION:
        return
    for target, step in _STEPS.items():
        if version < target:
            step(definition, file)
    data["version"] = VERSION


def _to_1(definition: Json, _: Path) -> None:
    primary = definition["pipelines"][0]
    data = primary["app_data"]
    if "title" in data:
        data["name"] = data.pop("title")
    for node in primary["nodes"]:
        if node["type"] == "pipeline_node":
            node["type"] = "execution_node"
        node["op"] = "execute-notebook-node"
        node["app_data"] = {_RENAMED.get(key, key): value for key, value in node["app_data"].items()}


def _to_2(definition: Json, file: Path) -> None:
    """Make the names of files relative to the pipeline's directory, no longer to JupyterLab's."""
    folder = file.resolve().parent
    for node in definition["pipelines"][0]["nodes"]:
        data = node.get("app_data", {})
        if "filename" in data:
            data["filename"] = _relative(data["filename"], folder)


def _relative(name: str, folder: Path) -> str:
    """Return a file's name relative to a directory, given relative to one that contains this directory."""
    for root in folder.parents:
        if (root / name).is_file() and (root / name).is_relative_to(folder):
            return (root / name).relative_to(folder).as_posix()
    return name if (folder / name).is_file() else Path(name).name


def _to_4(definition: Json, _: Path) -> None:
    """Put what a node's operation takes together."""
    for node in _nodes(definition):
        if node["type"] == "execution_node":
            parameters = dict(node["app_data"])
            shown = parameters.pop("ui_data", {})
            label = shown.get("label", "")
            node["app_data"] = {"label": label, "component_parameters": parameters, "ui_data": shown}


def _to_6(definition: Json, _: Path) -> None:
    data = definition["pipelines"][0]["app_data"]
    runtime = _RUNTIME_TYPES.get(data.pop("runtime", None))
    if runtime:
        data["runtime_type"] = runtime


def _to_8(definition: Json, _: Path) -> None:
    for pipeline in definition["pipelines"]:
        properties = pipeline.get("app_data", {}).get("properties", {})
        _texts_to_objects(properties.get("pipeline_defaults", {}))
    for node in _nodes(definition):
        parameters = node.get("app_data", {}).get("component_parameters", {})
        for key, value in parameters.items():
            control = value.get("activeControl") if isinstance(value, dict) else None
            if control:
                parameters[key] = {"widget": _WIDGETS.get(control, control), "value": value.get(control)}
            elif isinstance(value, dict) and value.keys() == {"option", "value"}:
                parameters[key] = {"widget": "inputpath", "value": value}
        _texts_to_objects(parameters)


def _texts_to_objects(properties: Json) -> None:
    for key, form in _OBJECTS.items():
        items = properties.get(key)
        if isinstance(items, list):
            matches = [(item, form.fullmatch(item) if isinstance(item, str) else None) for item in items]
            properties[key] = [found.groupdict() if found else item for item, found in matches]


def _nodes(definition: Json) -> Iterator[Json]:
    return (node for pipeline in definition["pipelines"] for node in pipeline.get("nodes", ()))


_STEPS: dict[int, Callable[[Json, Path], None]] = {1: _to_1, 2: _to_2, 4: _to_4, 6: _to_6, 8: _to_8}
