"""What the check reads of a pipeline: its notebook nodes, with the files that their tasks get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.declarations import declared_modules
from elyra_neurodesk.graph.dependencies import dependency_files, unmatched_patterns
from elyra_neurodesk.graph.pipeline import Node, NotebookNode, Pipeline
from elyra_neurodesk.paths import SCRATCH
from elyra_neurodesk.settings import RuntimeConfiguration


@dataclass(frozen=True)
class CheckInput:
    """A node, and what its task finds when it starts.

    Attributes:
        node: the node; its file is relative to the pipeline file's directory.
        path: its notebook or script on this machine.
        files: what the task gets, the node's file too: name relative to the notebook's directory to path.
        modules: modules that are loaded before the first cell.
        volumes: paths where volumes are mounted.
        inherited: outputs of the node's ancestors.
        unmatched: patterns of dependencies that match no file.
        problem: why its files cannot be collected, "".
    """

    node: NotebookNode
    path: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    problem: str = ""


def check_inputs(
    pipeline: Pipeline, root: Path, configuration: RuntimeConfiguration
) -> tuple[CheckInput, ...]:
    """Return what to check in a pipeline, in the order of its nodes.

    Args:
        pipeline: the pipeline.
        root: directory that file names are relative to.
        configuration: the runtime configuration.
    """
    found: dict[tuple[str, str, bool], tuple[str, ...]] = {}
    nodes = {node.id: node for node in pipeline.nodes}
    inputs = []
    for node in pipeline.notebook_nodes:
        files, unmatched, problem = _files(node, root, found)
        inputs.append(
            CheckInput(
                node=node,
                path=root / node.file,
                files=files,
                modules=declared_modules(node, configuration),
                volumes=(*node.volumes, SCRATCH) if configuration.scratch_claim else node.volumes,
                inherited=_outputs_of_ancestors(node, nodes),
                unmatched=unmatched,
                problem=problem,
            )
        )
    return tuple(inputs)


def _files(
    node: NotebookNode, root: Path, found: dict[tuple[str, str, bool], tuple[str, ...]]
) -> tuple[Mapping[str, Path], tuple[str, ...], str]:
    """Return a node's files and the patterns that match none, or why they cannot be collected."""
    path = root / node.file
    patterns, recursive = node.dependencies, node.include_subdirectories
    try:
        files = dependency_files(path.parent, path.name, patterns, recursive, node.label, found)
        return files, unmatched_patterns(path.parent, patterns, recursive, node.label, found), ""
    except NeurodeskError as error:
        return {}, (), error.message
    except (OSError, ValueError) as error:
        return {}, (), str(error)


def _outputs_of_ancestors(node: NotebookNode, nodes: Mapping[str, Node]) -> tuple[str, ...]:
    seen: set[str] = set()
    outputs: list[str] = []
    waiting = list(node.parents)
    while waiting:
        key = waiting.pop()
        if key in seen or key not in nodes:
            continue
        seen.add(key)
        parent = nodes[key]
        waiting += parent.parents
        # a component's outputs are not files of the run
        if isinstance(parent, NotebookNode):
            outputs += parent.outputs
    return tuple(outputs)
