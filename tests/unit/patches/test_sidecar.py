"""The sidecar waits for CVMFS and keeps it mounted."""

from __future__ import annotations

import pytest

from elyra_neurodesk.patches import sidecar
from tests.support.contexts import NOTEBOOK, context

ROOT = "/cvmfs/neurodesk.ardc.edu.au"


def test_the_sidecar_as_init_container_mounts_the_claim_and_restarts() -> None:
    (container,) = sidecar.add_sidecar(NOTEBOOK, context(delivery="platform-spec")).platform["initContainers"]
    assert container == {
        "name": "neurodesk-cvmfs",
        "image": "img",
        "command": ["sh", "-c", sidecar.SCRIPT, "neurodesk-cvmfs"],
        "args": [ROOT, "fsl/6.0.7.16"],
        "volumeMounts": [{"volumeName": "cvmfs-neurodesk", "mountPath": ROOT}],
        "restartPolicy": "Always",
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}},
    }


def test_the_sidecar_by_admission_is_a_label_and_annotations() -> None:
    patched = sidecar.add_sidecar(NOTEBOOK, context(sidecar_image="own"))
    assert patched.platform == {
        "podMetadata": {
            "labels": {"neurodesk.org/cvmfs": "enabled"},
            "annotations": {
                "neurodesk.org/sidecar-image": "own",
                "neurodesk.org/cvmfs-claim": "cvmfs-neurodesk",
                "neurodesk.org/modules": "fsl/6.0.7.16",
            },
        }
    }


def test_off_means_no_sidecar() -> None:
    assert sidecar.add_sidecar(NOTEBOOK, context(delivery="off")) == NOTEBOOK


@pytest.mark.parametrize(
    ("setting", "tag", "delivery"),
    [
        ("auto", "", "admission"),
        ("auto", "2.17.3", "admission"),
        ("auto", "elyra-neurodesk-0.1.0", "platform-spec"),
        ("platform-spec", "2.17.3", "platform-spec"),
        ("admission", "elyra-neurodesk-0.1.0", "admission"),
        ("off", "elyra-neurodesk-0.1.0", "off"),
    ],
)
def test_auto_writes_init_containers_only_for_a_backend_that_takes_them(
    setting: str, tag: str, delivery: str
) -> None:
    assert sidecar.resolve_delivery(setting, tag) == delivery
