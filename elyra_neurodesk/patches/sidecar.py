"""Add the sidecar that waits for CVMFS and keeps the mount alive.

The modules that a task loads are read by its bootstrapper.

Two deliveries in the compiled pipeline: ``platform-spec`` writes a native sidecar (an init container with
``restartPolicy: Always``; field ``initContainers`` of kubernetes_executor_config.proto, in KFP 2.18.0 and
newer), ``admission`` writes annotations from which the cluster makes it, see `cluster.deliveries`. Both write
the label by which an admission policy finds the pod, to set what KFP cannot say. A backend that does not know
``initContainers`` refuses the whole run, so it is written only where it is known.
"""

from __future__ import annotations

import re
from typing import Any

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.paths import CVMFS_AUTOMOUNT, CVMFS_ROOT
from elyra_neurodesk.settings import RuntimeConfiguration, SidecarDelivery

NAME = "neurodesk-cvmfs"
LABEL = "neurodesk.org/cvmfs"
ANNOTATION_IMAGE = "neurodesk.org/sidecar-image"
ANNOTATION_CLAIM = "neurodesk.org/cvmfs-claim"

INIT_CONTAINERS_SINCE = (2, 18, 0)
"""First release of KFP's backend that takes init containers."""

# as in semver.org: a build's name after + says nothing of its age
_RELEASE = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?P<pre>-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")

# $0 is where the repository is mounted: a path without blanks. "n*" stands for neurodesk-modules: an empty
# directory is not the repository. What ls finds or cannot read, it says each time. A shell as process 1
# ignores SIGTERM without a trap, and handles it late without wait. Argo stores every byte of this eight times
# for every task, and six bytes for the &.
SCRIPT = "trap 'exit 0' TERM;while ls -d $0/n*;sleep 30&wait;do :;done"


def sidecar_container(image: str, claim: str, root: str) -> dict[str, Any]:
    """Return the sidecar as JSON of the message InitContainer.

    Args:
        image: container image with a POSIX shell.
        claim: PVC of CVMFS; KFP names a claim's volume after the claim.
        root: mount path of the claim, which is or contains the repository.
    """
    return {
        "name": NAME,
        "image": image,
        "command": ["sh", "-c", SCRIPT, CVMFS_ROOT],
        "volumeMounts": [{"volumeName": claim, "mountPath": root}],
        "restartPolicy": "Always",
        # Kubernetes takes the requests from the limits
        "resources": {"limits": {"cpu": "20m", "memory": "64Mi"}},
    }


def add_sidecar(task: Task, context: SubmissionContext) -> Task:
    """Return the task with the sidecar in the submission's delivery.

    The sidecar runs the task's own image where the runtime configuration names none, and watches the claim
    that the task really mounts. A node that mounts something else there, or a part of a claim, gets none: a
    sidecar with a volume that the pod lacks makes the pod invalid.
    """
    settings = context.settings
    if context.delivery == "off" or context.absent_repository:
        return task
    claim, root = settings.claim, settings.cvmfs_mount_path
    for place in (CVMFS_ROOT, CVMFS_AUTOMOUNT):
        if mount := task.claim_mount(place):
            if "subPath" in mount:
                return task
            claim, root = mount["constant"], place
            break
        if task.mounts(place):
            return task
    image = settings.sidecar_image or task.image
    if context.delivery == "platform-spec":
        container = sidecar_container(image, claim, root)
        return task.with_platform(initContainers=[container]).with_pod_metadata({LABEL: "enabled"}, {})
    annotations = {ANNOTATION_IMAGE: image, ANNOTATION_CLAIM: claim}
    return task.with_pod_metadata({LABEL: "enabled"}, annotations)


def resolve_delivery(settings: RuntimeConfiguration, backend_tag: str = "") -> SidecarDelivery:
    """Return the delivery that a backend takes; never ``auto``.

    Args:
        settings: the runtime configuration; one of the embedded backend, which knows ``initContainers``, is
            told by its object store.
        backend_tag: ``tag_name`` of the backend's healthz, "" when it is not known. Only a release number
            tells what a backend knows: builds of a branch (``master``, a hash) get what every backend takes.
    """
    if settings.sidecar != "auto":
        return settings.sidecar
    known = settings.stores_in_directory or takes_init_containers(backend_tag)
    return "platform-spec" if known else "admission"


def takes_init_containers(backend_tag: str) -> bool:
    """Return whether a release of KFP knows ``initContainers`` of the platform spec.

    It does from 2.18.0 on (kubeflow/pipelines#13651); a pre-release of 2.18.0 may not.
    """
    found = _RELEASE.fullmatch(backend_tag)
    if not found:
        return False
    release = tuple(int(number) for number in found.group(1, 2, 3))
    return release > INIT_CONTAINERS_SINCE or (release == INIT_CONTAINERS_SINCE and not found["pre"])
