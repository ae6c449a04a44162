"""The sidecar waits for CVMFS and keeps it mounted."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.patches import sidecar
from tests.support.configurations import runtime_configuration
from tests.support.contexts import NOTEBOOK, context

ROOT = "/cvmfs/neurodesk.ardc.edu.au"


def test_the_sidecar_as_init_container_mounts_the_claim_and_restarts() -> None:
    platform = sidecar.add_sidecar(NOTEBOOK, context(delivery="platform-spec")).platform
    assert platform["podMetadata"] == {"labels": {"neurodesk.org/cvmfs": "enabled"}}
    (container,) = platform["initContainers"]
    assert container == {
        "name": "neurodesk-cvmfs",
        "image": "img",
        "command": ["sh", "-c", sidecar.SCRIPT, ROOT],
        "volumeMounts": [{"volumeName": "cvmfs-neurodesk", "mountPath": ROOT}],
        "restartPolicy": "Always",
        "resources": {"limits": {"cpu": "20m", "memory": "64Mi"}},
    }


def test_the_sidecar_by_admission_is_a_label_and_annotations() -> None:
    patched = sidecar.add_sidecar(NOTEBOOK, context(sidecar_image="own"))
    assert patched.platform == {
        "podMetadata": {
            "labels": {"neurodesk.org/cvmfs": "enabled"},
            "annotations": {
                "neurodesk.org/sidecar-image": "own",
                "neurodesk.org/cvmfs-claim": "cvmfs-neurodesk",
            },
        }
    }


def test_off_means_no_sidecar() -> None:
    assert sidecar.add_sidecar(NOTEBOOK, context(delivery="off")) == NOTEBOOK


@pytest.mark.parametrize(
    ("setting", "tag", "delivery"),
    [
        ("auto", "", "admission"),
        ("auto", "2.0.5", "admission"),
        ("auto", "2.5.0", "admission"),
        ("auto", "2.15.2", "admission"),
        ("auto", "2.16.0", "admission"),
        ("auto", "2.17.0", "admission"),
        ("auto", "2.17.3", "admission"),
        ("auto", "2.18.0-rc.1", "admission"),
        ("auto", "2.18.0", "platform-spec"),
        ("auto", "v2.18.0", "platform-spec"),
        ("auto", "2.18.0+build.5", "platform-spec"),
        ("auto", "2.18.1-rc.1", "platform-spec"),
        ("auto", "2.18.1", "platform-spec"),
        ("auto", "2.19.0", "platform-spec"),
        ("auto", "10.0.0", "platform-spec"),
        ("auto", "master", "admission"),
        ("auto", "dev", "admission"),
        ("auto", "2.18", "admission"),
        ("auto", "9a9b4efa0f", "admission"),
        ("auto", "2.18.0; rm -rf", "admission"),
        ("platform-spec", "2.17.3", "platform-spec"),
        ("admission", "2.18.1", "admission"),
        ("off", "2.18.1", "off"),
    ],
)
def test_auto_writes_init_containers_only_for_a_backend_that_takes_them(
    setting: str, tag: str, delivery: str
) -> None:
    assert sidecar.resolve_delivery(runtime_configuration(sidecar=setting), tag) == delivery


@pytest.mark.parametrize(("setting", "delivery"), [("auto", "platform-spec"), ("admission", "admission")])
def test_the_embedded_backend_takes_init_containers(setting: str, delivery: str) -> None:
    embedded = runtime_configuration(sidecar=setting, object_store_endpoint="file:///store")
    assert sidecar.resolve_delivery(embedded, "elyra-neurodesk-0.1.0") == delivery


SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


def start_sidecar(shell: str, root: Path) -> subprocess.Popen[str]:
    words = [shell, *(["sh"] if shell == "busybox" else []), "-c", sidecar.SCRIPT, str(root)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_sidecar_says_that_the_repository_is_readable_and_ends_with_the_task(
    shell: str, tmp_path: Path
) -> None:
    root = tmp_path / "cvmfs"
    (root / "neurodesk-modules").mkdir(parents=True)
    with start_sidecar(shell, root) as process:
        assert process.stdout
        assert process.stdout.readline() == f"{root}/neurodesk-modules\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


@pytest.mark.parametrize("shell", SHELLS)
def test_the_sidecar_of_an_empty_repository_says_what_is_missing_and_ends_with_the_task(
    shell: str, tmp_path: Path
) -> None:
    with start_sidecar(shell, tmp_path) as process:
        assert process.stderr
        assert f"{tmp_path}/n*" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout
        assert process.stdout.read() == ""


def test_the_sidecars_script_is_short_and_has_nothing_that_kubernetes_or_argo_would_expand() -> None:
    assert len(sidecar.SCRIPT) <= 64
    assert not [text for text in ("$(", "$$", "{{") if text in sidecar.SCRIPT]


@pytest.mark.parametrize("place", ["/cvmfs", ROOT])
def test_the_sidecar_watches_the_claim_that_the_node_mounts_itself(place: str) -> None:
    own = NOTEBOOK.with_platform(pvcMount=[{"constant": "mine", "mountPath": place}])
    (container,) = sidecar.add_sidecar(own, context(delivery="platform-spec")).platform["initContainers"]
    assert container["volumeMounts"] == [{"volumeName": "mine", "mountPath": place}]
    metadata = sidecar.add_sidecar(own, context()).platform["podMetadata"]
    assert metadata["annotations"]["neurodesk.org/cvmfs-claim"] == "mine"


@pytest.mark.parametrize(
    "mounts",
    [
        {"pvcMount": [{"constant": "mine", "mountPath": ROOT, "subPath": "a"}]},
        {"emptyDirMounts": [{"volumeName": "own", "mountPath": ROOT}]},
    ],
)
def test_what_is_no_claim_of_cvmfs_gets_no_sidecar(mounts: Any) -> None:
    own = NOTEBOOK.with_platform(**mounts)
    assert sidecar.add_sidecar(own, context(delivery="platform-spec")) == own
