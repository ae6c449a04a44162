"""The JSON of a pipeline file, checked so far that it can be read: by us, or by Elyra's parser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.order import topological_order
from elyra_neurodesk.notebooks.parameters import DeclaredParameter, UnknownParameter, typed
from elyra_neurodesk.pipeline_files.migration import VERSION, migrate
from elyra_neurodesk.pipeline_files.shape import problem_of

NO_PARAMETERS: Mapping[str, str] = {}
_MAX_REASON = 200  # characters
# the second and the last are generic pipelines'
_PLATFORMS = ("KUBEFLOW_PIPELINES", "Generic", "LOCAL", None, "")


class PipelineFileUnreadable(NeurodeskError):
    """The pipeline file does not exist or is not one."""

    code = "ND-PIPELINE-001"
    hint = "Give the path of a file that the Visual Pipeline Editor saved."


class PipelineNotForKubeflow(NeurodeskError):
    """The pipeline file is for another platform, or from a newer editor."""

    code = "ND-PIPELINE-003"
    hint = "Submit it with the Elyra that made it, or make a Kubeflow Pipelines or generic pipeline of it."


def open_definition(path: Path, parameters: Mapping[str, str] = NO_PARAMETERS) -> dict[str, Any]:
    """Return a pipeline file's content with values for its pipeline parameters, its graph checked.

    Args:
        path: the ``.pipeline`` file.
        parameters: values of pipeline parameters, as typed.

    Raises:
        PipelineFileUnreadable: see `read_definition`.
        PipelineNotForKubeflow: it is for another platform, or from a newer editor.
        PipelineHasCycle, UnknownParent, PipelineHasNoNodes: see `check_connections`.
        UnknownParameter, ParameterOfWrongType: see `set_parameters`.
    """
    definition = read_definition(path)
    _check_platform(primary_pipeline(definition)["app_data"], path)
    check_connections(definition)
    set_parameters(definition, parameters, path.name)
    return definition


def read_definition(path: Path) -> dict[str, Any]:
    """Return the JSON of a pipeline file, in the form of today's editor.

    Raises:
        PipelineFileUnreadable: no such file, no JSON, or no pipeline in it.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise PipelineFileUnreadable(f"'{path}' cannot be read: {problem.strerror}.") from problem
    except UnicodeDecodeError as problem:
        raise _no_pipeline_file(path, "its text is not UTF-8") from problem
    except RecursionError as problem:
        raise _no_pipeline_file(path, "it is nested too deeply") from problem
    except ValueError as problem:
        raise _no_pipeline_file(path, f"it is not JSON ({problem})") from problem
    try:
        migrate(content, path)
        wrong = problem_of(content)
        if not wrong:
            primary_pipeline(content)
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        raise _no_pipeline_file(path, problem_of(content) or repr(problem)) from problem
    except StopIteration as problem:
        raise _no_pipeline_file(path, "no pipeline has the id of primary_pipeline") from problem
    if wrong:
        raise _no_pipeline_file(path, wrong)
    return dict(content)


def _no_pipeline_file(path: Path, reason: str) -> PipelineFileUnreadable:
    return PipelineFileUnreadable(f"'{path}' is not a pipeline file: {reason[:_MAX_REASON]}.")


def _check_platform(data: Mapping[str, Any], path: Path) -> None:
    version, platform = data.get("version"), data.get("runtime_type")
    if isinstance(version, bool) or not isinstance(version, int | float):
        raise _no_pipeline_file(path, f"its version is {version!r}")
    if version > VERSION:
        raise PipelineNotForKubeflow(
            f"'{path}' was saved by a newer editor (version {version}; this Elyra reads up to {VERSION})."
        )
    if platform not in _PLATFORMS:
        raise PipelineNotForKubeflow(f"'{path}' is a pipeline for {platform}, not for Kubeflow Pipelines.")


def primary_pipeline(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the pipeline that the others, of super nodes, belong to."""
    primary: dict[str, Any] = next(
        pipeline for pipeline in definition["pipelines"] if pipeline["id"] == definition["primary_pipeline"]
    )
    return primary


def check_connections(definition: dict[str, Any]) -> None:
    """Refuse cycles, unknown parents and empty pipelines before Elyra recurses into them.

    Raises:
        PipelineHasCycle, UnknownParent, PipelineHasNoNodes: see `topological_order`.
    """
    nodes = [
        node
        for pipeline in definition["pipelines"]
        for node in pipeline.get("nodes", ())
        if node.get("type") == "execution_node"
    ]
    known = {node["id"] for node in nodes}
    outer = {
        node["id"]
        for pipeline in definition["pipelines"]
        for node in pipeline.get("nodes", ())
        if node.get("type") != "execution_node"
    }
    parents = {
        node["id"]: [
            link["node_id_ref"]
            for port in node.get("inputs", ())
            for link in port.get("links", ())
            # links to super nodes and their bindings are resolved by Elyra's parser
            if link.get("node_id_ref") not in outer
        ]
        for node in nodes
    }
    labels = dict.fromkeys({*known, *outer}, "")
    for node in nodes:
        data = node.get("app_data", {})
        labels[node["id"]] = str(data.get("label") or data.get("ui_data", {}).get("label") or node["id"])
    topological_order(parents, labels)


def set_parameters(definition: dict[str, Any], values: Mapping[str, str], file: str) -> None:
    """Put values into a definition as the defaults of its pipeline parameters.

    Args:
        definition: a pipeline file's content; changed in place.
        values: by name, as typed.
        file: the pipeline file's name, for messages.

    Raises:
        UnknownParameter: the pipeline has no parameter of a name.
        ParameterOfWrongType: a value is not of its parameter's type.
    """
    properties = primary_pipeline(definition)["app_data"].get("properties")
    declared = (properties.get("pipeline_parameters") if isinstance(properties, dict) else None) or ()
    known = {entry.get("name"): entry for entry in declared if isinstance(entry, dict)}
    for name, text in values.items():
        if name not in known:
            names = ", ".join(map(str, known))
            raise UnknownParameter(
                f"{file}: there is no pipeline parameter '{name}'; "
                f"{f'those there are: {names}' if known else 'it has none'}.",
                "Correct the name, or add it under 'Pipeline Parameters' in the pipeline's properties.",
            )
        default = known[name].get("default_value")
        kind = default.get("type") if isinstance(default, dict) else None
        value = typed(DeclaredParameter(name, str(kind or "String")), text, file).value
        known[name]["default_value"] = {"type": kind or "String", "value": value}
