"""Add the sidecar that waits for CVMFS, warms the task's modules and keeps the mount alive.

Two deliveries in the compiled pipeline: ``platform-spec`` writes a native sidecar (an init container with
``restartPolicy: Always``; field ``initContainers`` of kubernetes_executor_config.proto, on KFP's master since
2026-07-23), ``admission`` writes a label and annotations from which a cluster's admission policy makes it.
A backend that does not know ``initContainers`` refuses the whole run, so it is written only when asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.paths import CVMFS_ROOT
from elyra_neurodesk.settings import SidecarDelivery

NAME = "neurodesk-cvmfs"
LABEL = "neurodesk.org/cvmfs"
ANNOTATION_IMAGE = "neurodesk.org/sidecar-image"
ANNOTATION_MODULES = "neurodesk.org/modules"
ANNOTATION_CLAIM = "neurodesk.org/cvmfs-claim"

# $1 is the repository's root, every further argument a module "tool" or "tool/version". Reading a file of a
# container's directory makes the CVMFS client fetch its catalog, which is the slow part of a first use.
SCRIPT = r"""set -u
root=$1; shift
say() { echo "neurodesk-cvmfs: $*"; }
trap 'say "stopping"; exit 0' TERM INT
seconds=0
until ls "$root/neurodesk-modules" >/dev/null 2>&1; do
  [ "$seconds" -eq 0 ] && say "waiting for $root"
  seconds=$((seconds + 1)); sleep 1 & wait $!
done
set -- "$root" "$@"
categories=$(ls "$root/neurodesk-modules" | wc -l)
say "repository $root is readable after $seconds s, $((categories)) module categories"
shift
for module in "$@"; do
  found=no
  for file in "$root"/containers/modules/"$module".lua "$root"/containers/modules/"$module"/*.lua; do
    [ -f "$file" ] || continue
    found=yes
    cat "$file" >/dev/null
    version=${file##*/}; tool=${file%/*}
    for directory in "$root"/containers/"${tool##*/}_${version%.lua}_"*; do
      [ -d "$directory" ] && cat "$directory"/commands.txt >/dev/null 2>&1
    done
  done
  [ "$found" = yes ] && say "warmed $module" || say "module $module is not in the repository"
done
while :; do
  sleep 30 & wait $!
  ls "$root/neurodesk-modules" >/dev/null 2>&1 || say "repository $root cannot be read"
done
"""


def sidecar_container(image: str, claim: str, root: str, modules: Sequence[str]) -> dict[str, Any]:
    """Return the sidecar as JSON of the message InitContainer.

    Args:
        image: container image with a POSIX shell.
        claim: PVC of CVMFS; KFP names a claim's volume after the claim.
        root: mount path of the claim, which is or contains the repository.
        modules: ``tool`` or ``tool/version``.
    """
    return {
        "name": NAME,
        "image": image,
        "command": ["sh", "-c", SCRIPT, NAME],
        "args": [CVMFS_ROOT, *(module.replace("$", "$$") for module in modules)],
        "volumeMounts": [{"volumeName": claim, "mountPath": root}],
        "restartPolicy": "Always",
        "resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"memory": "256Mi"}},
    }


def add_sidecar(task: Task, context: SubmissionContext) -> Task:
    """Return the task with the sidecar in the submission's delivery.

    The sidecar runs the task's own image where the runtime configuration names none.
    """
    settings = context.settings
    if context.delivery == "off" or settings.absent_repository:
        return task
    image = settings.sidecar_image or task.image
    modules = task.spec.modules if task.spec else settings.modules
    if context.delivery == "platform-spec":
        container = sidecar_container(image, settings.claim, settings.cvmfs_mount_path, modules)
        return task.with_platform(initContainers=[container])
    annotations = {ANNOTATION_IMAGE: image, ANNOTATION_CLAIM: settings.claim}
    if modules:
        annotations[ANNOTATION_MODULES] = " ".join(modules)
    return task.with_pod_metadata({LABEL: "enabled"}, annotations)


def resolve_delivery(setting: str, backend_tag: str = "") -> SidecarDelivery:
    """Return the delivery that a backend takes; never ``auto``.

    Args:
        setting: the runtime configuration's choice.
        backend_tag: ``tag_name`` of the backend's healthz, "" when it is not known. No KFP release up to
            2.17.3 takes init containers; the embedded backend does, which its tag shows.
    """
    if setting != "auto":
        return setting  # type: ignore[return-value]
    return "platform-spec" if backend_tag.startswith("elyra-neurodesk-") else "admission"
