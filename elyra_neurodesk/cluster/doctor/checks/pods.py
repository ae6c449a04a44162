"""Images, and tasks that wait now."""

from __future__ import annotations

from collections.abc import Iterator

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault
from elyra_neurodesk.cluster.pods import IMAGE, IMAGE_NAME

CATEGORY = "Images and pods"
_IMAGES = (IMAGE.code, IMAGE_NAME.code)


def _images(evidence: ClusterEvidence) -> Iterator[Fault]:
    for pod in evidence.waiting or ():
        if pod.code in _IMAGES:
            yield Fault(f"Pod {evidence.namespace}/{pod.name}", f"{pod.code}: {pod.message}", pod.hint)


def _waiting(evidence: ClusterEvidence) -> Iterator[Fault]:
    for pod in evidence.waiting or ():
        if pod.code not in _IMAGES:
            yield Fault(f"Pod {evidence.namespace}/{pod.name}", f"{pod.code}: {pod.message}", pod.hint)


CHECKS = (
    Check(
        "images", CATEGORY, "fatal", "no task waits for an image that cannot be pulled", _images, ("waiting",)
    ),
    Check("waiting-tasks", CATEGORY, "warning", "no task waits without end", _waiting, ("waiting",)),
)
