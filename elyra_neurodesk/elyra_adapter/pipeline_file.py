"""Reading a ``.pipeline`` file: without Elyra where that is enough, else as ``elyra-pipeline`` does.

`pipeline_files.reader` reads what the editor saves every day within milliseconds. What it leaves alone (super
nodes, nodes of component catalogs in a submission, files of older editors, everything that Elyra's validation
may refuse) is read by Elyra's parser and, for a submission, validated by Elyra, without its console output.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from elyra_neurodesk.elyra_adapter.runtime_images import newest_neurodesktop, runtime_images
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.pipeline import Pipeline
from elyra_neurodesk.pipeline_files.accepted import require_accepted
from elyra_neurodesk.pipeline_files.definition import (
    NO_PARAMETERS,
    PipelineFileUnreadable,
    open_definition,
    primary_pipeline,
)
from elyra_neurodesk.pipeline_files.needs_elyra import NeedsElyra, require
from elyra_neurodesk.pipeline_files.reader import read_pipeline
from elyra_neurodesk.settings import RuntimeConfiguration

RUNTIMES = "ELYRA_PROCESSOR_RUNTIMES"
"""Elyra's environment variable with the runtimes that may be used (elyra/pipeline/registry.py)."""


class PipelineInvalid(NeurodeskError):
    """Elyra's validation found errors.

    Attributes:
        problems: one sentence for each; ``message`` has the first and their number.
    """

    code = "ND-PIPELINE-002"
    hint = "Open the pipeline in the editor: it marks the nodes and properties that need attention."

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")


def read_pipeline_file(path: Path, parameters: Mapping[str, str] = NO_PARAMETERS) -> Pipeline:
    """Return the pipeline of a file; neither a backend nor a runtime configuration is needed.

    Elyra's validation is left out, component catalogs are not read, and nodes may be without modifiers.

    Args:
        path: the ``.pipeline`` file; the nodes' files are relative to its directory.
        parameters: values of pipeline parameters, as typed.

    Raises:
        PipelineFileUnreadable: it cannot be read, or is not a pipeline file.
        NeurodeskError: its graph or a parameter is wrong (`definition.open_definition`), or see
            `operations.read_pipeline`.
    """
    definition = open_definition(path, parameters)
    try:
        return _read_without_elyra(definition, path)
    except NeedsElyra:
        return parsed_by_elyra(definition, path)


def read_for_submission(
    path: Path, settings: RuntimeConfiguration, parameters: Mapping[str, str] = NO_PARAMETERS
) -> Pipeline:
    """Return the pipeline of a file that is to be submitted or exported, as Elyra's validation accepts it.

    Args:
        path: the ``.pipeline`` file; the nodes' files are relative to its directory.
        settings: the runtime configuration.
        parameters: values of pipeline parameters, as typed.

    Raises:
        PipelineInvalid: Elyra's validation found errors.
        NeurodeskError: see `read_pipeline_file`, or the configuration is for another runtime.
    """
    definition = open_definition(path, parameters)
    settings.require_neurodesk()
    try:
        pipeline = _read_without_elyra(definition, path)
        require_accepted(pipeline, path.resolve().parent)
        return pipeline
    except NeedsElyra:
        return validated_by_elyra(definition, path, settings)


def _read_without_elyra(definition: Mapping[str, Any], path: Path) -> Pipeline:
    require(not os.environ.get(RUNTIMES), f"{RUNTIMES} is set")
    return read_pipeline(definition, path, newest_neurodesktop(runtime_images()))


def parsed_by_elyra(definition: dict[str, Any], path: Path) -> Pipeline:
    """Return a pipeline as Elyra's parser reads it; changes the definition."""
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    from elyra.pipeline.parser import PipelineParser

    from elyra_neurodesk.elyra_adapter import operations
    from elyra_neurodesk.elyra_adapter.validation_workaround import hide_from_validation

    root = _localise(definition, path, "neurodesk", "")
    _fill_in_images(definition)
    hidden = hide_from_validation(definition, root)
    with contextlib.redirect_stdout(io.StringIO()), _pipeline_file_only(path):
        _component_cache()
        pipeline = PipelineParser(root_dir=str(root)).parse(definition)
    hidden.restore(pipeline)
    return operations.read_pipeline(pipeline, root)


def validated_by_elyra(definition: dict[str, Any], path: Path, settings: RuntimeConfiguration) -> Pipeline:
    """Return a pipeline as Elyra validates and parses it; changes the definition."""
    # Elyra's validation, caches and processors log and print as they please
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    from elyra.pipeline.parser import PipelineParser
    from elyra.pipeline.processor import PipelineProcessorManager

    from elyra_neurodesk.elyra_adapter import operations
    from elyra_neurodesk.elyra_adapter.validation_workaround import hide_from_validation

    root = _localise(definition, path, settings.schema_name, settings.name)
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
        processor = manager.get_processor_for_runtime(settings.schema_name)
        components = operations.cached_component_definition(processor)
        return operations.read_pipeline(pipeline, root, processor, components)


def _fill_in_images(definition: dict[str, Any]) -> None:
    """Give nodes without a runtime image the default one: Elyra's parser raises without any."""
    image = newest_neurodesktop(runtime_images())
    properties = primary_pipeline(definition)["app_data"].get("properties")
    defaults = properties.get("pipeline_defaults") if isinstance(properties, dict) else None
    if not image or (isinstance(defaults, dict) and defaults.get("runtime_image")):
        return
    for part in definition["pipelines"]:
        for node in part.get("nodes", ()):
            parameters = node.get("app_data", {}).get("component_parameters")
            if isinstance(parameters, dict) and parameters.get("filename"):
                parameters["runtime_image"] = parameters.get("runtime_image") or image


def _component_cache() -> Any:
    """Return Elyra's cache of catalog components, which watches a directory that Jupyter makes."""
    from elyra.pipeline.component_catalog import ComponentCache
    from jupyter_core.paths import jupyter_runtime_dir

    Path(jupyter_runtime_dir()).mkdir(parents=True, exist_ok=True, mode=0o700)
    return ComponentCache.instance(emulate_server_app=True)


def _localise(definition: dict[str, Any], path: Path, runtime: str, runtime_config: str) -> Path:
    """Say in a definition where it is and where it will run; return the directory it belongs to."""
    primary_pipeline(definition)["app_data"] |= {
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
        raise PipelineInvalid([_describe(error) for error in errors])


def _describe(issue: dict[str, Any]) -> str:
    data = issue.get("data") or {}
    where = "".join(
        f"{title} '{data[key]}': "
        for title, key in (("node", "nodeName"), ("property", "propertyName"))
        if data.get(key)
    )
    value = f" (value: '{data['value']}')" if data.get("value") else ""
    return f"{where}{str(issue['message']).rstrip('.')}{value}."
