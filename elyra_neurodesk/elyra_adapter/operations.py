"""From Elyra's pipeline object to `graph.pipeline.Pipeline`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from elyra.pipeline import pipeline_constants
from elyra.pipeline.component_catalog import ComponentCache
from elyra.pipeline.pipeline import GenericOperation, Operation
from elyra.pipeline.pipeline import Pipeline as ElyraPipeline
from elyra.pipeline.properties import ElyraProperty, ElyraPropertyList

from elyra_neurodesk.graph.pipeline import ComponentNode, Node, NotebookNode, Parameter, Pipeline
from elyra_neurodesk.pipeline_files.node_properties import KEEP_UNDECLARED, MODULES, STRICTNESS
from elyra_neurodesk.pipeline_files.reader import REQUESTS
from elyra_neurodesk.validate.errors import InvalidMount
from elyra_neurodesk.validate.files import input_text
from elyra_neurodesk.validate.text import check_text, quoted

MAX_DEPTH = 50
"""Levels of nested properties that are searched for unusable texts."""


def read_pipeline(
    pipeline: ElyraPipeline,
    root: Path,
    processor: Any = None,
    component_definition: Callable[[str], str | None] = lambda component: None,
) -> Pipeline:
    """Return what Elyra's parser read, as plain data.

    Args:
        pipeline: Elyra's pipeline object.
        root: directory that the file names of nodes and of component inputs are relative to.
        processor: runtime processor, which takes part in Elyra's ``add_to_execution_object`` protocol;
            without one, nodes have no modifiers.
        component_definition: catalog component id to its KFP YAML, None if no catalog has it.

    Raises:
        UnusableText: a text somewhere in it has a null character or a lone surrogate.
        InvalidMount: a node mounts two volumes at one path, of which Elyra would drop the first.
        InputFileUnusable: a component's input takes a file outside ``root``, or one that cannot be read.
    """
    _check_texts(pipeline)
    properties = pipeline.pipeline_properties
    cache_disabled = _selection(properties.get(pipeline_constants.DISABLE_NODE_CACHING))
    caching = None if cache_disabled is None else not cache_disabled

    def node(operation: Operation) -> Node:
        if isinstance(operation, GenericOperation):
            return _notebook_node(operation, root, processor)
        definition = component_definition(operation.classifier)
        return _component_node(operation, definition, root, processor, caching)

    return Pipeline(
        name=pipeline.name,
        description=pipeline.description or "",
        source=pipeline.source or "",
        nodes=tuple(node(operation) for operation in pipeline.operations.values()),
        parameters=tuple(
            Parameter(
                parameter.name,
                parameter.input_type.base_type,
                parameter.value,
                parameter.description or "",
                bool(parameter.required),
            )
            for parameter in pipeline.parameters
        ),
        object_prefix=(properties.get(pipeline_constants.COS_OBJECT_PREFIX) or "").strip("/ "),
        caching=caching,
    )


def cached_component_definition(processor: Any) -> Callable[[str], str | None]:
    """Return a function from a component's id to its definition in Elyra's cache, None if it is not there."""

    def definition(component: str) -> str | None:
        cached = ComponentCache.instance().get_component(processor.type, component)
        return cached.definition if cached else None

    return definition


def _notebook_node(operation: GenericOperation, root: Path, processor: Any) -> NotebookNode:
    strictness = operation.elyra_props.get(STRICTNESS)
    keep_undeclared = operation.elyra_props.get(KEEP_UNDECLARED)
    path = root / operation.filename
    return NotebookNode(
        id=operation.id,
        label=operation.name,
        file=str(path.relative_to(root)) if path.is_relative_to(root) else str(path),
        parents=_parents(operation),
        image=operation.runtime_image or "",
        dependencies=tuple(operation.dependencies or ()),
        include_subdirectories=bool(operation.include_subdirectories),
        outputs=tuple(str(output) for output in operation.outputs or () if output),
        env={name: str(value) for name, value in _variables(operation).items()},
        parameters=tuple(str(name) for name in operation.parameters or ()),
        requests={name: getattr(operation, name) for name in REQUESTS},
        volumes=tuple(
            f"/{str(volume.path).strip('/')}"
            for volume in operation.elyra_props.get(pipeline_constants.MOUNTED_VOLUMES) or ()
            if getattr(volume, "path", None)
        ),
        modifiers=_modifiers(operation, processor),
        modules=tuple(item.module for item in operation.elyra_props.get(MODULES) or ()),
        strictness=str(strictness.text) if strictness else "",
        keep_undeclared=str(keep_undeclared.text) if keep_undeclared else "",
        comment=operation.doc or "",
    )


def _component_node(
    operation: Operation, definition: str | None, root: Path, processor: Any, caching: bool | None
) -> ComponentNode:
    modifiers = _modifiers(operation, processor)
    disabled = modifiers.get("disable_node_caching")
    return ComponentNode(
        id=operation.id,
        label=operation.name,
        component=operation.classifier,
        definition=definition,
        parents=_parents(operation),
        inputs={
            name: input_text(entry, root, f"Node {quoted(operation.name)}: input {quoted(name)}")
            for name, entry in operation.component_props.items()
            if isinstance(entry, dict)
        },
        modifiers=modifiers,
        caching=caching if disabled is None else not disabled,
        comment=operation.doc or "",
    )


def _parents(operation: Operation) -> tuple[str, ...]:
    return tuple(dict.fromkeys(operation.parent_operation_ids or ()))


def _variables(operation: GenericOperation) -> dict[str, Any]:
    return operation.env_vars.to_dict() if operation.env_vars else {}


def _modifiers(operation: Operation, processor: Any) -> dict[str, Any]:
    collected: dict[str, Any] = {}
    for value in operation.elyra_props.values() if processor else ():
        if isinstance(value, ElyraProperty | ElyraPropertyList):
            value.add_to_execution_object(runtime_processor=processor, execution_object=collected)
    return collected


def _selection(prop: Any) -> bool | None:
    selection: bool | None = prop.selection if prop else None
    return selection


def _check_texts(pipeline: ElyraPipeline) -> None:
    """Refuse texts that neither JSON nor YAML carries, and volumes that would hide one another."""
    for field in ("name", "description", "source", "runtime_config"):
        check_text(getattr(pipeline, field) or "", f"The pipeline's {field.replace('_', ' ')}")
    for where, text in _texts(pipeline.pipeline_properties, "The pipeline's properties"):
        check_text(text, where)
    for where, text in _texts(list(pipeline.parameters), "The pipeline's parameters"):
        check_text(text, where)
    for operation in pipeline.operations.values():
        node = f"Node {quoted(operation.name)}"
        check_text(operation.name, f"{node}: its label")
        check_text(operation.doc or "", f"{node}: its comment")
        for properties in (operation.component_props, operation.elyra_props):
            for where, text in _texts(properties, node):
                check_text(text, where)
        _check_repeated_paths(operation.elyra_props.get("mounted_volumes"), node)


def _check_repeated_paths(volumes: Any, node: str) -> None:
    seen: set[str] = set()
    for volume in volumes or ():
        path = f"/{str(getattr(volume, 'path', '') or '').strip('/')}"
        if path in seen:
            raise InvalidMount(f"{node} mounts two volumes at {quoted(path)}.")
        seen.add(path)


def _texts(value: Any, where: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every text in a value made of dicts, lists and Elyra's property objects, and where it is."""
    if isinstance(value, str):
        yield where, value
    elif value is None or isinstance(value, bool | int | float) or depth > MAX_DEPTH:
        return
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield where, str(key)
            yield from _texts(item, f"{where}: {quoted(str(key))}", depth + 1)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from _texts(item, where, depth + 1)
    else:
        yield from _texts(getattr(value, "__dict__", None), where, depth + 1)
