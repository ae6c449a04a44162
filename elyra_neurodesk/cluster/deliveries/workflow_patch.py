"""A patch of every Argo workflow, for clusters without any admission policy.

``podSpecPatch`` of Argo's WorkflowSpec is a strategic merge patch of the pods of a workflow, all of them:
KFP's drivers get the claim and the sidecar as well, and image and modules are the same for all tasks. It is
set

- in ``workflowDefaults`` of Argo's workflow-controller-configmap, for all workflows of the controller, or
- in ``COMPILED_PIPELINE_SPEC_PATCH``, an environment variable of KFP's API server (2.15 and newer): JSON that
  is merged into the WorkflowSpec of every run (backend/src/v2/compiler/argocompiler, ApplyWorkflowSpecPatch).

Argo applies the workflow's patch before the template's own (workflow/controller/workflowpod.go), so that what
a task sets itself wins.
"""

from __future__ import annotations

import json

from elyra_neurodesk.cluster.pod_changes import (
    MAIN,
    MOUNT_OPTIONS,
    QUEUE_LABEL,
    Object,
    PodChanges,
    sidecar,
)

VARIABLE = "COMPILED_PIPELINE_SPEC_PATCH"


def pod_spec_patch(changes: PodChanges, image: str, claim: str, path: str) -> Object:
    """Return the strategic merge patch of a PodSpec.

    Args:
        changes: what it does; of them all but the queue, which is a label.
        image: of the sidecar, for all pods.
        claim: PVC of CVMFS; its volume is named after it, as KFP does.
        path: where tasks mount it.
    """
    container = sidecar(image, claim, path)
    main: Object = {
        "name": MAIN,
        "volumeMounts": [{"name": claim, "mountPath": path, **MOUNT_OPTIONS}],
    }
    context = {**changes.user(), **changes.security_context()}
    if context:
        main["securityContext"] = context
    if changes.fuse_resource:
        main["resources"] = {"limits": {changes.fuse_resource: "1"}}
    patch: Object = {
        "initContainers": [container],
        "containers": [main],
        "volumes": [{"name": claim, "persistentVolumeClaim": {"claimName": claim}}],
    }
    if changes.priority_class:
        patch["priorityClassName"] = changes.priority_class
    return patch


def workflow_spec(changes: PodChanges, image: str, claim: str, path: str) -> Object:
    """Return the part of Argo's WorkflowSpec that has the patch, and the queue as a label of the pods."""
    patch = pod_spec_patch(changes, image, claim, path)
    spec: Object = {"podSpecPatch": json.dumps(patch, separators=(",", ":"))}
    if changes.queue:
        spec["podMetadata"] = {"labels": {QUEUE_LABEL: changes.queue}}
    return spec


def compiled_pipeline_spec_patch(changes: PodChanges, image: str, claim: str, path: str) -> str:
    """Return the value of `VARIABLE`."""
    return json.dumps(workflow_spec(changes, image, claim, path), separators=(",", ":"))
