"""The JSON Schemas of the task record and the run record."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

Kind = Literal["task-record", "run-record"]


@lru_cache(maxsize=2)
def record_schema(kind: Kind) -> dict[str, Any]:
    """Return a schema (JSON Schema, draft 2020-12)."""
    text = resources.files(__package__).joinpath(f"{kind}.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@lru_cache(maxsize=2)
def record_validator(kind: Kind) -> Draft202012Validator:
    """Return a validator; the run record's refers to the task record's schema, which is at hand."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = [record_schema("task-record"), record_schema("run-record")]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    return Draft202012Validator(record_schema(kind), registry=registry)
