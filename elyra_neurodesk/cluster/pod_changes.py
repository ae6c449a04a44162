"""What a task's pod gets in a cluster: the CVMFS sidecar, and what KFP's platform spec cannot say.

The one statement of these changes. Every delivery in `cluster.deliveries` is generated from it, and `apply`
is the reference: what the API server must have stored, before it fills in its own defaults.

The sidecar has no startup probe: one on an empty repository keeps a pod in Init for ever, while without one
the task itself ends with ND-CVMFS-001. So no delivery has a state that waits without end.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.patches.sidecar import (
    ANNOTATION_IMAGE,
    LABEL,
    NAME,
    sidecar_container,
)
from elyra_neurodesk.paths import CVMFS_AUTOMOUNT, CVMFS_ROOT

Object = dict[str, Any]
"""An object of Kubernetes, as its JSON."""

MAIN = "main"
"""Container of a KFP pod in which the user's code runs (Argo's name)."""

ENABLED = "enabled"
"""Value of the label `patches.sidecar.LABEL` on the pods of tasks."""

MOUNT_PATHS = (CVMFS_ROOT, CVMFS_AUTOMOUNT)
"""Where a task may have CVMFS, the first one that it mounts."""

MOUNT_OPTIONS: Mapping[str, Any] = {"mountPropagation": "HostToContainer", "readOnly": True}
"""Of CVMFS in the sidecar and in the task: a repository that the node mounts later becomes visible."""

QUEUE_LABEL = "kueue.x-k8s.io/queue-name"

HARDENED: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""Security context that KFP 2.16 and newer give init containers of a platform spec."""


@dataclass(frozen=True)
class PodChanges:
    """What is changed in the pods of tasks; each one is left out where it is empty.

    Attributes:
        sidecar_image: image of the sidecar where the pod's annotation names none; "" for the task's own.
        seccomp_profile: file below the kubelet's ``seccomp`` directory that lets apptainer mount, for the
            task.
        apparmor_profile: AppArmor profile loaded on the nodes, for the task.
        run_as_user: user id of the task where nothing sets one; apptainer needs one that is not 0.
        run_as_group: group id that goes with it.
        fuse_resource: extended resource of a FUSE device plugin, such as ``smarter-devices/fuse``.
        queue: Kueue queue that admits the pods.
        priority_class: PriorityClass of the pods that have none.
    """

    sidecar_image: str = ""
    seccomp_profile: str = ""
    apparmor_profile: str = ""
    run_as_user: int | None = None
    run_as_group: int | None = None
    fuse_resource: str = ""
    queue: str = ""
    priority_class: str = ""

    def security_context(self) -> Object:
        """Return the fields of the task's security context that replace what is there."""
        profiles = {"seccompProfile": self.seccomp_profile, "appArmorProfile": self.apparmor_profile}
        return {
            field: {"type": "Localhost", "localhostProfile": name} for field, name in profiles.items() if name
        }

    def user(self) -> Object:
        """Return the fields of the task's security context that are set where nothing else sets them."""
        ids = {"runAsUser": self.run_as_user, "runAsGroup": self.run_as_group}
        return {field: value for field, value in ids.items() if value is not None}


def sidecar(image: str, volume: str, path: str) -> Object:
    """Return the sidecar as Kubernetes' Container.

    Args:
        image: container image with a POSIX shell.
        volume: the pod's volume of CVMFS.
        path: where it is mounted: the repository, or the directory above it.
    """
    container = sidecar_container(image, volume, path)
    mounts = [
        {"name": mount["volumeName"], "mountPath": mount["mountPath"], **MOUNT_OPTIONS}
        for mount in container["volumeMounts"]
    ]
    return {**container, "volumeMounts": mounts, "securityContext": copy.deepcopy(dict(HARDENED))}


def selects(pod: Mapping[str, Any]) -> bool:
    """Return whether a pod is a task, by its label, and mounts CVMFS at one of `MOUNT_PATHS`."""
    labelled = pod["metadata"].get("labels", {}).get(LABEL) == ENABLED
    return labelled and any(True for _ in _cvmfs_mounts(pod))


def apply(changes: PodChanges, pod: Mapping[str, Any]) -> Object:
    """Return a pod as the changes make it; the pod itself when `selects` says no.

    Args:
        changes: what is to be changed.
        pod: the pod as KFP and Argo send it to the API server; it stays as it is.
    """
    changed: Object = copy.deepcopy(dict(pod))
    if not selects(changed):
        return changed
    spec, main = changed["spec"], _main(changed)
    mount = next(_cvmfs_mounts(changed))
    if not any(container["name"] == NAME for container in spec.get("initContainers", ())):
        annotations = changed["metadata"].get("annotations", {})
        image = annotations.get(ANNOTATION_IMAGE) or changes.sidecar_image or main["image"]
        spec["initContainers"] = [
            sidecar(image, mount["name"], mount["mountPath"]),
            *spec.get("initContainers", ()),
        ]
    _set_mount_options(changed, mount)
    if changes.security_context() or changes.user():
        context = main.setdefault("securityContext", {})
        context.update(changes.security_context())
        for field, value in changes.user().items():
            context.setdefault(field, value)
    if changes.fuse_resource:
        limits = main.setdefault("resources", {}).setdefault("limits", {})
        limits.setdefault(changes.fuse_resource, "1")
    if changes.queue:
        changed["metadata"]["labels"].setdefault(QUEUE_LABEL, changes.queue)
    if changes.priority_class and not spec.get("priorityClassName"):
        # the number belongs to the class: the API server computes it anew
        spec.pop("priority", None)
        spec.pop("preemptionPolicy", None)
        spec["priorityClassName"] = changes.priority_class
    return changed


def _main(pod: Mapping[str, Any]) -> Object:
    found: Object = next((one for one in pod["spec"]["containers"] if one["name"] == MAIN), {})
    return found


def _cvmfs_mounts(pod: Mapping[str, Any]) -> Iterator[Object]:
    """Yield the mounts of CVMFS in the task's container, the repository's own before the one above it."""
    for path in MOUNT_PATHS:
        for mount in _main(pod).get("volumeMounts", ()):
            if mount["mountPath"] in (path, f"{path}/"):
                yield mount


def _set_mount_options(pod: Object, mount: Mapping[str, Any]) -> None:
    """Set `MOUNT_OPTIONS` on this volume's mounts in the task and the sidecar."""
    for container in (*pod["spec"]["containers"], *pod["spec"]["initContainers"]):
        if container["name"] in (MAIN, NAME):
            for other in container.get("volumeMounts", ()):
                if other["name"] == mount["name"] and other["mountPath"] == mount["mountPath"]:
                    other.update(MOUNT_OPTIONS)
