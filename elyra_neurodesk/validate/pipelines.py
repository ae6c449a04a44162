"""Elyra's pipeline object, before anything is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.validate.errors import InvalidMount
from elyra_neurodesk.validate.files import read_input
from elyra_neurodesk.validate.strings import check_text, shown

if TYPE_CHECKING:
    from elyra.pipeline.pipeline import Pipeline

_DEPTH = 50


def check_pipeline(pipeline: Pipeline, root: Path) -> None:
    """Check Elyra's pipeline object before anything is made of it.

    Args:
        pipeline: what Elyra's parser returned.
        root: directory that file names are relative to.

    Raises:
        UnusableText: a text somewhere in it has a null character or a lone surrogate.
        InvalidMount: a node mounts two volumes at one path, of which Elyra would drop the first.
        InputFileUnusable: a component's input takes a file that is not to be read.
    """
    for field in ("name", "description", "source", "runtime_config"):
        check_text(getattr(pipeline, field) or "", f"The pipeline's {field.replace('_', ' ')}")
    for where, text in _texts(pipeline.pipeline_properties, "The pipeline's properties"):
        check_text(text, where)
    for where, text in _texts(list(pipeline.parameters), "The pipeline's parameters"):
        check_text(text, where)
    for operation in pipeline.operations.values():
        node = f"Node {shown(operation.name)}"
        check_text(operation.name, f"{node}: its label")
        check_text(operation.doc or "", f"{node}: its comment")
        for properties in (operation.component_props, operation.elyra_props):
            for where, text in _texts(properties, node):
                check_text(text, where)
        for name, entry in operation.component_props.items():
            if isinstance(entry, dict) and entry.get("widget") == "file" and entry.get("value"):
                read_input(root, str(entry["value"]), f"{node}: input {shown(name)}")
        _check_repeated_paths(operation.elyra_props.get("mounted_volumes"), node)


def _check_repeated_paths(volumes: Any, node: str) -> None:
    seen: set[str] = set()
    for volume in volumes or ():
        path = f"/{str(getattr(volume, 'path', '') or '').strip('/')}"
        if path in seen:
            raise InvalidMount(f"{node} mounts two volumes at {shown(path)}.")
        seen.add(path)


def _texts(value: Any, where: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every text in a value made of dicts, lists and Elyra's property objects, and where it is."""
    if isinstance(value, str):
        yield where, value
    elif value is None or isinstance(value, bool | int | float) or depth > _DEPTH:
        return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield where, str(key)
            yield from _texts(item, f"{where}: {shown(str(key))}", depth + 1)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _texts(item, where, depth + 1)
    else:
        yield from _texts(getattr(value, "__dict__", None), where, depth + 1)
