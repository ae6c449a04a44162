"""What submitting and exporting have in common: graph, archives, uploads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from elyra.metadata.manager import MetadataManager
from elyra.pipeline import pipeline_constants
from elyra.pipeline.component_catalog import ComponentCache
from elyra.pipeline.pipeline import Pipeline

from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.bootstrapper.zipapp import build_zipapp, zipapp_sha256
from elyra_neurodesk.check.submission import check_before
from elyra_neurodesk.elyra_adapter.runtime_configurations import RuntimeConfig
from elyra_neurodesk.graph.archives import ArchiveBuilder
from elyra_neurodesk.graph.build import GraphBuilder
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.graph.notebook_task import Target
from elyra_neurodesk.names import directory_name
from elyra_neurodesk.patches.escape_env import shield
from elyra_neurodesk.patches.share_executors import compact
from elyra_neurodesk.patches.sidecar import ResolvedDelivery
from elyra_neurodesk.settings import RuntimeSettings
from elyra_neurodesk.storage.progress import listener
from elyra_neurodesk.storage.uploads import ObjectStore, Upload, object_url
from elyra_neurodesk.validate.fields import check_graph
from elyra_neurodesk.validate.pipelines import check_pipeline


@dataclass(frozen=True)
class Prepared:
    """A pipeline that is ready to be compiled.

    Attributes:
        graph: its patched tasks.
        config: the runtime configuration.
        uploads: what the store must have before a task starts; valid inside `prepared` only.
    """

    graph: TaskGraph
    config: RuntimeConfig
    uploads: tuple[Upload, ...]

    def upload(self) -> int:
        """Put what the store lacks, telling `progress.listener`, and return the number of objects sent.

        Raises:
            StoreError: the store does not answer, or refuses.
        """
        if not self.uploads:
            return 0
        store = ObjectStore(self.config)
        store.ensure_bucket()
        return store.put_missing(self.uploads, listener())


@contextmanager
def prepared(
    pipeline: Pipeline,
    config: RuntimeConfig,
    settings: RuntimeSettings,
    delivery: ResolvedDelivery,
    processor: Any,
) -> Iterator[Prepared]:
    """Turn a pipeline into a graph; its archives exist until the block ends.

    Args:
        pipeline: Elyra's pipeline object.
        config: the runtime configuration.
        settings: the same, read.
        delivery: how the sidecar is delivered.
        processor: the runtime processor, for Elyra's property protocol and its root directory.

    Raises:
        NeurodeskError: something about the pipeline or the configuration is wrong.
    """
    root = Path(processor.root_dir).resolve()
    check_pipeline(pipeline, root)
    warnings = check_before(pipeline, root, settings)
    if pipeline.contains_generic_operations():
        settings.check_credentials()
    prefix = (pipeline.pipeline_properties.get(pipeline_constants.COS_OBJECT_PREFIX) or "").strip("/ ")
    place = Store(endpoint=settings.object_store_endpoint, bucket=settings.bucket, prefix=prefix)
    digest = zipapp_sha256()
    target = Target(
        pipeline=pipeline.name,
        directory=directory_name(pipeline.name),
        store=place,
        bootstrapper=digest,
        bootstrapper_url=object_url(place.endpoint, place.bucket, place.bootstrapper_key(digest)),
    )
    with ArchiveBuilder() as archives:
        builder = GraphBuilder(
            settings=settings,
            delivery=delivery,
            target=target,
            archives=archives,
            root=root,
            runtime_images=_runtime_images(),
            component_definition=lambda classifier: _definition(processor, classifier),
            processor=processor,
        )
        graph = shield(compact(builder.build(pipeline)))
        check_graph(graph)
        graph = replace(graph, notices=(*graph.notices, *warnings))
        uploads = [
            Upload(place.archive_key(archive.sha256), archive.path) for archive in archives.archives.values()
        ]
        if uploads:
            uploads.append(Upload(place.bootstrapper_key(digest), build_zipapp()))
        yield Prepared(graph, config, tuple(uploads))


def _runtime_images() -> list[Mapping[str, Any]]:
    return [instance.metadata for instance in MetadataManager(schemaspace="runtime-images").get_all()]


def _definition(processor: Any, classifier: str) -> str | None:
    component = ComponentCache.instance().get_component(processor.type, classifier)
    return component.definition if component else None
