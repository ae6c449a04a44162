"""The embedded backend adds the sidecar to the pods to which a cluster's admission policy would."""

from __future__ import annotations

from typing import Any

import pytest

from elyra_neurodesk.backend.pod.admission import with_sidecar
from elyra_neurodesk.patches import sidecar

MOUNT = {"claim": "cv", "mountPath": "/cvmfs/neurodesk.ardc.edu.au"}
LABELLED: dict[str, Any] = {"labels": {"neurodesk.org/cvmfs": "enabled"}}


@pytest.mark.parametrize("mount", [MOUNT, {**MOUNT, "mountPath": "/cvmfs"}])
@pytest.mark.parametrize(
    ("annotations", "image"),
    [({}, "task"), ({"neurodesk.org/sidecar-image": "busybox", "neurodesk.org/cvmfs-claim": "x"}, "busybox")],
)
def test_a_labelled_pod_gets_the_sidecar_before_its_other_init_containers(
    mount: dict[str, str], annotations: dict[str, str], image: str
) -> None:
    other = {"name": "other", "image": "i"}
    metadata = {**LABELLED, "annotations": annotations}
    platform = {"pvcMount": [mount], "podMetadata": metadata, "initContainers": [other]}
    expected = sidecar.sidecar_container(image, "cv", mount["mountPath"])
    assert with_sidecar(platform, "task") == {**platform, "initContainers": [expected, other]}


@pytest.mark.parametrize(
    "platform",
    [
        {},
        {"pvcMount": [MOUNT]},
        {"podMetadata": LABELLED},
        {"pvcMount": [{**MOUNT, "mountPath": "/data"}], "podMetadata": LABELLED},
        {"pvcMount": [MOUNT], "podMetadata": LABELLED, "initContainers": [{"name": sidecar.NAME}]},
    ],
)
def test_a_pod_with_the_sidecar_or_without_label_or_cvmfs_stays_as_it_is(platform: dict[str, Any]) -> None:
    assert with_sidecar(platform, "task") == platform
