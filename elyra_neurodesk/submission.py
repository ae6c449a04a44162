"""From a pipeline to its task graph, and to what the object store must have before the tasks start."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.bootstrapper.zipapp import build_zipapp, zipapp_sha256
from elyra_neurodesk.check.before_submit import check_before_submit
from elyra_neurodesk.elyra_adapter.runtime_images import newest_neurodesktop
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.archives import ArchiveBuilder
from elyra_neurodesk.graph.build import build_graph
from elyra_neurodesk.graph.context import DEFAULT_WRITABLE_DIRECTORY, SubmissionContext
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.graph.pipeline import Pipeline
from elyra_neurodesk.modules.repository import absence
from elyra_neurodesk.patches import patch_graph, specs_document
from elyra_neurodesk.patches.crio_workspace import is_crio
from elyra_neurodesk.settings import RuntimeConfiguration, SidecarDelivery
from elyra_neurodesk.storage.location import StorageLocation, directory_of
from elyra_neurodesk.storage.progress import listener
from elyra_neurodesk.storage.uploads import Upload, upload_missing
from elyra_neurodesk.validate.graph import check_graph

if TYPE_CHECKING:
    from elyra_neurodesk.kfp_api.connection import Connection
    from elyra_neurodesk.kfp_api.publish import PublishedRun


class ExportTargetExists(NeurodeskError):
    """The export would overwrite a file."""

    code = "ND-EXPORT-001"
    hint = "Choose another name, or allow overwriting (--overwrite)."


def submission_context(
    pipeline: Pipeline,
    settings: RuntimeConfiguration,
    delivery: SidecarDelivery,
    runtime_images: tuple[Mapping[str, Any], ...] = (),
    default_image: str = "",
    writable_directory: str = DEFAULT_WRITABLE_DIRECTORY,
    pipeline_info: bool = True,
) -> SubmissionContext:
    """Return what the tasks of a pipeline share, see `SubmissionContext`.

    Without a ``default_image`` it is the newest Neurodesktop image among the runtime images.
    """
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
        default_image=default_image or newest_neurodesktop(runtime_images),
        crio=is_crio(),
        writable_directory=writable_directory,
        pipeline_info=pipeline_info,
        absent_repository=absence(settings.repository) if settings.repository else "",
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
        from elyra_neurodesk.storage.client import open_storage

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
    warnings = check_before_submit(pipeline, root, context.settings, context.absent_repository)
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
            specs = specs_document(graph)
            uploads.append(Upload(store.specs_key(hashlib.sha256(specs).hexdigest()), specs))
        yield PreparedPipeline(graph, tuple(uploads), context.settings)


def submit(
    prepared: PreparedPipeline,
    pipeline: Pipeline,
    connection: Connection,
    log: Callable[[str], None] = lambda step: None,
) -> PublishedRun:
    """Compile a prepared pipeline, upload what its tasks need, and start a run of it.

    Args:
        prepared: what `prepare` yielded, inside of its block.
        pipeline: the pipeline it was made of.
        connection: KFP's API.
        log: is told each step that is done.

    Raises:
        NeurodeskError: the store or KFP cannot be reached, or refuses.
    """
    from elyra_neurodesk.compile.argo_size import check_workflow_size
    from elyra_neurodesk.compile.ir import compile_graph
    from elyra_neurodesk.compile.package import package_text
    from elyra_neurodesk.kfp_api.publish import publish

    graph = prepared.graph
    documents = compile_graph(graph)
    if not prepared.settings.stores_in_directory:  # the embedded backend has no Argo
        check_workflow_size(graph.name, documents)
    package = package_text(graph.name, documents)
    log(f"compiled {len(graph.tasks)} tasks")
    sent = prepared.upload()
    log(f"uploaded {sent} of {len(prepared.uploads)} objects")
    description = pipeline.description or f"Made with Elyra from {pipeline.source or 'a notebook'}."
    name = pipeline.name
    return publish(connection, package, name, description, name.lower(), graph.values())


def check_export_target(path: Path, overwrite: bool) -> None:
    """Refuse to write an export over a file that is not to be replaced.

    Raises:
        ExportTargetExists: it is there.
    """
    if path.exists() and not overwrite:
        raise ExportTargetExists(f"File '{path}' exists already.")


def export(prepared: PreparedPipeline, form: str, path: Path) -> None:
    """Write a prepared pipeline as a KFP package (``yaml``) or as Python DSL (``py``).

    What its tasks need is uploaded, so that the export can be run as it is.

    Raises:
        NeurodeskError: it cannot be compiled, or the store cannot be reached.
    """
    from elyra_neurodesk.compile.dsl import write_dsl
    from elyra_neurodesk.compile.ir import compile_graph
    from elyra_neurodesk.compile.package import package_text

    graph = prepared.graph
    text = write_dsl(graph) if form == "py" else package_text(graph.name, compile_graph(graph))
    prepared.upload()
    path.write_text(text, "utf-8")


def object_storage(
    graph: TaskGraph, settings: RuntimeConfiguration, run_id: str, run_url: str
) -> tuple[str, str] | None:
    """Return where people find a run's outputs: an address, and bucket and key or this machine's directory.

    None for a graph without notebooks and scripts.
    """
    spec = next((task.spec for task in graph.tasks if task.spec), None)
    if spec is None:
        return None
    # a browser opens no directory; the run's page lists the files in it
    url = run_url if settings.stores_in_directory else settings.public_object_store_endpoint
    directory = directory_of(spec.store.endpoint) or ""
    return url, f"{directory}/{spec.store.bucket}/{spec.run_key(run_id)}"
