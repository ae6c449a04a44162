"""What commands do with a pipeline, whether a file of the editor or notebooks on the command line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from elyra_neurodesk.cli.options import note

if TYPE_CHECKING:
    from elyra_neurodesk.cli.preview import Preview
    from elyra_neurodesk.graph.pipeline import Pipeline
    from elyra_neurodesk.settings import RuntimeConfiguration, SidecarDelivery
    from elyra_neurodesk.submission import PreparedPipeline


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


@contextmanager
def _prepared(
    pipeline: Pipeline, root: Path, settings: RuntimeConfiguration, delivery: SidecarDelivery
) -> Iterator[PreparedPipeline]:
    """Yield a pipeline as tasks, with what an administrator sets for all of Elyra's processors."""
    from elyra_neurodesk.elyra_adapter.runtime_images import runtime_images
    from elyra_neurodesk.graph.context import DEFAULT_WRITABLE_DIRECTORY
    from elyra_neurodesk.submission import prepare, submission_context

    writable = os.environ.get("ELYRA_WRITABLE_CONTAINER_DIR", DEFAULT_WRITABLE_DIRECTORY)
    context = submission_context(
        pipeline,
        settings,
        delivery,
        runtime_images(),
        writable_directory=writable.strip().rstrip("/"),
        pipeline_info=os.environ.get("ELYRA_ENABLE_PIPELINE_INFO", "true").lower() == "true",
    )
    with prepare(pipeline, root, context) as prepared:
        yield prepared


def _offline_delivery(settings: RuntimeConfiguration) -> SidecarDelivery:
    """Return the sidecar's delivery where no backend is asked what it understands."""
    return "admission" if settings.sidecar == "auto" else settings.sidecar


def _note_warnings(prepared: PreparedPipeline) -> None:
    for warning in prepared.graph.warnings:
        note(f"Pipeline '{prepared.graph.name}': {warning}")
