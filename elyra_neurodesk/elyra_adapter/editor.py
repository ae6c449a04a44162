"""What Elyra's editor asks of a notebook or script, and what Elyra's server refuses, for our runtime.

Three things that a plugin cannot declare are put right where Elyra decides them, without anything written for
the browser:

* A node without a runtime image runs in a default one. The editor calls the property required
  (elyra/templates/components/generic_properties_template.jinja2), the server refuses the pipeline
  (elyra/pipeline/validation.py) and ``GenericOperation`` raises.
* A wildcard among the dependencies may match nothing. *Run as Pipeline* proposes ``*.py``; where no such file
  lies beside the notebook, Elyra's server answers 400, which the dialog does not show.
* *Neurodesk Modules* stands first; Elyra sorts what plugins add by its id, below all of its own.

Pipelines of other runtimes are validated by Elyra alone. The form of a node is the same for all of them: on a
server with this processor the editor does not call the image required there either; the server still does.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from elyra.pipeline.component_catalog import ComponentCache
from elyra.pipeline.pipeline_constants import RUNTIME_IMAGE
from elyra.pipeline.validation import PipelineValidationManager, ValidationSeverity

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.dependencies import unmatched_patterns
from elyra_neurodesk.pipeline_files.node_properties import MODULES
from elyra_neurodesk.settings import SCHEMA

_elyras_form = ComponentCache.to_canvas_properties
_elyras_validation = PipelineValidationManager._validate_generic_node_properties
_default_image: Callable[[], str] = str


def register(default_image: Callable[[], str]) -> None:
    """Let Elyra's server use the functions below.

    Args:
        default_image: returns the image of nodes that name none, "" for none.
    """
    global _default_image
    _default_image = default_image
    ComponentCache.to_canvas_properties = staticmethod(node_form)
    PipelineValidationManager._validate_generic_node_properties = _validate_generic_node_properties


def node_form(component: Any) -> dict[str, Any]:
    """Return Elyra's JSON schema of a node's properties; that of notebooks and scripts in our order."""
    form: dict[str, Any] = _elyras_form(component)
    if ComponentCache.get_generic_component(component.id) is None:
        return form
    parameters = form["properties"]["component_parameters"]
    fields = parameters["properties"]
    image = _default_image()
    if image and RUNTIME_IMAGE in fields:
        parameters["required"] = [name for name in parameters["required"] if name != RUNTIME_IMAGE]
        field = fields[RUNTIME_IMAGE]
        field.pop("required", None)
        field["uihints"] = {
            **field.get("uihints", {}),
            "ui:placeholder": f"{image.partition('@')[0]} (default)",
        }
    first = [name for name in ("inputs_header", MODULES) if name in fields]
    parameters["properties"] = {name: fields[name] for name in dict.fromkeys([*first, *fields])}
    return form


async def _validate_generic_node_properties(
    self: PipelineValidationManager, node: Any, response: Any, pipeline_definition: Any, pipeline_runtime: str
) -> None:
    """Validate a node as Elyra does, with its default image and without the wildcards that match nothing.

    The image stays in the definition, of which Elyra's parser makes the node next.
    """
    dependencies = node.get_component_parameter("dependencies")
    hidden: list[str] = []
    if pipeline_runtime == SCHEMA:
        image = _default_image()
        if image and not node.get_component_parameter(RUNTIME_IMAGE):
            node.set_component_parameter(RUNTIME_IMAGE, image)
        hidden = _matching_nothing(Path(self.root_dir), node, dependencies)
    if not hidden:
        await _elyras_validation(self, node, response, pipeline_definition, pipeline_runtime)
        return
    node.set_component_parameter("dependencies", [name for name in dependencies if name not in hidden])
    try:
        await _elyras_validation(self, node, response, pipeline_definition, pipeline_runtime)
    finally:
        node.set_component_parameter("dependencies", dependencies)
    for pattern in hidden:
        response.add_message(
            severity=ValidationSeverity.Warning,
            message_type="invalidFilePath",
            message="No file matches this wildcard.",
            data={
                "nodeID": node.id,
                "nodeName": node.label,
                "propertyName": "dependencies",
                "value": pattern,
            },
        )


def _matching_nothing(root: Path, node: Any, dependencies: Any) -> list[str]:
    """Return the wildcards below the notebook's directory that match no file."""
    file = node.get_component_parameter("filename")
    if not isinstance(file, str) or not isinstance(dependencies, list):
        return []
    folder = (root / file).parent
    wild = [
        pattern
        for pattern in dependencies
        if isinstance(pattern, str)
        and glob.has_magic(pattern)
        and "\0" not in pattern
        and Path(os.path.normpath(folder / pattern)).is_relative_to(folder)
    ]
    recursive = bool(node.get_component_parameter("include_subdirectories"))
    try:
        return list(unmatched_patterns(folder, wild, recursive, str(node.label)))
    except (NeurodeskError, OSError, ValueError):
        return []  # what is wrong is reported when the files are collected
