"""The patch of every Argo workflow leads to the same pod as the other deliveries."""

from __future__ import annotations

import json

from elyra_neurodesk.cluster.deliveries.workflow_patch import (
    compiled_pipeline_spec_patch,
    pod_spec_patch,
    workflow_spec,
)
from elyra_neurodesk.cluster.pod_changes import PodChanges, apply
from tests.support.recorded_pods import container, recorded_pod
from tests.support.strategic_merge import strategic_merge

ROOT = "/cvmfs/neurodesk.ardc.edu.au"
IMAGE = "vnmd/neurodesktop:2026-09-23"
CLAIM = "cvmfs-neurodesk"
EVERYTHING = PodChanges("", "nd.json", "notebook", 1000, 100, "smarter-devices/fuse", "lab", "batch")


def test_a_patched_task_is_the_pod_that_an_admission_policy_makes() -> None:
    pod = recorded_pod("task-admission")
    expected = apply(EVERYTHING, pod)
    spec = workflow_spec(EVERYTHING, IMAGE, CLAIM, ROOT)
    pod["spec"] = strategic_merge(pod["spec"], json.loads(spec["podSpecPatch"]))
    pod["metadata"]["labels"] |= spec["podMetadata"]["labels"]
    assert pod == expected


def test_a_patched_driver_has_the_claim_that_its_sidecar_mounts() -> None:
    patched = strategic_merge(
        recorded_pod("driver")["spec"], pod_spec_patch(PodChanges(), IMAGE, CLAIM, ROOT)
    )
    (mount,) = container({"spec": patched}, "neurodesk-cvmfs")["volumeMounts"]
    claims = {one["name"]: one.get("persistentVolumeClaim") for one in patched["volumes"]}
    assert claims[mount["name"]] == {"claimName": CLAIM}


def test_kfps_variable_is_the_same_as_json() -> None:
    text = compiled_pipeline_spec_patch(EVERYTHING, IMAGE, CLAIM, ROOT)
    assert json.loads(text) == workflow_spec(EVERYTHING, IMAGE, CLAIM, ROOT)


def test_argo_finds_no_variables_of_its_own_in_it() -> None:
    assert "{{" not in compiled_pipeline_spec_patch(EVERYTHING, IMAGE, CLAIM, ROOT)
