"""What commands do with a pipeline, whether a file of the editor or notebooks on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from elyra_neurodesk.cli.options import note
from elyra_neurodesk.errors import NeurodeskError

if TYPE_CHECKING:
    from elyra_neurodesk.cli.preview import Preview
    from elyra_neurodesk.graph.context import SubmissionContext
    from elyra_neurodesk.graph.pipeline import Pipeline
    from elyra_neurodesk.settings import RuntimeConfiguration, SidecarDelivery
    from elyra_neurodesk.submission import PreparedPipeline


_NO_ARCHIVE = "0" * 64
"""Stands for a hash where no archive is made."""


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


def submit_pipeline(pipeline: Pipeline, root: Path, settings: RuntimeConfiguration) -> Submission:
    """Submit a pipeline whose files lie below ``root``; its warnings go to standard error.

    Raises:
        NeurodeskError: something about the pipeline or the configuration is wrong, or the API refuses.
    """
    from elyra_neurodesk.elyra_adapter.connection import connect_to
    from elyra_neurodesk.patches.sidecar import resolve_delivery
    from elyra_neurodesk.submission import object_storage, submit

    settings.validate()
    connection = connect_to(settings)
    delivery = resolve_delivery(settings, connection.health.tag_name)
    with _prepared(pipeline, root, settings, delivery) as prepared:
        _note_warnings(prepared)
        run = submit(prepared, pipeline, connection)
    run_url = settings.run_url(run.run_id)
    url, path = object_storage(prepared.graph, settings, run.run_id, run_url) or ("", "")
    return Submission(
        run_id=run.run_id,
        run_name=run.name,
        run_url=run_url,
        pipeline=pipeline.name,
        object_storage_url=url,
        object_storage_path=path,
    )


def preview_pipeline(pipeline: Pipeline, root: Path, settings: RuntimeConfiguration) -> Preview:
    """Return what `submit_pipeline` would submit; the API is not asked, and nothing uploaded.

    Raises:
        NeurodeskError: as `submit_pipeline`, but for what only the API and the store would say.
    """
    from elyra_neurodesk.cli.preview import Preview

    settings.validate()
    with _prepared(pipeline, root, settings, _offline_delivery(settings)) as prepared:
        return Preview(pipeline, prepared.graph, root, settings)


def export_pipeline(
    pipeline: Pipeline, root: Path, settings: RuntimeConfiguration, format: str, output: Path
) -> None:
    """Write a pipeline as KFP package (``yaml``) or Python DSL (``py``), and upload what its tasks need.

    Raises:
        NeurodeskError: as `submit_pipeline`.
    """
    from elyra_neurodesk.port_forward.on_demand import ensure_forwarded
    from elyra_neurodesk.submission import export

    settings.validate()
    ensure_forwarded(settings, note)
    with _prepared(pipeline, root, settings, _offline_delivery(settings)) as prepared:
        _note_warnings(prepared)
        export(prepared, format, output)


def refusal(
    path: Path | None, pipeline: Pipeline, settings: RuntimeConfiguration, parameters: Mapping[str, str]
) -> NeurodeskError | None:
    """Return what submitting would refuse about a pipeline itself, None where it would take it.

    Nothing is uploaded, and neither the API nor the object store is asked. Without a runtime configuration
    Elyra's own validation is left out, whose rules depend on the platform, and so are component catalogs.

    Args:
        path: its file, None for notebooks of the command line.
        pipeline: what was read of it.
        settings: the runtime configuration; its name is "" where there is none.
        parameters: values of pipeline parameters, as typed.
    """
    from elyra_neurodesk.compile.argo_size import check_workflow_size
    from elyra_neurodesk.compile.ir import compile_graph
    from elyra_neurodesk.elyra_adapter.pipeline_file import read_for_submission
    from elyra_neurodesk.submission import task_graph

    try:
        if path is not None and settings.name:
            pipeline = read_for_submission(path, settings, parameters)
        elif len(pipeline.notebook_nodes) < len(pipeline.nodes):
            return None
        context = _context(pipeline, settings, _offline_delivery(settings))
        archives = {node.id: _NO_ARCHIVE for node in pipeline.notebook_nodes}
        graph = task_graph(pipeline, context, archives)
        if not settings.stores_in_directory:
            check_workflow_size(graph.name, compile_graph(graph))
    except NeurodeskError as problem:
        return problem
    return None


@contextmanager
def _prepared(
    pipeline: Pipeline, root: Path, settings: RuntimeConfiguration, delivery: SidecarDelivery
) -> Iterator[PreparedPipeline]:
    """Yield a pipeline as tasks."""
    from elyra_neurodesk.submission import prepare

    with prepare(pipeline, root, _context(pipeline, settings, delivery)) as prepared:
        yield prepared


def _context(
    pipeline: Pipeline, settings: RuntimeConfiguration, delivery: SidecarDelivery
) -> SubmissionContext:
    """Return what tasks share, with what an administrator sets for all of Elyra's processors."""
    from elyra_neurodesk.elyra_adapter.runtime_images import runtime_images
    from elyra_neurodesk.graph.context import DEFAULT_WRITABLE_DIRECTORY
    from elyra_neurodesk.submission import submission_context

    writable = os.environ.get("ELYRA_WRITABLE_CONTAINER_DIR", DEFAULT_WRITABLE_DIRECTORY)
    return submission_context(
        pipeline,
        settings,
        delivery,
        runtime_images(),
        writable_directory=writable.strip().rstrip("/"),
        pipeline_info=os.environ.get("ELYRA_ENABLE_PIPELINE_INFO", "true").lower() == "true",
    )


def _offline_delivery(settings: RuntimeConfiguration) -> SidecarDelivery:
    """Return the sidecar's delivery where no backend is asked what it understands."""
    return "admission" if settings.sidecar == "auto" else settings.sidecar


def _note_warnings(prepared: PreparedPipeline) -> None:
    for warning in prepared.graph.warnings:
        note(f"Pipeline '{prepared.graph.name}': {warning}")
