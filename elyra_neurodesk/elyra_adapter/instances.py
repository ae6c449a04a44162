"""Elyra's metadata instances (runtime configurations, runtime images) as the files that they are.

Elyra's own ``MetadataManager`` takes seconds to import. This module reads and writes the same files by the
same rules (elyra/metadata/storage.py, elyra/metadata/manager.py): the same directories in the same order, the
same validation, the same defaults.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_core import paths

from elyra_neurodesk.backend.private_file import write_private

METADATA_PATH = "ELYRA_METADATA_PATH"
"""Elyra's environment variable with directories that come before all others."""

# formats of which these are a part that every validator accepts
_PLAIN = {"uri": r"^[a-z][a-z0-9+.-]*://[A-Za-z0-9._~:/-]+\Z"}


@dataclass(frozen=True)
class Instance:
    """One metadata instance, valid by its schema.

    Attributes:
        name: its file's name without ``.json``.
        display_name: the name people see.
        schema_name: its schema.
        metadata: its fields, see the schema.
        file: where it is.
    """

    name: str
    display_name: str
    schema_name: str
    metadata: Mapping[str, Any]
    file: Path


class InstanceInvalid(Exception):
    """An instance's file is no JSON object, or does not satisfy its schema; the text says why."""


def directories(schemaspace: str) -> list[Path]:
    """Return where instances are looked for: of the user, of the system, of the installation.

    Args:
        schemaspace: ``runtimes`` or ``runtime-images``.
    """
    given = os.environ.get(METADATA_PATH)
    found = [part.rstrip(os.sep) for part in given.split(os.pathsep)] if given else []
    found += [paths.jupyter_data_dir(), *paths.SYSTEM_JUPYTER_PATH]
    found += [path for path in paths.ENV_JUPYTER_PATH if path not in paths.SYSTEM_JUPYTER_PATH]
    return [Path(path, "metadata", schemaspace) for path in found]


def read_all(schemaspace: str) -> dict[str, dict[str, Any]]:
    """Return the contents of all files, name to content, with ``name`` and ``resource`` added; not validated.

    A file that is no JSON object counts as absent, so that one of the same name further down is seen.
    """
    found: dict[str, dict[str, Any]] = {}
    for directory in reversed(directories(schemaspace)):
        for file in directory.glob("*.json") if directory.is_dir() else ():
            with contextlib.suppress(InstanceInvalid, OSError):
                found[file.stem] = _read(file)
    return found


def read_one(schemaspace: str, name: str) -> dict[str, Any] | None:
    """Return the content of the instance ``name``, or None where there is none.

    Raises:
        InstanceInvalid: a file of this name, in any of the directories, is no JSON object.
        OSError: one cannot be read.
    """
    files = [directory / f"{name}.json" for directory in directories(schemaspace)]
    contents = [_read(file) for file in reversed(files) if os.sep not in name and file.is_file()]
    return contents[-1] if contents else None


def validated(content: Mapping[str, Any], schema: Mapping[str, Any]) -> Instance:
    """Return the instance that a file's content is.

    Raises:
        InstanceInvalid: it does not satisfy its schema.
    """
    if not _is_plainly_valid(content, schema):
        _validate(content, schema)
    return Instance(
        content["name"],
        content["display_name"],
        content["schema_name"],
        content["metadata"],
        Path(content["resource"]),
    )


def _is_plainly_valid(content: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    """Return whether an instance is valid beyond doubt; False leaves the decision to `_validate`.

    Importing jsonschema takes seconds where its grammar of URIs is installed, which Jupyter Server demands.
    """
    import fastjsonschema

    try:
        _compiled(json.dumps(schema))(dict(content))
    except (fastjsonschema.JsonSchemaException, TypeError, AttributeError):
        return False
    return True


@functools.cache
def _compiled(schema: str) -> Callable[[dict[str, Any]], object]:
    """Return what validates by a schema (JSON text): making it takes longer than all that it is used for."""
    import fastjsonschema

    return fastjsonschema.compile(json.loads(schema), formats=_PLAIN, use_default=False)


def _validate(content: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Validate as Elyra does (elyra/metadata/manager.py), or raise InstanceInvalid."""
    from jsonschema import Draft7Validator, ValidationError  # type: ignore[import-untyped]

    try:
        Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER).validate(content)
    except ValidationError as problem:
        first = str(problem).partition("\n")[0]
        raise InstanceInvalid(
            f"Validation failed for instance '{content['name']}' using the {schema['name']} schema with "
            f"error: {first}."
        ) from problem


def with_defaults(metadata: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with the schema's defaults for those that are absent, as Elyra saves them."""
    fields = schema["properties"]["metadata"]["properties"]
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field}
    return {**metadata, **{name: value for name, value in defaults.items() if name not in metadata}}


def write(
    schemaspace: str, name: str, display_name: str, schema: Mapping[str, Any], metadata: Mapping[str, Any]
) -> Path:
    """Write an instance of the user's, or replace it; return its file (0600: it may hold credentials).

    Raises:
        InstanceInvalid: it does not satisfy the schema; nothing is written.
        OSError: it cannot be written; the old file stays.
    """
    file = directories(schemaspace)[0] / f"{name}.json"
    content = {
        "display_name": display_name,
        "metadata": with_defaults(copy.deepcopy(dict(metadata)), schema),
        "schema_name": schema["name"],
    }
    validated({**content, "name": name, "resource": str(file)}, schema)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps(content, indent=2)
    write_private(file, text)
    # a JupyterLab that runs keeps instances in memory until their files are written to, which a rename is not
    # (elyra/metadata/storage.py, FileChangeHandler): write the last byte once more
    with file.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(text[-1].encode())
    return file


def remove(schemaspace: str, name: str) -> bool:
    """Remove an instance of the user's; return whether there was one."""
    file = directories(schemaspace)[0] / f"{name}.json"
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    return True


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text("utf-8"))
    except ValueError as problem:
        raise InstanceInvalid(f"JSON failed to load for instance '{file.stem}': {problem}.") from problem
    if not isinstance(content, dict):
        raise InstanceInvalid(f"the content of {file} is not a JSON object.")
    return {**content, "name": file.stem, "resource": str(file)}
