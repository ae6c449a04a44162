"""What the check needs to know of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.declarations import declared_modules
from elyra_neurodesk.graph.dependencies import dependency_files
from elyra_neurodesk.graph.pipeline import Node as PipelineNode
from elyra_neurodesk.graph.pipeline import NotebookNode, Pipeline
from elyra_neurodesk.settings import SCRATCH, RuntimeSettings


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
        given: outputs of the nodes before it, which exist when it starts.
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
        pipeline: the pipeline.
        root: directory that file names are relative to.
        settings: the runtime configuration.
    """
    found: dict[tuple[str, str, bool], tuple[str, ...]] = {}
    nodes = {node.id: node for node in pipeline.nodes}
    return tuple(
        _node(node, root, settings, _outputs_of_ancestors(node, nodes), found)
        for node in pipeline.notebook_nodes
    )


def _node(
    node: NotebookNode,
    root: Path,
    settings: RuntimeSettings,
    given: tuple[str, ...],
    found: dict[tuple[str, str, bool], tuple[str, ...]],
) -> Node:
    path = root / node.file
    files: dict[str, Path] = {}
    problem = ""
    try:
        files = dependency_files(
            path.parent, path.name, node.dependencies, node.include_subdirectories, node.label, found
        )
    except (NeurodeskError, OSError, ValueError) as error:
        problem = error.message if isinstance(error, NeurodeskError) else str(error)
    return Node(
        label=node.label,
        file=node.file,
        path=path,
        files=files,
        image=node.image,
        modules=declared_modules(node, settings),
        outputs=node.outputs,
        given=given,
        volumes=(*node.volumes, SCRATCH) if settings.scratch_claim else node.volumes,
        parameters=node.parameters,
        problem=problem,
    )


def _outputs_of_ancestors(node: NotebookNode, nodes: Mapping[str, PipelineNode]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    outputs: list[str] = []
    waiting = list(node.parents)
    while waiting:
        key = waiting.pop()
        if key in seen or key not in nodes:
            continue
        seen[key] = None
        parent = nodes[key]
        waiting += parent.parents
        # a component's outputs are not files of the run
        if isinstance(parent, NotebookNode):
            outputs += parent.outputs
    return tuple(outputs)
