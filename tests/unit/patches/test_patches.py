"""Patches are pure: a task in, a whole task out."""

from __future__ import annotations

import pytest

from elyra_neurodesk.bootstrapper.spec import Store, TaskSpec
from elyra_neurodesk.graph.model import Container, Task
from elyra_neurodesk.patches import patch_task, sidecar
from elyra_neurodesk.patches.credentials import add_credentials
from elyra_neurodesk.patches.cvmfs import add_cvmfs_volume
from elyra_neurodesk.patches.environment import ENVIRONMENT, add_environment
from elyra_neurodesk.patches.scratch import add_scratch
from tests.support.contexts import context

ROOT = "/cvmfs/neurodesk.ardc.edu.au"
SPEC = TaskSpec("p", "p", "t", "T", "a.ipynb", "0" * 64, Store("http://s", "b"), modules=("fsl/6.0.7.16",))
NOTEBOOK = Task("t", "T", spec=SPEC, env={"A": "1"}, container=Container("img", ("sh",), ()))
CATALOG = Task("c", "C", component="name: c")


def test_the_claim_is_mounted_where_its_mode_says() -> None:
    assert add_cvmfs_volume(CATALOG, context()) == Task(
        "c",
        "C",
        component="name: c",
        platform={"pvcMount": [{"constant": "cvmfs-neurodesk", "mountPath": ROOT}]},
    )
    task = add_cvmfs_volume(CATALOG, context(volume_mode="automount", claim="all"))
    assert task.platform == {"pvcMount": [{"constant": "all", "mountPath": "/cvmfs"}]}


def test_a_volume_of_the_users_own_at_that_path_stays_alone() -> None:
    own = Task("t", "T", platform={"pvcMount": [{"constant": "mine", "mountPath": ROOT + "/"}]})
    assert add_cvmfs_volume(own, context()) == own


def test_scratch_is_an_emptydir_with_a_limit_or_a_claim() -> None:
    assert add_scratch(CATALOG, context(scratch_size="5Gi")).platform == {
        "emptyDirMounts": [
            {"volumeName": "neurodesktop-storage", "mountPath": "/neurodesktop-storage", "sizeLimit": "5Gi"}
        ]
    }
    assert add_scratch(CATALOG, context(scratch_claim="fast")).platform == {
        "pvcMount": [{"constant": "fast", "mountPath": "/neurodesktop-storage"}]
    }


def test_the_users_environment_wins() -> None:
    own = Task("t", "T", env={"LMOD_CMD": "/mine"})
    assert add_environment(own, context()).env == {**ENVIRONMENT, "LMOD_CMD": "/mine"}


def test_credentials_come_from_the_secret_and_never_from_a_node() -> None:
    task = Task("t", "T", spec=SPEC, env={"AWS_SECRET_ACCESS_KEY": "typed", "A": "1"})
    patched = add_credentials(task, context())
    assert patched.env == {"A": "1"}
    assert patched.platform == {
        "secretAsEnv": [
            {
                "secretName": "creds",
                "keyToEnv": [
                    {"secretKey": "user", "envVar": "AWS_ACCESS_KEY_ID"},
                    {"secretKey": "pass", "envVar": "AWS_SECRET_ACCESS_KEY"},
                ],
            }
        ]
    }
    assert add_credentials(CATALOG, context()) == CATALOG


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


def test_patching_twice_gives_the_same_as_patching_two_equal_tasks() -> None:
    first = patch_task(NOTEBOOK, context())
    assert first == patch_task(NOTEBOOK, context())
    assert NOTEBOOK.platform == {}
