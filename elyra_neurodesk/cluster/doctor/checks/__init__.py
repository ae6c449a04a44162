"""The checks, in the order in which they are shown: from what everything needs to what one run needs."""

from __future__ import annotations

from elyra_neurodesk.cluster.doctor.checks import (
    access,
    argo,
    cvmfs,
    delivery,
    kfp,
    namespace,
    nodes,
    object_store,
    pods,
    probe,
)
from elyra_neurodesk.cluster.doctor.model import Check

CHECKS: tuple[Check, ...] = (
    *access.CHECKS,
    *nodes.CHECKS,
    *namespace.CHECKS,
    *cvmfs.CHECKS,
    *delivery.CHECKS,
    *kfp.CHECKS,
    *object_store.CHECKS,
    *argo.CHECKS,
    *pods.CHECKS,
    *probe.CHECKS,
)
