"""What all tasks of one submission or export share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.names import directory_name
from elyra_neurodesk.settings import RuntimeConfiguration, SidecarDelivery
from elyra_neurodesk.storage.location import StorageLocation

DEFAULT_WRITABLE_DIRECTORY = "/tmp"  # noqa: S108  Elyra's default (kfp_processor.py, WCD)


@dataclass(frozen=True)
class SubmissionContext:
    """The pipeline and its surroundings, as `build_graph` and the patches need them.

    Attributes:
        pipeline: the pipeline's name as typed.
        source: the pipeline's file name, "" where it is not known.
        nodes: number of the pipeline's nodes.
        settings: the runtime configuration.
        delivery: how tasks get the CVMFS sidecar; never ``auto``, see `patches.sidecar.resolve_delivery`.
        store: the object store, as tasks reach it.
        bootstrapper: SHA-256 of the bootstrapper's zipapp.
        bootstrapper_url: where tasks fetch it if their image lacks the package.
        runtime_images: ``metadata`` objects of Elyra's runtime images.
        default_image: image of the notebooks and scripts that name none, "" for none.
        crio: whether the cluster's container runtime is CRI-O.
        writable_directory: where tasks work if they may not write to the image's working directory.
        pipeline_info: whether tasks log what they do (Elyra's ``enable_pipeline_info``).
        absent_repository: why there is no Neurodesk repository for tasks of this machine, "" where there is
            one, and for a cluster.
    """

    pipeline: str
    source: str
    nodes: int
    settings: RuntimeConfiguration
    delivery: SidecarDelivery
    store: StorageLocation
    bootstrapper: str
    bootstrapper_url: str
    runtime_images: tuple[Mapping[str, Any], ...] = ()
    default_image: str = ""
    crio: bool = False
    writable_directory: str = DEFAULT_WRITABLE_DIRECTORY
    pipeline_info: bool = True
    absent_repository: str = ""

    @property
    def directory(self) -> str:
        """The pipeline's directory in the object store, below the store's prefix."""
        return directory_name(self.pipeline)
