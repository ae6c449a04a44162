"""Submitting and exporting a ``.pipeline`` file, as ``elyra-pipeline`` does, without its console output."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.elyra_adapter.runtime_images import newest_neurodesktop, runtime_images
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.order import topological_order
from elyra_neurodesk.notebooks.parameters import DeclaredParameter, UnknownParameter, typed

if TYPE_CHECKING:
    from elyra_neurodesk.graph.model import TaskGraph
    from elyra_neurodesk.graph.pipeline import Pipeline

NO_PARAMETERS: Mapping[str, str] = {}


class PipelineFileUnreadable(NeurodeskError):
    """The pipeline file does not exist or is not one."""

    code = "ND-PIPELINE-001"
    hint = "Give the path of a file that the Visual Pipeline Editor saved."


class PipelineInvalid(NeurodeskError):
    """Elyra's validation found errors."""

    code = "ND-PIPELINE-002"
    hint = "Open the pipeline in the editor: it marks the nodes and properties that need attention."


@dataclass(frozen=True)
class Submission:
    """A pipeline that is on its way.

    Attributes:
        run_id: KFP's id of the run.
        run_name: the pipeline's name with the time of submission.
        run_url: the run's page.
        pipeline: the pipeline's name.
        object_storage_url: the store, "" for a pipeline without notebooks and scripts.
        object_storage_path: bucket and directory of the run's outputs, likewise.
    """

    run_id: str
    run_name: str
    run_url: str
    pipeline: str
    object_storage_url: str
    object_storage_path: str


def submit_file(path: Path, runtime_config: str, parameters: Mapping[str, str] = NO_PARAMETERS) -> Submission:
    """Submit a pipeline file.

    Args:
        path: the ``.pipeline`` file; its notebooks are looked for relative to it.
        runtime_config: name of a runtime configuration of the schema ``neurodesk``.
        parameters: values of pipeline parameters, as typed.

    Raises:
        UnknownParameter, ParameterOfWrongType: see `set_parameters`.
        NeurodeskError: one line that says what is wrong and what to do.
    """
    with _processor(path, runtime_config, parameters) as (processor, pipeline):
        response = processor.process(pipeline)
    return Submission(
        run_id=response.run_id,
        run_name=response.run_name,
        run_url=response.run_url,
        pipeline=pipeline.name,
        object_storage_url=response.object_storage_url or "",
        object_storage_path=response.object_storage_path or "",
    )


def preview_file(
    path: Path, runtime_config: str, parameters: Mapping[str, str] = NO_PARAMETERS
) -> tuple[Pipeline, TaskGraph]:
    """Return a pipeline file's pipeline and tasks as `submit_file` would submit them, and submit nothing.

    Raises:
        NeurodeskError: as `submit_file`, but for what only the API and the store would say.
    """
    with _processor(path, runtime_config, parameters) as (processor, pipeline):
        drawn, graph = processor.preview(pipeline)
    return drawn, graph


def export_file(
    path: Path,
    runtime_config: str,
    format: str,
    output: Path,
    overwrite: bool,
    parameters: Mapping[str, str] = NO_PARAMETERS,
) -> Path:
    """Export a pipeline file as KFP package (``yaml``) or Python DSL (``py``).

    Raises:
        NeurodeskError: one line that says what is wrong and what to do.
    """
    with _processor(path, runtime_config, parameters) as (processor, pipeline):
        processor.export(pipeline, format, str(output.resolve()), overwrite)
    return output


@contextlib.contextmanager
def _processor(path: Path, runtime_config: str, parameters: Mapping[str, str]) -> Iterator[tuple[Any, Any]]:
    definition = read_definition(path)
    check_connections(definition)
    set_parameters(definition, parameters, path.name)
    from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_configuration

    config = runtime_configuration(runtime_config)
    config.require_neurodesk()
    # Elyra's validation, caches and processors log and print as they please
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    from elyra.pipeline.parser import PipelineParser
    from elyra.pipeline.processor import PipelineProcessorManager

    from elyra_neurodesk.elyra_adapter.validation_workaround import hide_from_validation

    root = _localise(definition, path, config.schema_name, config.name)
    hidden = hide_from_validation(definition, root)
    with contextlib.redirect_stdout(io.StringIO()):
        cache = _component_cache()
        cache.load()
        cache.wait_for_all_cache_tasks()
        manager = PipelineProcessorManager.instance(root_dir=str(root))
        with _pipeline_file_only(path):
            _validate(definition, root)
            pipeline = PipelineParser(root_dir=str(root)).parse(definition)
        hidden.restore(pipeline)
        processor = manager.get_processor_for_runtime(config.schema_name)
        processor.root_dir = str(root)
        yield processor, pipeline


def read_pipeline_file(path: Path, parameters: Mapping[str, str] = NO_PARAMETERS) -> Pipeline:
    """Return the pipeline of a file; neither a backend nor a runtime configuration is needed.

    Elyra's validation is left out, nodes have no modifiers, and component catalogs are not read.

    Args:
        path: the ``.pipeline`` file; the nodes' files are relative to its directory.
        parameters: values of pipeline parameters, as typed.

    Raises:
        UnknownParameter, ParameterOfWrongType: see `set_parameters`.
        PipelineFileUnreadable: it cannot be read, or is not a pipeline file.
        NeurodeskError: its graph is broken (`check_connections`), or see `operations.read_pipeline`.
    """
    definition = read_definition(path)
    check_connections(definition)
    set_parameters(definition, parameters, path.name)
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    from elyra.pipeline.parser import PipelineParser

    from elyra_neurodesk.elyra_adapter.operations import read_pipeline
    from elyra_neurodesk.elyra_adapter.validation_workaround import hide_from_validation

    root = _localise(definition, path, "neurodesk", "")
    _fill_in_images(definition)
    hidden = hide_from_validation(definition, root)
    with contextlib.redirect_stdout(io.StringIO()), _pipeline_file_only(path):
        _component_cache()
        pipeline = PipelineParser(root_dir=str(root)).parse(definition)
    hidden.restore(pipeline)
    return read_pipeline(pipeline, root)


def _fill_in_images(definition: dict[str, Any]) -> None:
    """Give nodes without a runtime image the default one: Elyra's parser raises without any."""
    image = newest_neurodesktop(runtime_images())
    properties = _primary(definition)["app_data"].get("properties")
    defaults = properties.get("pipeline_defaults") if isinstance(properties, dict) else None
    if not image or (isinstance(defaults, dict) and defaults.get("runtime_image")):
        return
    for part in definition["pipelines"]:
        for node in part.get("nodes", ()):
            parameters = node.get("app_data", {}).get("component_parameters")
            if isinstance(parameters, dict) and parameters.get("filename"):
                parameters["runtime_image"] = parameters.get("runtime_image") or image


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
    properties = _primary(definition)["app_data"].get("properties")
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


def _component_cache() -> Any:
    """Return Elyra's cache of catalog components, which watches a directory that Jupyter makes."""
    from elyra.pipeline.component_catalog import ComponentCache
    from jupyter_core.paths import jupyter_runtime_dir

    Path(jupyter_runtime_dir()).mkdir(parents=True, exist_ok=True, mode=0o700)
    return ComponentCache.instance(emulate_server_app=True)


def _localise(definition: dict[str, Any], path: Path, runtime: str, runtime_config: str) -> Path:
    """Say in a definition where it is and where it will run; return the directory it belongs to."""
    _primary(definition)["app_data"] |= {
        "name": path.stem,
        "source": path.name,
        "runtime": runtime,
        "runtime_config": runtime_config,
    }
    root = path.resolve().parent
    for part in definition["pipelines"]:
        for node in part.get("nodes", ()):
            parameters = node.get("app_data", {}).get("component_parameters", {})
            if parameters.get("filename"):
                parameters["filename"] = str(root / parameters["filename"])
    return root


@contextlib.contextmanager
def _pipeline_file_only(path: Path) -> Iterator[None]:
    """Translate what Elyra raises about a file that is not a pipeline file."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, NotImplementedError) as problem:
        # Elyra takes the editor's work for granted
        raise PipelineFileUnreadable(f"'{path}' is not a pipeline file: {problem!r}.") from problem


def read_definition(path: Path) -> dict[str, Any]:
    """Return the JSON of a pipeline file.

    Raises:
        PipelineFileUnreadable: no such file, no JSON, or no pipeline in it.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        pipelines = content["pipelines"]
        if not all(isinstance(pipeline["app_data"], dict) for pipeline in pipelines):
            raise TypeError("app_data")
        for pipeline in pipelines:
            for node in pipeline.get("nodes", ()):
                _check_node(node)
        _primary(content)
    except OSError as problem:
        raise PipelineFileUnreadable(f"'{path}' cannot be read: {problem.strerror}.") from problem
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration) as problem:
        raise PipelineFileUnreadable(f"'{path}' is not a pipeline file: {problem!r}.") from problem
    return dict(content)


def _check_node(node: dict[str, Any]) -> None:
    """Refuse a node that lacks what Elyra takes for granted.

    Raises:
        TypeError, KeyError, AttributeError: it does.
    """
    data = node["app_data"] if node["type"] == "execution_node" else node.get("app_data", {})
    parameters = data.get("component_parameters", {})
    links = [link for port in node.get("inputs", ()) for link in port.get("links", ())]
    values = (node["id"], *(link["node_id_ref"] for link in links), parameters.get("filename", ""))
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"node {node['id']!r}")


def _primary(definition: dict[str, Any]) -> dict[str, Any]:
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


def _validate(definition: dict[str, Any], root: Path) -> None:
    from elyra.pipeline.validation import PipelineValidationManager, ValidationSeverity

    response = asyncio.run(
        PipelineValidationManager.instance(root_dir=str(root)).validate(pipeline=definition)
    )
    errors = [
        issue
        for issue in response.to_json().get("issues", ())
        if issue["severity"] == ValidationSeverity.Error
    ]
    if errors:
        first = _describe(errors[0])
        more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
        raise PipelineInvalid(f"{first}{more}")


def _describe(issue: dict[str, Any]) -> str:
    data = issue.get("data") or {}
    where = "".join(
        f"{title} '{data[key]}': "
        for title, key in (("node", "nodeName"), ("property", "propertyName"))
        if data.get(key)
    )
    value = f" (value: '{data['value']}')" if data.get("value") else ""
    return f"{where}{str(issue['message']).rstrip('.')}{value}."
