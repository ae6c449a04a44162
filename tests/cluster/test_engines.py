"""Deliveries that others than the API server evaluate lead to the same whole pod, by their own code."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from elyra_neurodesk.cluster.deliveries.workflow_patch import workflow_spec
from elyra_neurodesk.cluster.pod_changes import Object, PodChanges, apply
from tests.cluster import binaries
from tests.support.recorded_pods import recorded_pod

pytestmark = pytest.mark.slow

IMAGE = "vnmd/neurodesktop:2026-09-23"
CLAIM = "cvmfs-neurodesk"
ROOT = "/cvmfs/neurodesk.ardc.edu.au"
EVERYTHING = PodChanges("", "nd.json", "notebook", 1000, 100, "smarter-devices/fuse", "lab", "batch")
BOTH = pytest.mark.parametrize("changes", [PodChanges(), EVERYTHING], ids=["sidecar", "everything"])


def evaluated(program: str, **content: Any) -> Object:
    """Return the pod that a program of tests/cluster/tools makes of its input."""
    try:
        path = binaries.find([program])[program]
    except binaries.NotBuilt as missing:
        pytest.skip(str(missing))
    done = subprocess.run([path], input=json.dumps(content), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    pod: Object = json.loads(done.stdout)
    return pod


def filled(value: Any) -> Any:
    """Return a value without the empty objects and nulls that Go writes for fields that are not set."""
    if isinstance(value, dict):
        kept = {name: filled(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one is not None and one != {}}
    return [filled(one) for one in value] if isinstance(value, list) else value


@BOTH
@pytest.mark.parametrize("by", ["workflow-defaults", "pipeline-spec-patch"])
def test_argo_makes_of_a_workflows_patch_the_pod_that_the_changes_state(changes: PodChanges, by: str) -> None:
    pod = recorded_pod("task-admission")
    patch = workflow_spec(changes, IMAGE, CLAIM, ROOT)
    defaults, spec = ({"spec": patch}, {}) if by == "workflow-defaults" else ({}, patch)
    found = evaluated("argo-patch", defaults=defaults, workflow={"spec": spec}, pod=pod)
    assert filled(found) == filled(apply(changes, pod))


def test_what_a_task_sets_itself_wins_over_the_workflows_patch() -> None:
    own = json.dumps({"priorityClassName": "own", "containers": [{"name": "main", "image": "own"}]})
    defaults = {"spec": workflow_spec(EVERYTHING, IMAGE, CLAIM, ROOT)}
    pod = recorded_pod("task-admission")
    found = evaluated("argo-patch", defaults=defaults, workflow={"spec": {}}, templatePatch=own, pod=pod)
    assert found["spec"]["priorityClassName"] == "own"
    images = [one["image"] for one in found["spec"]["containers"] if one["name"] == "main"]
    assert images == ["own"]
    assert found["spec"]["initContainers"][0]["name"] == "neurodesk-cvmfs"
