"""The one class that meets Elyra."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import entrypoints
from elyra.pipeline.pipeline import Pipeline
from elyra.pipeline.processor import RuntimePipelineProcessorResponse
from elyra.pipeline.runtime_type import RuntimeProcessorType
from traitlets import Enum

from elyra_neurodesk.elyra_adapter import component_parser
from elyra_neurodesk.elyra_adapter.node_properties import PROPERTIES
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.patches.sidecar import ResolvedDelivery, resolve_delivery
from elyra_neurodesk.settings import RuntimeSettings

if TYPE_CHECKING:
    from elyra.pipeline.kfp.kfp_processor import KfpPipelineProcessor

    from elyra_neurodesk.elyra_adapter.runtime_configurations import RuntimeConfig
else:
    # its module differs between Elyra's distributions; the entry point does not
    KfpPipelineProcessor = entrypoints.get_single("elyra.pipeline.processors", "kfp").load()

component_parser.register()


class ExportTargetExists(NeurodeskError):
    """The export would overwrite a file."""

    code = "ND-EXPORT-001"
    hint = "Choose another name, or allow overwriting (--overwrite)."


class PipelineDsl(str):
    """Python DSL that also carries the package it compiles to, so that nobody has to run it.

    Attributes:
        package: KFP package, YAML text.
    """

    __slots__ = ("package",)
    package: str

    def __new__(cls, text: str, package: str) -> PipelineDsl:
        """Make one of the two texts."""
        dsl = super().__new__(cls, text)
        dsl.package = package
        return dsl


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

    @property
    def supported_properties(self) -> set[str]:
        """The ids of the node properties that the editor shows: Elyra's, and ours."""
        return {*super().supported_properties, *PROPERTIES}

    def process(self, pipeline: Pipeline) -> Any:
        """Submit the pipeline and return Elyra's response with the run's id and address.

        Raises:
            NeurodeskError: one line that says what is wrong and what to do.
        """
        from elyra_neurodesk.compile.package import package_text
        from elyra_neurodesk.elyra_adapter.prepare import prepared
        from elyra_neurodesk.kfp_api.connection import connect_to
        from elyra_neurodesk.kfp_api.publish import publish
        from elyra_neurodesk.patches.labels import add_version

        started = time.monotonic()
        config, settings = _configuration(pipeline)
        connection = connect_to(config)
        delivery = resolve_delivery(settings.sidecar, connection.health.tag_name)
        with prepared(pipeline, config, settings, delivery, self) as ready:
            graph = self._noticed(add_version(ready.graph))
            package = package_text(graph)
            self._progress(pipeline, f"compiled {len(graph.tasks)} tasks", started)
            sent = ready.upload()
            self._progress(pipeline, f"uploaded {sent} of {len(ready.uploads)} objects", started)
        description = pipeline.description or f"Made with Elyra from {pipeline.source or 'a notebook'}."
        parameters = {known.name: known.value for known in graph.parameters if known.value is not None}
        run = publish(connection, package, pipeline.name, description, pipeline.name.lower(), parameters)
        url = config.run_url(run.run_id)
        self._progress(pipeline, f"pipeline submitted: {url}", started)
        generic = [task.spec for task in graph.tasks if task.spec]
        return NeurodeskPipelineProcessorResponse(
            run_id=run.run_id,
            run_name=run.name,
            warnings=graph.notices,
            run_url=url,
            object_storage_url=settings.public_object_store_endpoint if generic else None,
            object_storage_path=f"/{settings.bucket}/{generic[0].run_key(run.run_id)}" if generic else None,
        )

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
        from elyra_neurodesk.compile.dsl import write_dsl
        from elyra_neurodesk.compile.package import package_text

        self._verify_export_format(pipeline_export_format)
        started = time.monotonic()
        path = Path(self.root_dir, pipeline_export_path).expanduser()
        if path.exists() and not overwrite:
            raise ExportTargetExists(f"File '{path}' exists already.")
        write = write_dsl if pipeline_export_format == "py" else package_text
        path.write_text(write(self._uploaded_graph(pipeline)), "utf-8")
        self._progress(pipeline, f"pipeline exported to '{pipeline_export_path}'", started)
        return pipeline_export_path

    def _generate_pipeline_dsl(
        self,
        pipeline: Pipeline,
        pipeline_name: str,
        workflow_engine: Any,
        pipeline_version: str = "",
        experiment_name: str = "",
        *args: Any,
        **kwargs: Any,
    ) -> PipelineDsl:
        """Return the DSL of a pipeline, having uploaded what its tasks need."""
        from elyra_neurodesk.compile.dsl import write_dsl
        from elyra_neurodesk.compile.package import package_text

        graph = self._uploaded_graph(pipeline, pipeline_version, experiment_name)
        return PipelineDsl(write_dsl(graph), package_text(graph))

    def _compile_pipeline_dsl(
        self, dsl: str, workflow_engine: Any, output_file: str, pipeline_conf: Any
    ) -> None:
        """Write the package that belongs to our own DSL; anybody else's is Elyra's business."""
        if isinstance(dsl, PipelineDsl):
            Path(output_file).write_text(dsl.package, "utf-8")
        else:
            super()._compile_pipeline_dsl(dsl, workflow_engine, output_file, pipeline_conf)

    def _uploaded_graph(self, pipeline: Pipeline, version: str = "", experiment: str = "") -> TaskGraph:
        """Return the graph of a pipeline that is to be exported."""
        from elyra_neurodesk.elyra_adapter.prepare import prepared
        from elyra_neurodesk.patches.labels import add_version

        config, settings = _configuration(pipeline)
        delivery: ResolvedDelivery = (
            cast(ResolvedDelivery, self.export_sidecar)
            if settings.sidecar == "auto"
            else resolve_delivery(settings.sidecar)
        )
        with prepared(pipeline, config, settings, delivery, self) as ready:
            ready.upload()
            return self._noticed(add_version(ready.graph, version, experiment))

    def _noticed(self, graph: TaskGraph) -> TaskGraph:
        """Tell what the pipeline asks for and KFP cannot do; command lines have no log that anybody sees."""
        for notice in graph.notices:
            line = f"Pipeline '{graph.name}': {notice}"
            if _is_seen(self.log):
                self.log.warning(line)
            else:
                print(line, file=sys.stderr)
        return graph

    def _progress(self, pipeline: Pipeline, what: str, since: float) -> None:
        self.log_pipeline_info(pipeline.name, what, duration=time.monotonic() - since)


def _configuration(pipeline: Pipeline) -> tuple[RuntimeConfig, RuntimeSettings]:
    from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_config

    config = runtime_config(pipeline.runtime_config)
    return config, RuntimeSettings.from_metadata(config.name, config.display_name, config.metadata)


def _is_seen(log: logging.Logger) -> bool:
    """Return whether a warning to this logger ends up anywhere."""
    ancestors = [log]
    while ancestors[-1].propagate and ancestors[-1].parent:
        ancestors.append(ancestors[-1].parent)
    handlers = [handler for logger in ancestors for handler in logger.handlers]
    return log.isEnabledFor(logging.WARNING) and not all(
        isinstance(handler, logging.NullHandler) for handler in handlers
    )
