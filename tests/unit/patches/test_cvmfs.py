"""The CVMFS claim is mounted."""

from __future__ import annotations

import pytest

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.cvmfs import add_cvmfs_volume
from tests.support.contexts import CATALOG, NOTEBOOK, context

ROOT = "/cvmfs/neurodesk.ardc.edu.au"


def test_the_claim_is_mounted_where_its_mode_says() -> None:
    assert add_cvmfs_volume(CATALOG, context()) == Task(
        "c",
        "C",
        component=CATALOG.component,
        platform={"pvcMount": [{"constant": "cvmfs-neurodesk", "mountPath": ROOT}]},
    )
    task = add_cvmfs_volume(CATALOG, context(volume_mode="automount", claim="all"))
    assert task.platform == {"pvcMount": [{"constant": "all", "mountPath": "/cvmfs"}]}


def test_a_volume_of_the_users_own_at_that_path_stays_alone() -> None:
    own = Task("t", "T", platform={"pvcMount": [{"constant": "mine", "mountPath": ROOT + "/"}]})
    assert add_cvmfs_volume(own, context()) == own


@pytest.mark.parametrize("place", ["/cvmfs", "/cvmfs/neurodesk.ardc.edu.au", "/cvmfs/"])
def test_what_the_node_mounts_for_cvmfs_is_adopted(place: str) -> None:
    own = NOTEBOOK.with_platform(pvcMount=[{"constant": "cvmfs", "mountPath": place}])
    assert add_cvmfs_volume(own, context()) == own
