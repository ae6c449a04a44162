"""From a pipeline file to `graph.pipeline.Pipeline`, without Elyra, whose import takes seconds.

Reads as Elyra's parser does (elyra/pipeline/parser.py, pipeline.py, pipeline_definition.py) what Elyra's
validation accepts, and nothing else: super nodes, files of older editors, whatever Elyra might refuse raise
`NeedsElyra`. `elyra_adapter.pipeline_file` decides who reads a file; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from keyword import iskeyword
from pathlib import Path
from typing import Any

from elyra_neurodesk.graph.pipeline import ComponentNode, Node, NotebookNode, Parameter, Pipeline
from elyra_neurodesk.graph.resources import CPU, CPU_LIMIT, GPU, MEMORY, MEMORY_LIMIT, TITLES
from elyra_neurodesk.pipeline_files import node_properties as properties
from elyra_neurodesk.pipeline_files.definition import primary_pipeline
from elyra_neurodesk.pipeline_files.migration import VERSION
from elyra_neurodesk.pipeline_files.needs_elyra import NeedsElyra, require
from elyra_neurodesk.pipeline_files.node_properties import stripped
from elyra_neurodesk.validate import rules
from elyra_neurodesk.validate.files import input_text
from elyra_neurodesk.validate.text import is_usable, quoted

FORMAT = ("3", "3.0")
"""Of a file (elyra/pipeline/pipeline.py, ``PIPELINE_CURRENT_SCHEMA``)."""

OPERATIONS = ("execute-notebook-node", "execute-python-node", "execute-r-node")
"""Elyra's generic operations: notebooks and scripts."""

FRACTIONAL = (CPU, CPU_LIMIT, MEMORY, MEMORY_LIMIT)
REQUESTS = (*TITLES, "gpu_vendor")

_TOO_MUCH = 10**9
_PARAMETER_TYPES = ("String", "Bool", "Integer", "Float", "CustomString")
_IMAGE, _PREFIX = "runtime_image", "cos_object_prefix"
_KNOWN = {
    "filename",
    _IMAGE,
    "dependencies",
    "include_subdirectories",
    "inputs",
    "outputs",
    "pipeline_parameters",
    *REQUESTS,
    *properties.GENERIC,
    properties.CACHING,  # which Elyra ignores here
}
_KNOWN_DEFAULTS = {_IMAGE, _PREFIX, *properties.GENERIC, *properties.CATALOG}


def read_pipeline(definition: Mapping[str, Any], file: Path, default_image: str) -> Pipeline:
    """Return a pipeline file's pipeline; nodes of component catalogs without their definitions and modifiers.

    Args:
        definition: the file's content, see `definition.open_definition`.
        file: the file.
        default_image: runtime image of nodes that name none and get none from the pipeline's defaults.

    Raises:
        NeedsElyra: Elyra has to read it.
        InputFileUnusable: see `validate.files.input_text`.
    """
    try:
        return _pipeline(definition, file, default_image)
    except (LookupError, TypeError, AttributeError, ValueError) as problem:
        raise NeedsElyra(repr(problem)) from problem


def _pipeline(definition: Mapping[str, Any], file: Path, default_image: str) -> Pipeline:
    require(definition["version"] in FORMAT, "another format")
    require(len(definition["pipelines"]) == 1, "super nodes")
    text = json.dumps([file.name, definition], ensure_ascii=False)
    require(is_usable(text) and r"\u0000" not in text, "unusable texts")
    primary = primary_pipeline(definition)
    data = primary["app_data"]
    require(data["version"] == VERSION and data["runtime_type"] == "KUBEFLOW_PIPELINES", "another version")
    saved = data["properties"]
    require(bool(saved), "no properties")
    given = saved.get("pipeline_defaults", {})
    require(given.keys() <= _KNOWN_DEFAULTS, "unknown defaults")
    defaults = {
        name: properties.read_property(name, given.get(name))
        for name in (*properties.GENERIC, properties.CACHING)
    }
    disabled = defaults[properties.CACHING]
    caching = None if disabled is None else not disabled
    image = _text(given, _IMAGE) or default_image
    comments = list(_comments(data["ui_data"].get("comments", [])))
    root = file.resolve().parent

    def node(entry: Mapping[str, Any]) -> Node:
        require(entry["type"] == "execution_node" and bool(entry["id"]), "other nodes")
        comment = "\n\n".join(text for key, text in comments if key == entry["id"])
        if entry["op"] in OPERATIONS:
            return _notebook_node(entry, defaults, image, comment, root)
        return _component_node(entry, caching, comment, root)

    nodes = tuple(node(entry) for entry in primary["nodes"])
    require(len({one.id for one in nodes}) == len(nodes), "nodes with the same id")
    return Pipeline(
        name=file.stem,
        description=_text(saved, "description"),
        source=file.name,
        nodes=nodes,
        parameters=_parameters(saved.get("pipeline_parameters") or []),
        # where older editors saved it comes first, as in Elyra
        object_prefix=(_text(saved, _PREFIX) or _text(given, _PREFIX)).strip("/ "),
        caching=caching,
    )


def _notebook_node(
    entry: Mapping[str, Any], defaults: Mapping[str, Any], default_image: str, comment: str, root: Path
) -> NotebookNode:
    given = entry["app_data"]["component_parameters"]
    require(given.keys() <= _KNOWN, "unknown properties")
    own = {
        name: properties.merged(name, properties.read_property(name, given.get(name)), defaults[name])
        for name in properties.GENERIC
    }
    secrets, volumes = own[properties.SECRETS], own[properties.VOLUMES].values()
    paths = tuple(properties.mount_path(volume) for volume in volumes)
    require(len(set(paths)) == len(paths), "two volumes at one path")
    file = _text(given, "filename")
    path = root / file
    image = _text(given, _IMAGE) or default_image
    require(bool(file and image) and image != "None", "no file or no image")
    dependencies, subdirectories = _texts(given, "dependencies"), given.get("include_subdirectories")
    require("" not in dependencies and subdirectories in (None, True, False), "dependencies")
    requests = {name: given.get(name) for name in REQUESTS}
    _require_amounts(requests)
    label = _label(entry)
    return NotebookNode(
        id=entry["id"],
        label=label.split(".")[0] if label == file.rpartition("/")[2] else label,
        file=str(path.relative_to(root)) if path.is_relative_to(root) else str(path),
        parents=_parents(entry),
        image=image,
        dependencies=dependencies,
        include_subdirectories=bool(subdirectories),
        outputs=tuple(output for output in _texts(given, "outputs") if output),
        # Elyra: a secret wins over a variable of the same name
        env={key: one["value"] for key, one in own[properties.ENV].items() if key not in secrets},
        parameters=_texts(given, "pipeline_parameters"),
        requests=requests,
        volumes=paths,
        modifiers=properties.modifiers(own),
        modules=tuple(own[properties.MODULES]),
        strictness=own[properties.STRICTNESS] or "",
        keep_undeclared=own[properties.KEEP_UNDECLARED] or "",
        comment=comment,
    )


def _require_amounts(requests: Mapping[str, Any]) -> None:
    """Accept amounts that Elyra accepts, and those that are checked elsewhere (`validation_workaround`)."""
    amounts = {name: value for name, value in requests.items() if name in TITLES and value}
    require(all(type(value) in (int, float) for value in amounts.values()), "amounts that are not numbers")
    fractions = any(value % 1 != 0 for name, value in amounts.items() if name in FRACTIONAL)
    checked = [GPU] if fractions else list(TITLES)
    require(all(1 <= amounts.get(name, 1) < _TOO_MUCH for name in checked), "amounts below 1")
    for least, most in () if fractions else ((CPU, CPU_LIMIT), (MEMORY, MEMORY_LIMIT)):
        require(amounts.get(most, amounts.get(least, 0)) >= amounts.get(least, 0), "limits below requests")
    vendor = requests["gpu_vendor"]
    require(not vendor or not rules.label_key(vendor), "gpu_vendor")


def _component_node(
    entry: Mapping[str, Any], caching: bool | None, comment: str, root: Path
) -> ComponentNode:
    given = entry["app_data"]["component_parameters"]
    label = _label(entry)
    require(bool(entry["op"]) and not {"inputs", "outputs"} & given.keys(), "a component's inputs")
    return ComponentNode(
        id=entry["id"],
        label=label,
        component=entry["op"],
        definition=None,
        parents=_parents(entry),
        inputs={
            name: input_text(value, root, f"Node {quoted(label)}: input {quoted(name)}")
            for name, value in given.items()
            if isinstance(value, dict)
        },
        caching=caching,
        comment=comment,
    )


def _label(entry: Mapping[str, Any]) -> str:
    data = entry["app_data"]
    label = data["ui_data"].get("label", data.get("label"))
    require(isinstance(label, str) and bool(label), "no label")
    return str(label)


def _parents(entry: Mapping[str, Any]) -> tuple[str, ...]:
    ports = entry.get("inputs", [])
    require(len(ports) <= 1, "several input ports")
    links = [link for port in ports for link in port.get("links", [])]
    require(all(link["port_id_ref"] == "outPort" for link in links), "links to super nodes")
    return tuple(dict.fromkeys(link["node_id_ref"] for link in links))


def _parameters(declared: list[Any]) -> tuple[Parameter, ...]:
    """Return the pipeline's parameters; of two with one name, the later counts."""
    found: dict[str, Parameter] = {}
    for entry in declared:
        name, description = (_text(entry, field).strip() for field in ("name", "description"))
        default = entry.get("default_value") or {}
        kind = default.get("type") or "String"
        values = (stripped(entry.get("value")), default.get("value"))
        value = next((one for one in values if one not in (None, "")), None)
        require(name.isidentifier() and not iskeyword(name), "a parameter's name")
        require(kind in _PARAMETER_TYPES and entry.get("required") in (None, True, False), "a parameter")
        found[name] = Parameter(name, kind, value, description, bool(entry.get("required")))
    return tuple(found.values())


def _comments(comments: list[Any]) -> Iterator[tuple[str, str]]:
    """Yield the ids of nodes and the comments attached to them."""
    for comment in comments:
        content = comment.get("content", "")
        for reference in comment.get("associated_id_refs", []):
            if content.strip():
                yield reference["node_ref"], content


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    require(value is None or isinstance(value, str), f"{name} is not a text")
    return value or ""


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name, [])
    require(isinstance(value, list) and all(isinstance(one, str) for one in value), f"{name} is not a list")
    return tuple(value)
