"""The JSON Schemas (draft 2020-12) of the records and of the sign of life, made from their classes.

The same text is in ``task-record.schema.json``, ``run-record.schema.json`` and ``life-sign.schema.json``
beside this file, for programs that validate them without this package: ``python docs/record_tables.py``
writes them, and a test compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from elyra_neurodesk.record import life_sign, model
from elyra_neurodesk.record.codec import NONE, JsonField, alternatives, json_fields

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

Kind = Literal["task-record", "run-record", "life-sign"]
KINDS: tuple[Kind, ...] = ("task-record", "run-record", "life-sign")
Schema = dict[str, Any]

_IDS = {
    model.TaskRecord: f"urn:elyra-neurodesk:task-record:{model.TASK_SCHEMA_VERSION}",
    model.RunRecord: f"urn:elyra-neurodesk:run-record:{model.RUN_SCHEMA_VERSION}",
    life_sign.LifeSign: f"urn:elyra-neurodesk:life-sign:{life_sign.LIFE_SIGN_SCHEMA_VERSION}",
}
_RECORDS: Mapping[Kind, type] = {
    "task-record": model.TaskRecord,
    "run-record": model.RunRecord,
    "life-sign": life_sign.LifeSign,
}
_PARTS: Mapping[Kind, Mapping[str, type]] = {
    "task-record": {
        "software": model.Software,
        "image": model.Image,
        "error": model.RecordedError,
        "finding": model.GuardFinding,
        "file": model.SubmittedFile,
        "input": model.InputFile,
        "stored": model.StoredFile,
        "unkept": model.UnkeptFile,
        "not-kept": model.NotKept,
        "module": model.Module,
        "cvmfs": model.MountedRepository,
        "language": model.Language,
    },
    "run-record": {
        "reference": model.RecordReference,
        "task": model.RecordedTask,
        "tool": model.LoadedTool,
        "repository": model.RepositoryState,
        "edge": model.Edge,
        "task-finding": model.TaskFinding,
    },
    "life-sign": {"file-so-far": life_sign.FileSoFar},
}
_PRIMITIVES = {str: "string", int: "integer", float: "number", bool: "boolean", NONE: "null"}


@lru_cache(maxsize=3)
def record_schema(kind: Kind) -> Schema:
    """Return a record's schema."""
    owner = _RECORDS[kind]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _IDS[owner],
        "title": f"elyra-neurodesk {kind.replace('-', ' ')}",
        **_object(owner, kind),
        "$defs": {name: _object(part, kind) for name, part in _PARTS[kind].items()},
    }


@lru_cache(maxsize=3)
def record_validator(kind: Kind) -> Draft202012Validator:
    """Return a validator; the other schemas refer to the task record's, which the registry has."""
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    schemas = [record_schema(known) for known in KINDS]
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    return Draft202012Validator(record_schema(kind), registry=registry)


def satisfies(kind: Kind, content: object) -> bool:
    """Return whether a record's schema allows some JSON, as `record_validator` decides.

    What is valid beyond doubt does not need it: importing jsonschema takes seconds where its grammar of URIs
    is installed, which Jupyter Server demands.
    """
    import fastjsonschema

    try:
        _compiled(kind)(content)
    except fastjsonschema.JsonSchemaValueException:
        return bool(record_validator(kind).is_valid(content))
    return True


@lru_cache(maxsize=3)
def _compiled(kind: Kind) -> Callable[[object], object]:
    """Return fastjsonschema's validator of a record, from one schema (draft 7) that has all as parts."""
    import fastjsonschema

    parts: Schema = {}
    for known in KINDS:
        schema = dict(record_schema(known))
        inner = schema.pop("$defs")
        del schema["$schema"], schema["$id"]
        parts |= {f"{known}.{name}": _within(one, known) for name, one in {"": schema, **inner}.items()}
    whole = {"$ref": f"#/definitions/{kind}.", "definitions": parts}
    compiled: Callable[[object], object] = fastjsonschema.compile(whole, use_default=False)
    return compiled


def _within(schema: Any, kind: Kind) -> Any:
    """Return a part of a record's schema with its references as those of `_compiled`."""
    if isinstance(schema, list):
        return [_within(one, kind) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _within(value, kind) for key, value in schema.items()}
    if isinstance(reference := schema.get("$ref"), str):
        urn, _, path = reference.partition("#")
        owner = next((one for one in KINDS if _IDS[_RECORDS[one]] == urn), kind)
        found["$ref"] = f"#/definitions/{owner}.{path.removeprefix('/$defs/')}"
    return found


def _object(owner: type, kind: Kind) -> Schema:
    fields = json_fields(owner)
    return {
        "description": " ".join((owner.__doc__ or "").split()),
        "type": "object",
        "additionalProperties": False,
        "required": [field.key for field in fields if field.required],
        "properties": {field.key: _property(field, kind) for field in fields},
    }


def _property(field: JsonField, kind: Kind) -> Schema:
    choices = [one for one in alternatives(field.type) if one is not NONE or field.required]
    return {"description": field.description, **_union(choices, kind), **field.keywords}


def _union(choices: list[Any], kind: Kind) -> Schema:
    """Return the schema of a type, or of one of several."""
    if len(choices) == 1:
        return _type(choices[0], kind)
    if all(choice in _PRIMITIVES for choice in choices):
        names = dict.fromkeys(_PRIMITIVES[choice] for choice in choices)
        # every integer is a number
        return {"type": [name for name in names if name != "integer" or "number" not in names]}
    if any(get_origin(choice) is Literal for choice in choices):
        return {"enum": list(_values(choices))}
    return {"anyOf": [_type(choice, kind) for choice in choices]}


def _type(type_: Any, kind: Kind) -> Schema:
    if type_ in _PRIMITIVES:
        return {"type": _PRIMITIVES[type_]}
    if is_dataclass(type_):
        return {"$ref": _reference(type_, kind)}
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}
    if origin is tuple:
        return {"type": "array", "items": _type(arguments[0], kind)}
    if origin is dict:
        values = arguments[1]
        content = {} if values is Any else {"additionalProperties": _union(list(alternatives(values)), kind)}
        return {"type": "object", **content}
    raise TypeError(f"a record cannot hold {type_!r}.")


def _values(choices: list[Any]) -> Iterator[Any]:
    for choice in choices:
        yield from (None,) if choice is NONE else get_args(choice)


def _reference(part: Any, kind: Kind) -> str:
    if part in _IDS:
        return _IDS[part]
    for owner, parts in _PARTS.items():
        for name, known in parts.items():
            if known is part:
                return f"{'' if owner == kind else _IDS[_RECORDS[owner]]}#/$defs/{name}"
    raise TypeError(f"{part!r} has no name in the schemas.")
