"""From a pipeline to its task graph, and to what the object store must have before the tasks start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.zipapp import build_zipapp, zipapp_sha256
from elyra_neurodesk.check.before_submit import check_before_submit
from elyra_neurodesk.graph.archives import ArchiveBuilder
from elyra_neurodesk.graph.build import build_graph
from elyra_neurodesk.graph.context import DEFAULT_WRITABLE_DIRECTORY, SubmissionContext
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.graph.pipeline import Pipeline
from elyra_neurodesk.patches import patch_graph
from elyra_neurodesk.patches.crio_workspace import is_crio
from elyra_neurodesk.settings import RuntimeConfiguration, SidecarDelivery
from elyra_neurodesk.storage.client import open_storage
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.progress import listener
from elyra_neurodesk.storage.uploads import Upload, upload_missing
from elyra_neurodesk.validate.graph import check_graph


def submission_context(
    pipeline: Pipeline,
    settings: RuntimeConfiguration,
    delivery: SidecarDelivery,
    runtime_images: tuple[Mapping[str, Any], ...] = (),
    writable_directory: str = DEFAULT_WRITABLE_DIRECTORY,
    pipeline_info: bool = True,
) -> SubmissionContext:
    """Return what the tasks of a pipeline share, see `SubmissionContext`."""
    store = StorageLocation(
        endpoint=settings.object_store_endpoint, bucket=settings.bucket, prefix=pipeline.object_prefix
    )
    digest = zipapp_sha256()
    return SubmissionContext(
        pipeline=pipeline.name,
        source=pipeline.source,
        nodes=len(pipeline.nodes),
        settings=settings,
        delivery=delivery,
        store=store,
        bootstrapper=digest,
        bootstrapper_url=store.url(store.bootstrapper_key(digest)),
        runtime_images=runtime_images,
        crio=is_crio(),
        writable_directory=writable_directory,
        pipeline_info=pipeline_info,
    )


def task_graph(pipeline: Pipeline, context: SubmissionContext, archives: Mapping[str, str]) -> TaskGraph:
    """Return the patched and validated task graph of a pipeline. A pure function.

    Args:
        pipeline: what `elyra_adapter.operations.read_pipeline` returned.
        context: what the submission's tasks share.
        archives: id of each notebook or script node to the SHA-256 of its archive.

    Raises:
        NeurodeskError: a value would not reach its task as it was typed, or a node asks for the impossible.
    """
    graph = patch_graph(build_graph(pipeline, context, archives), context)
    check_graph(graph)
    return graph


def archive_hashes(pipeline: Pipeline, root: Path, archives: ArchiveBuilder) -> dict[str, str]:
    """Make the archives of all notebook and script nodes; return node id to SHA-256 (64 hex digits).

    Raises:
        DependencyMissing, DependencyOutsideTree, LinkBroken, LinkLoop: see `ArchiveBuilder.add`.
    """
    return {
        node.id: archives.add(
            root / node.file, node.dependencies, node.include_subdirectories, node.label
        ).sha256
        for node in pipeline.notebook_nodes
    }


@dataclass(frozen=True)
class PreparedPipeline:
    """A pipeline that is ready to be compiled.

    Attributes:
        graph: its patched tasks.
        uploads: what the object store must have before a task starts; valid inside `prepare` only.
        settings: the runtime configuration.
    """

    graph: TaskGraph
    uploads: tuple[Upload, ...]
    settings: RuntimeConfiguration

    def upload(self) -> int:
        """Upload what the store lacks, reporting to `progress.listener`; return the number of objects sent.

        Raises:
            StorageError: the store does not answer, or refuses.
        """
        if not self.uploads:
            return 0
        storage = open_storage(self.settings)
        storage.ensure_bucket()
        return upload_missing(storage, self.uploads, listener())


@contextmanager
def prepare(pipeline: Pipeline, root: Path, context: SubmissionContext) -> Iterator[PreparedPipeline]:
    """Check a pipeline and turn it into a task graph; its archives exist until the block ends.

    Args:
        pipeline: what `elyra_adapter.operations.read_pipeline` returned.
        root: directory that the nodes' files are relative to.
        context: what the submission's tasks share.

    Raises:
        NeurodeskError: something about the pipeline or the configuration is wrong.
    """
    warnings = check_before_submit(pipeline, root, context.settings)
    if pipeline.notebook_nodes:
        context.settings.check_credentials()
    with ArchiveBuilder() as archives:
        graph = task_graph(pipeline, context, archive_hashes(pipeline, root, archives))
        graph = replace(graph, warnings=(*graph.warnings, *warnings))
        store = context.store
        uploads = [
            Upload(store.archive_key(archive.sha256), archive.path) for archive in archives.archives.values()
        ]
        if uploads:
            uploads.append(Upload(store.bootstrapper_key(context.bootstrapper), build_zipapp()))
        yield PreparedPipeline(graph, tuple(uploads), context.settings)
