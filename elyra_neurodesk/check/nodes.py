"""What the check needs to know of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.dependencies import dependency_files
from elyra_neurodesk.settings import SCRATCH, RuntimeSettings

if TYPE_CHECKING:
    from elyra.pipeline.pipeline import GenericOperation, Pipeline


@dataclass(frozen=True)
class Node:
    """A notebook, Python script or R script node.

    Attributes:
        label: its label.
        file: notebook or script, relative to the pipeline file's directory.
        path: the same on this machine.
        files: what the task gets, the file itself too: name relative to the notebook's directory to path.
        image: runtime image.
        modules: declared modules.
        outputs: declared outputs, with wildcards.
        given: outputs of the nodes before it, which are there when it starts.
        volumes: paths where volumes are mounted.
        parameters: names that get their values when the task runs.
        problem: why its files cannot be collected, "".
    """

    label: str
    file: str
    path: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    image: str = ""
    modules: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    problem: str = ""


def nodes_of(pipeline: Pipeline, root: Path, settings: RuntimeSettings) -> tuple[Node, ...]:
    """Return the notebook and script nodes of a pipeline, in its order.

    Args:
        pipeline: what Elyra's parser returned.
        root: directory that file names are relative to.
        settings: the runtime configuration.
    """
    from elyra.pipeline.pipeline import GenericOperation

    found: dict[tuple[str, str, bool], tuple[str, ...]] = {}
    generic = {
        operation.id: operation
        for operation in pipeline.operations.values()
        if isinstance(operation, GenericOperation)
    }
    return tuple(
        _node(operation, root, settings, _given(operation, pipeline.operations), found)
        for operation in generic.values()
    )


def _node(
    operation: GenericOperation,
    root: Path,
    settings: RuntimeSettings,
    given: tuple[str, ...],
    found: dict[tuple[str, str, bool], tuple[str, ...]],
) -> Node:
    from elyra_neurodesk.elyra_adapter.declarations import declared_modules

    path = root / operation.filename
    files: dict[str, Path] = {}
    problem = ""
    try:
        files = dependency_files(
            path.parent,
            path.name,
            operation.dependencies or (),
            bool(operation.include_subdirectories),
            operation.name,
            found,
        )
    except (NeurodeskError, OSError, ValueError) as error:
        problem = error.message if isinstance(error, NeurodeskError) else str(error)
    volumes = [
        f"/{str(volume.path).strip('/')}"
        for volume in operation.elyra_props.get("mounted_volumes") or ()
        if getattr(volume, "path", None)
    ]
    if settings.scratch_claim:
        volumes.append(SCRATCH)
    return Node(
        label=operation.name,
        file=str(path.relative_to(root)) if path.is_relative_to(root) else str(path),
        path=path,
        files=files,
        image=operation.runtime_image or "",
        modules=declared_modules(operation, settings),
        outputs=tuple(str(output) for output in operation.outputs or () if output),
        given=given,
        volumes=tuple(volumes),
        parameters=tuple(str(name) for name in operation.parameters or ()),
        problem=problem,
    )


def _given(operation: GenericOperation, operations: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the outputs of all ancestors."""
    seen: dict[str, None] = {}
    outputs: list[str] = []
    waiting = list(operation.parent_operation_ids or ())
    while waiting:
        name = waiting.pop()
        if name in seen or name not in operations:
            continue
        seen[name] = None
        parent = operations[name]
        waiting += parent.parent_operation_ids or ()
        # a component's outputs are not files of the run
        if parent.is_generic:
            outputs += [str(output) for output in parent.outputs or ()]
    return tuple(outputs)
