"""Hide from Elyra's validation what it refuses although it can be run.

Elyra's validation and its ``GenericOperation`` take whole CPUs and GB only, and no directory among the
dependencies (elyra/pipeline/validation.py ``_validate_resource_value`` and ``_validate_filepath``). Neither
can be replaced by a plugin. Where the pipeline file is read by us, these values are taken out while Elyra
validates, and put back into its operations afterwards; `graph.resources` and `graph.dependencies` check them
when the tasks are built.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elyra.pipeline.pipeline import GenericOperation, Pipeline

from elyra_neurodesk.pipeline_files.reader import FRACTIONAL


@dataclass(frozen=True)
class HiddenValues:
    """Values by node id and property, as the pipeline file has them."""

    values: Mapping[str, Mapping[str, Any]]

    def restore(self, pipeline: Pipeline) -> None:
        """Put the values into the operations that Elyra's parser made."""
        for operation in pipeline.operations.values():
            if isinstance(operation, GenericOperation):
                operation._component_props.update(self.values.get(operation.id, {}))


def hide_from_validation(definition: Mapping[str, Any], root: Path) -> HiddenValues:
    """Take out of a pipeline definition what Elyra would refuse.

    Args:
        definition: a pipeline file's content; changed in place.
        root: directory that the nodes' files are relative to.
    """
    values: dict[str, dict[str, Any]] = {}
    for pipeline in definition["pipelines"]:
        for node in pipeline.get("nodes", ()):
            parameters = node.get("app_data", {}).get("component_parameters")
            if isinstance(parameters, dict) and isinstance(parameters.get("filename"), str):
                taken = _fractions(parameters) | _directories(parameters, root)
                if taken:
                    values[node["id"]] = taken
    return HiddenValues(values)


def _fractions(parameters: dict[str, Any]) -> dict[str, Any]:
    taken = {name: parameters[name] for name in FRACTIONAL if _is_fraction(parameters.get(name))}
    if taken:
        # all of them: Elyra compares limits with requests
        taken = {name: parameters.pop(name) for name in FRACTIONAL if name in parameters}
    return taken


def _is_fraction(value: Any) -> bool:
    try:
        return float(value) % 1 != 0
    except (TypeError, ValueError):
        return False


def _directories(parameters: dict[str, Any], root: Path) -> dict[str, Any]:
    given = parameters.get("dependencies")
    folder = (root / parameters["filename"]).parent
    if not isinstance(given, list):
        return {}
    files = [name for name in given if not (isinstance(name, str) and _is_directory(folder, name))]
    if files == given:
        return {}
    parameters["dependencies"] = files
    return {"dependencies": [name for name in given if name]}


def _is_directory(folder: Path, name: str) -> bool:
    return bool(name) and not glob.has_magic(name) and "\0" not in name and (folder / name).is_dir()
