from elyra_neurodesk.backend.pod.admission import with_sidecar
from elyra_neurodesk.patches import sidecar

MOUNT = {"claim": "cv", "mountPath": "/cvmfs/neurodesk.ardc.edu.au"}
METADATA = {
    "labels": {"neurodesk.org/cvmfs": "enabled"},
    "annotations": {
        "neurodesk.org/sidecar-image": "busybox",
        "neurodesk.org/cvmfs-claim": "cv",
    },
}


def test_a_labelled_pod_gets_the_sidecar_before_its_other_init_containers():
    other = {"name": "other", "image": "i"}
    platform = {"pvcMount": [MOUNT], "podMetadata": METADATA, "initContainers": [other]}
    expected = sidecar.sidecar_container("busybox", "cv", MOUNT["mountPath"])
    assert with_sidecar(platform)["initContainers"] == [expected, other]


def test_a_pod_with_the_sidecar_or_without_label_or_claim_stays_as_it_is():
    for platform in (
        {},
        {"pvcMount": [MOUNT], "podMetadata": {"annotations": METADATA["annotations"]}},
        {"pvcMount": [{**MOUNT, "claim": "other"}], "podMetadata": METADATA},
        {"pvcMount": [MOUNT], "podMetadata": METADATA, "initContainers": [{"name": sidecar.NAME}]},
    ):
        assert with_sidecar(platform) == platform
