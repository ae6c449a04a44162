"""A pipeline as its author drew it, as plain frozen data.

`pipeline_files.reader` makes it from a file, `elyra_adapter.operations` from Elyra's pipeline object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Modifiers = Mapping[str, Any]
"""Elyra's "execution object" of a node: volumes, secrets, tolerations, labels and annotations as
``add_to_execution_object`` of its properties leaves them (elyra/pipeline/kfp/kfp_processor.py)."""


PARAMETER_TYPES = {
    "String": "STRING",
    "CustomString": "STRING",
    "Integer": "NUMBER_INTEGER",
    "Float": "NUMBER_DOUBLE",
    "Bool": "BOOLEAN",
    "List": "STRING",
    "Dict": "STRING",
}
"""Elyra's base types (elyra/pipeline/kfp/kfp_properties.py) to parameter types of pipeline_spec.proto.

The editor offers no lists and dictionaries; a notebook that is submitted without a pipeline can take some.
They are JSON in a text, because KFP's own lists keep numbers as 64-bit floats: 2.0 would arrive as 2."""


@dataclass(frozen=True)
class Parameter:
    """A pipeline parameter.

    Attributes:
        name: as the user typed it.
        type: Elyra's base type: String, Integer, Float or Bool, also List or Dict.
        value: default value, None where there is none.
        description: free text.
        required: whether a run needs a value.
    """

    name: str
    type: str
    value: Any = None
    description: str = ""
    required: bool = False

    @property
    def kfp_type(self) -> str:
        """The parameter type in KFP; STRING for a type that Elyra does not have."""
        return PARAMETER_TYPES.get(self.type, "STRING")


@dataclass(frozen=True)
class NotebookNode:
    """A node that runs a notebook, a Python script or an R script (Elyra: a generic operation).

    Attributes:
        id: the node's id in the pipeline file.
        label: the node's label as typed.
        file: notebook or script, relative to the pipeline's directory or absolute.
        parents: ids of the nodes that it is connected to, a repeated connection listed once.
        image: runtime image.
        dependencies: patterns of files to take along, relative to the notebook's directory.
        include_subdirectories: whether these patterns match in subdirectories as well.
        outputs: declared output files, wildcards allowed.
        env: environment variables.
        parameters: names of the pipeline parameters that the node takes.
        requests: Elyra's properties ``cpu``, ``memory``, ``gpu`` … as typed, see `graph.resources`.
        volumes: mount paths of the node's own volumes.
        modifiers: Elyra's execution object.
        modules: Neurodesk modules of the node, those of the pipeline's defaults first.
        strictness: ``error``, ``warn``, ``off``, or "" for the runtime configuration's.
        keep_undeclared: how much is kept of files that are not among the outputs, as
            `quantities.parse_limits` reads it, or "" for the runtime configuration's.
        comment: the comment attached to the node in the editor.
    """

    id: str
    label: str
    file: str
    parents: tuple[str, ...] = ()
    image: str = ""
    dependencies: tuple[str, ...] = ()
    include_subdirectories: bool = False
    outputs: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    parameters: tuple[str, ...] = ()
    requests: Mapping[str, Any] = field(default_factory=dict)
    volumes: tuple[str, ...] = ()
    modifiers: Modifiers = field(default_factory=dict)
    modules: tuple[str, ...] = ()
    strictness: str = ""
    keep_undeclared: str = ""
    comment: str = ""


@dataclass(frozen=True)
class ComponentNode:
    """A node of a component catalog.

    Attributes:
        id: the node's id in the pipeline file.
        label: the node's label as typed.
        component: the component's id in its catalog, for messages.
        definition: KFP component YAML, None where no catalog has the component.
        parents: ids of the nodes that it is connected to, a repeated connection listed once.
        inputs: input name to ``{"widget", "value"}`` as in the pipeline file.
        modifiers: Elyra's execution object.
        caching: True, False, or None for KFP's default.
        comment: the comment attached to the node in the editor.
    """

    id: str
    label: str
    component: str
    definition: str | None
    parents: tuple[str, ...] = ()
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    modifiers: Modifiers = field(default_factory=dict)
    caching: bool | None = None
    comment: str = ""


Node = NotebookNode | ComponentNode


@dataclass(frozen=True)
class Pipeline:
    """A whole pipeline.

    Attributes:
        name: as typed.
        description: free text, "" for none.
        source: the pipeline's file name, "" where it is not known.
        nodes: in the order of the pipeline file.
        parameters: all pipeline parameters, in the user's order.
        object_prefix: prefix of all object keys, without slashes at its ends.
        caching: the pipeline's default for KFP's cache, None where nothing was chosen.
    """

    name: str
    nodes: tuple[Node, ...]
    description: str = ""
    source: str = ""
    parameters: tuple[Parameter, ...] = ()
    object_prefix: str = ""
    caching: bool | None = None

    @property
    def notebook_nodes(self) -> tuple[NotebookNode, ...]:
        """The nodes that run notebooks and scripts."""
        return tuple(node for node in self.nodes if isinstance(node, NotebookNode))
