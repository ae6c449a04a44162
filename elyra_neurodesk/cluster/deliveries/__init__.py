"""How the changes of `cluster.pod_changes` reach the pods of tasks, one file for each way."""

from __future__ import annotations

from typing import Literal, get_args

Delivery = Literal[
    "auto", "admission-policy", "kyverno", "pod-default", "workflow-defaults", "pipeline-spec-patch", "none"
]
DELIVERIES: tuple[Delivery, ...] = get_args(Delivery)
NEED_IMAGE: tuple[Delivery, ...] = ("pod-default", "workflow-defaults", "pipeline-spec-patch")
"""Deliveries that do not see the task, so that the sidecar's image must be given."""
