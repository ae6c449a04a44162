"""What a pipeline file must look like for Elyra's parser, or ours, to read it; neither looks itself.

Only what both take for granted: the fields of each property are checked where the property is read.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_TEXT = {"type": ["string", "null"]}
_TEXTS = {"type": ["array", "null"], "items": {"type": "string"}}
_ITEMS = {"type": ["array", "null"], "items": {"type": ["string", "object"]}}
_PARAMETERS = {
    "type": "object",
    "properties": {
        "filename": {"type": "string"},
        "runtime_image": _TEXT,
        "dependencies": _TEXTS,
        "outputs": _TEXTS,
        "pipeline_parameters": _TEXTS,
        "env_vars": _ITEMS,
        "mounted_volumes": _ITEMS,
        "kubernetes_secrets": _ITEMS,
        "kubernetes_tolerations": _ITEMS,
        "kubernetes_pod_annotations": _ITEMS,
        "kubernetes_pod_labels": _ITEMS,
    },
}
_PORT = {
    "type": "object",
    "properties": {
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["node_id_ref"],
                "properties": {"node_id_ref": {"type": "string"}},
            },
        }
    },
}
_NODE = {
    "type": "object",
    "required": ["id", "type"],
    "properties": {
        "id": {"type": "string"},
        "type": {"type": "string"},
        "op": _TEXT,
        "app_data": {
            "type": "object",
            "properties": {
                "label": _TEXT,
                "ui_data": {"type": "object", "properties": {"label": _TEXT}},
                "component_parameters": _PARAMETERS,
            },
        },
        "inputs": {"type": "array", "items": _PORT},
    },
    "if": {"properties": {"type": {"const": "execution_node"}}},
    "then": {"required": ["app_data"]},
}
_PIPELINE = {
    "type": "object",
    "required": ["id", "app_data"],
    "properties": {
        "id": {"type": "string"},
        "app_data": {
            "type": "object",
            "properties": {
                "ui_data": {"type": "object", "properties": {"comments": {"type": "array"}}},
                "properties": {
                    "type": "object",
                    "properties": {
                        "pipeline_defaults": {"type": ["object", "null"]},
                        "pipeline_parameters": {"type": ["array", "null"], "items": {"type": "object"}},
                    },
                },
            },
        },
        "nodes": {"type": "array", "items": _NODE},
    },
}
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "required": ["primary_pipeline", "pipelines"],
    "properties": {
        "primary_pipeline": {"type": "string"},
        "pipelines": {"type": "array", "minItems": 1, "items": _PIPELINE},
    },
}
"""A pipeline file in the form of today's editor."""


def problem_of(content: Any) -> str:
    """Return what is wrong with a pipeline file's content and where, "" for nothing."""
    from fastjsonschema import JsonSchemaValueException

    try:
        _validator()(content)
    except JsonSchemaValueException as problem:
        place, _, rule = str(problem.message).partition(" ")
        return f"{place.removeprefix('data').removeprefix('.') or 'it'} {rule}"
    return ""


@cache
def _validator() -> Callable[[Any], Any]:
    from fastjsonschema import compile as compiled

    validate: Callable[[Any], Any] = compiled(SCHEMA, use_default=False)
    return validate
