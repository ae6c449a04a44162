"""The Elyra runtime processor: submits and exports pipelines."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import entrypoints
from elyra.pipeline.pipeline import Pipeline
from elyra.pipeline.processor import RuntimePipelineProcessorResponse
from elyra.pipeline.runtime_type import RuntimeProcessorType
from traitlets import Enum, Unicode

from elyra_neurodesk.elyra_adapter import component_parser, editor, node_properties
from elyra_neurodesk.elyra_adapter.runtime_images import newest_neurodesktop, runtime_images
from elyra_neurodesk.graph.context import DEFAULT_WRITABLE_DIRECTORY
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.jupyter_extension.location import run_page
from elyra_neurodesk.patches.sidecar import resolve_delivery
from elyra_neurodesk.settings import RuntimeConfiguration, SidecarDelivery

if TYPE_CHECKING:
    from elyra.pipeline.kfp.kfp_processor import KfpPipelineProcessor

    from elyra_neurodesk.graph.pipeline import Pipeline as DrawnPipeline
    from elyra_neurodesk.kfp_api.publish import PublishedRun
    from elyra_neurodesk.submission import PreparedPipeline
else:
    # its module differs between Elyra's distributions; the entry point does not
    KfpPipelineProcessor = entrypoints.get_single("elyra.pipeline.processors", "kfp").load()


class NeurodeskPipelineProcessorResponse(RuntimePipelineProcessorResponse):  # type: ignore[misc]
    """Elyra's response, with the run's id and name.

    Attributes:
        run_id: KFP's id of the run.
        run_name: the run's name in KFP.
        warnings: one line for each thing that the pipeline asks for and KFP cannot do.
    """

    _type = RuntimeProcessorType.KUBEFLOW_PIPELINES
    _name = "neurodesk"

    def __init__(self, run_id: str, run_name: str, warnings: tuple[str, ...] = (), **elyra: Any) -> None:
        super().__init__(**elyra)
        self.run_id = run_id
        self.run_name = run_name
        self.warnings = warnings

    def to_json(self) -> dict[str, Any]:
        """Return what Elyra's front end and ``elyra-pipeline submit --json`` get."""
        ours: dict[str, Any] = {"run_id": self.run_id, "run_name": self.run_name}
        if self.warnings:
            ours["warnings"] = list(self.warnings)
        return {**super().to_json(), **ours}


class NeurodeskPipelineProcessor(KfpPipelineProcessor):  # type: ignore[misc]
    """Runs Elyra pipelines on Kubeflow Pipelines, or on this machine, with Neurodesk's tools in reach."""

    _type = RuntimeProcessorType.KUBEFLOW_PIPELINES
    _name = "neurodesk"

    export_sidecar = Enum(
        ("platform-spec", "admission", "off"),
        default_value="admission",
        help="Sidecar delivery of exported pipelines whose runtime configuration says 'auto': "
        "an export does not ask a backend what it understands.",
    ).tag(config=True)

    default_runtime_image = Unicode(
        help="Image of notebooks and scripts that name none, such as vnmd/neurodesktop:2026-09-23. "
        "Empty: the newest dated Neurodesktop image among Elyra's runtime images.",
    ).tag(config=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Elyra's maps of parsers and properties are per process: they change where Elyra makes this
        # processor, not where something imports it
        component_parser.register()
        node_properties.register()
        editor.register(self.image_of_nodes_without_one)

    def image_of_nodes_without_one(self) -> str:
        """Return the image that nodes without a runtime image run in, "" where there is none."""
        return self.default_runtime_image or newest_neurodesktop(runtime_images())

    @property
    def supported_properties(self) -> set[str]:
        """The ids of the node properties that the editor shows: Elyra's, and ours."""
        return {*super().supported_properties, *node_properties.PROPERTIES}

    def process(self, pipeline: Pipeline) -> NeurodeskPipelineProcessorResponse:
        """Submit the pipeline and return Elyra's response with the run's id and address.

        Raises:
            NeurodeskError: one line that says what is wrong and what to do.
        """
        from elyra_neurodesk.elyra_adapter.connection import connect_to
        from elyra_neurodesk.elyra_adapter.this_machine import with_backend_up
        from elyra_neurodesk.submission import submit

        timer = _Timer(self, pipeline)
        settings = with_backend_up(_configuration(pipeline), True, self.log.warning)
        connection = connect_to(settings, self.log.warning)
        delivery = resolve_delivery(settings, connection.health.tag_name)
        with self._prepare(pipeline, settings, delivery) as (drawn, prepared):
            run = submit(prepared, drawn, connection, timer.log)
        timer.log(f"pipeline submitted: {settings.run_url(run.run_id)}")
        return _response(prepared.graph, run, settings)

    def export(
        self, pipeline: Pipeline, pipeline_export_format: str, pipeline_export_path: str, overwrite: bool
    ) -> str:
        """Write the pipeline as a KFP package (``yaml``) or as Python DSL (``py``).

        Archives are uploaded, so that the export can be run as it is.

        Returns:
            The path as it was given.

        Raises:
            ExportTargetExists: the file exists and may not be overwritten.
            NeurodeskError: something about the pipeline or the configuration is wrong.
        """
        from elyra_neurodesk.port_forward.on_demand import ensure_forwarded
        from elyra_neurodesk.submission import check_export_target, export

        self._verify_export_format(pipeline_export_format)
        timer = _Timer(self, pipeline)
        path = Path(self.root_dir, pipeline_export_path).expanduser()
        check_export_target(path, overwrite)
        settings = _configuration(pipeline)
        ensure_forwarded(settings, self.log.warning)
        with self._prepare(pipeline, settings, self._export_delivery(settings)) as (_, prepared):
            export(prepared, pipeline_export_format, path)
        timer.log(f"pipeline exported to '{pipeline_export_path}'")
        return pipeline_export_path

    def _export_delivery(self, settings: RuntimeConfiguration) -> SidecarDelivery:
        chosen = self.export_sidecar if settings.sidecar == "auto" else settings.sidecar
        return cast(SidecarDelivery, chosen)

    @contextmanager
    def _prepare(
        self, pipeline: Pipeline, settings: RuntimeConfiguration, delivery: SidecarDelivery
    ) -> Iterator[tuple[DrawnPipeline, PreparedPipeline]]:
        """Read Elyra's pipeline object and turn it into a task graph, see `submission.prepare`."""
        from elyra_neurodesk.elyra_adapter.operations import (
            cached_component_definition,
            read_pipeline,
        )
        from elyra_neurodesk.submission import prepare, submission_context

        root = Path(self.root_dir).resolve()
        drawn = read_pipeline(pipeline, root, self, cached_component_definition(self))
        context = submission_context(
            drawn,
            settings,
            delivery,
            runtime_images=runtime_images(),
            default_image=self.default_runtime_image,
            writable_directory=str(getattr(self, "WCD", DEFAULT_WRITABLE_DIRECTORY)),
            pipeline_info=getattr(self, "enable_pipeline_info", True),
        )
        with prepare(drawn, root, context) as prepared:
            self._warn(prepared.graph)
            yield drawn, prepared

    def _warn(self, graph: TaskGraph) -> None:
        """Log what the user should know; on the command line, where Elyra has no log, print it to stderr."""
        for warning in graph.warnings:
            line = f"Pipeline '{graph.name}': {warning}"
            if _has_handler(self.log):
                self.log.warning(line)
            else:
                print(line, file=sys.stderr)


@dataclass
class _Timer:
    """Logs each step with the seconds since the start, as Elyra's processors do."""

    processor: NeurodeskPipelineProcessor
    pipeline: Pipeline
    started: float = field(default_factory=time.monotonic)

    def log(self, step: str) -> None:
        self.processor.log_pipeline_info(self.pipeline.name, step, duration=time.monotonic() - self.started)


def _configuration(pipeline: Pipeline) -> RuntimeConfiguration:
    from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_configuration

    settings = runtime_configuration(pipeline.runtime_config)
    settings.validate()
    return settings


def _response(
    graph: TaskGraph, run: PublishedRun, settings: RuntimeConfiguration
) -> NeurodeskPipelineProcessorResponse:
    from elyra_neurodesk.submission import object_storage

    # in a Jupyter server that serves the pages of the embedded backend, they are there
    run_url = run_page(settings, run.run_id) or settings.run_url(run.run_id)
    url, path = object_storage(graph, settings, run.run_id, run_url) or (None, None)
    return NeurodeskPipelineProcessorResponse(
        run_id=run.run_id,
        run_name=run.name,
        warnings=graph.warnings,
        run_url=run_url,
        object_storage_url=url,
        object_storage_path=path,
    )


def _has_handler(log: logging.Logger) -> bool:
    """Return whether a warning to this logger is written anywhere."""
    ancestors = [log]
    while ancestors[-1].propagate and ancestors[-1].parent:
        ancestors.append(ancestors[-1].parent)
    handlers = [handler for logger in ancestors for handler in logger.handlers]
    return log.isEnabledFor(logging.WARNING) and not all(
        isinstance(handler, logging.NullHandler) for handler in handlers
    )
