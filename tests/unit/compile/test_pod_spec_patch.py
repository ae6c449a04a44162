"""What a notebook task adds to the pod-spec patch that KFP's driver makes, and Argo copies.

Counted on the patch as KFP writes it, in two ways: everything that is not in the patch of a task without
inputs, command and volumes; and what is left without the 1.7 kB that the launcher took in recorded patches,
its call with the names of the run, of the artifacts and of the inputs.
"""

from __future__ import annotations

import json

import pytest

from elyra_neurodesk.settings import SidecarDelivery
from tests.support.argo_workflow import (
    driver_inputs,
    drivers,
    launch_of,
    nodes_of,
    notebooks,
    parameters,
    recorded_workflow,
)
from tests.support.kfp_driver import HARDENED, Launch, bare_patch, pod_spec_patch

LAUNCHER = 1_700
LAUNCH = Launch("neuroimaging", "e3f219bd-4bf0-478c-ad33-3dc0782156b1", "denoise-slice")


def patch(delivery: SidecarDelivery) -> str:
    """Return the patch of the demo's second task, which takes a parameter and asks for a CPU and 1 GiB."""
    graph = notebooks(("denoise-slice",), delivery, parameter=True)
    return pod_spec_patch(LAUNCH, *driver_inputs(graph, "denoise-slice", {"fwhm_mm": 1}))


def test_recorded_patches_are_made_here_byte_for_byte() -> None:
    found = drivers(nodes_of(recorded_workflow()))
    assert len(found) == 25
    for driver in found.values():
        given = parameters(driver, "inputs")
        launch, _ = launch_of(driver)
        made = pod_spec_patch(
            launch,
            *(json.loads(given[name]) for name in ("component", "task", "container", "kubernetes-config")),
        )
        assert made == parameters(driver, "outputs")["pod-spec-patch"]


@pytest.mark.parametrize(("delivery", "limit"), [("admission", 1_400), ("platform-spec", 1_900)])
def test_our_part_of_the_patch_is_small(delivery: SidecarDelivery, limit: int) -> None:
    assert len(patch(delivery)) - LAUNCHER <= limit


@pytest.mark.parametrize(("delivery", "limit"), [("admission", 1_880), ("platform-spec", 2_380)])
def test_all_that_kfp_writes_because_of_us_is_small(delivery: SidecarDelivery, limit: int) -> None:
    assert len(patch(delivery)) - len(bare_patch(LAUNCH)) <= limit


def test_of_the_sidecar_a_quarter_is_kfps_own() -> None:
    sidecar = len(patch("platform-spec")) - len(patch("admission"))
    hardening = len(json.dumps({"securityContext": HARDENED}, separators=(",", ":"))) - 1
    assert sidecar - hardening <= 375
