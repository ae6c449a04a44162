"""A pod as KFP and Argo make one for a task, without Argo's own containers."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from elyra_neurodesk.cluster.api import FIELD_MANAGER, MANAGED_BY, Object
from elyra_neurodesk.cluster.pod_changes import ENABLED, HARDENED, MAIN
from elyra_neurodesk.patches.credentials import ACCESS_KEY, SECRET_KEY
from elyra_neurodesk.patches.sidecar import ANNOTATION_CLAIM, ANNOTATION_IMAGE, LABEL
from elyra_neurodesk.paths import CVMFS_ROOT, SCRATCH
from elyra_neurodesk.settings import RuntimeConfiguration, SecretReference
from elyra_neurodesk.storage.location import REGION

DEADLINE = 300
"""Seconds after which Kubernetes ends a probe pod, also when nobody waits for it any more."""

CVMFS_WAIT = 40
"""Seconds in which the repository must be there; what a task waits (`bootstrapper.cvmfs`)."""

_MESSAGE = "/dev/termination-log"
_SCRATCH_VOLUME = "neurodesktop-storage"


@dataclass(frozen=True)
class TaskPod:
    """What a task's pod is made of.

    Attributes:
        namespace: where pipelines run.
        account: its service account.
        image: of the task, and of the sidecar that the cluster adds.
        claim: PersistentVolumeClaim of CVMFS.
        mount_path: where it is mounted.
        scratch_size: size limit of the scratch volume, "" for none.
        scratch_claim: claim to mount there instead, "" for an emptyDir.
        secret: with the object store's keys, None for tasks that get theirs from the service account.
    """

    namespace: str
    account: str
    image: str
    claim: str
    mount_path: str
    scratch_size: str = ""
    scratch_claim: str = ""
    secret: SecretReference | None = None


def task_pod(task: TaskPod, name: str, command: Sequence[str]) -> Object:
    """Return the pod.

    Args:
        task: what it is made of.
        name: of the pod.
        command: of its container, as an argument vector that reaches the process as it is.
    """
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": task.namespace,
            "labels": {LABEL: ENABLED, MANAGED_BY: FIELD_MANAGER},
            "annotations": {
                ANNOTATION_IMAGE: task.image,
                ANNOTATION_CLAIM: task.claim,
                # as Argo's pods: a proxy that never ends would keep the pod from ending
                "sidecar.istio.io/inject": "false",
            },
        },
        "spec": {
            "serviceAccountName": task.account,
            "restartPolicy": "Never",
            "activeDeadlineSeconds": DEADLINE,
            "terminationGracePeriodSeconds": 5,
            "containers": [
                {
                    "name": MAIN,
                    "image": task.image,
                    # Kubernetes would expand $(NAME) and make $$ one
                    "command": [word.replace("$", "$$") for word in command],
                    "env": _environment(task.secret),
                    "securityContext": copy.deepcopy(dict(HARDENED)),
                    "volumeMounts": [
                        {"name": task.claim, "mountPath": task.mount_path},
                        {"name": _SCRATCH_VOLUME, "mountPath": SCRATCH},
                    ],
                }
            ],
            "volumes": [
                {"name": task.claim, "persistentVolumeClaim": {"claimName": task.claim}},
                {"name": _SCRATCH_VOLUME, **_scratch(task)},
            ],
        },
    }


def _environment(secret: SecretReference | None) -> list[Object]:
    found: list[Object] = [{"name": "NEURODESK_CVMFS_ROOT", "value": CVMFS_ROOT}]
    if secret:
        found += [
            {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret.name, "key": key}}}
            for variable, key in (
                (ACCESS_KEY, secret.access_key_field),
                (SECRET_KEY, secret.secret_key_field),
            )
        ]
    return found


def _scratch(task: TaskPod) -> Object:
    if task.scratch_claim:
        return {"persistentVolumeClaim": {"claimName": task.scratch_claim}}
    return {"emptyDir": {"sizeLimit": task.scratch_size} if task.scratch_size else {}}


def probe_command(configuration: RuntimeConfiguration | None) -> list[str]:
    """Return the command of a probe: Python, `script` as it is, and what to look at as JSON."""
    asked: Mapping[str, Any] = {
        "root": CVMFS_ROOT,
        "wait": CVMFS_WAIT,
        "scratch": SCRATCH,
        "message": _MESSAGE,
        "endpoint": configuration.object_store_endpoint if configuration else "",
        "bucket": configuration.bucket if configuration else "",
        "region": REGION,
    }
    script = resources.files(__package__).joinpath("script.py").read_text("utf-8")
    return ["python3", "-c", script, json.dumps(asked)]
