"""Kubernetes and its nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault

CATEGORY = "Kubernetes"
SIDECARS_SINCE = (1, 29)
"""First minor version with native sidecars switched on (kubernetes.io/docs/concepts/workloads/pods)."""

ARCHITECTURE = "amd64"
"""What Neurodesk's tools are built for; the desktop image itself is there for arm64 as well."""


def _a_node(evidence: ClusterEvidence) -> Iterator[Fault]:
    nodes = evidence.facts.nodes or ()
    if not any(node.ready and node.schedulable for node in nodes):
        names = ", ".join(node.name for node in nodes) or "there is none"
        yield Fault(
            "Nodes",
            f"none is ready and takes pods without tolerations ({names})",
            "kubectl get nodes; kubectl describe node NAME",
        )


def _all_nodes(evidence: ClusterEvidence) -> Iterator[Fault]:
    for node in evidence.facts.nodes or ():
        if not node.ready:
            yield Fault(f"Node {node.name}", "is not ready", f"kubectl describe node {node.name}")


def _architecture(evidence: ClusterEvidence) -> Iterator[Fault]:
    takes = [node for node in evidence.facts.nodes or () if node.ready and node.schedulable]
    others = [node for node in takes if node.architecture and node.architecture != ARCHITECTURE]
    for node in others:
        yield Fault(
            f"Node {node.name}",
            f"is {node.architecture}; Neurodesk's tools are built for {ARCHITECTURE} alone",
            f"kubectl taint node {node.name} kubernetes.io/arch={node.architecture}:NoSchedule",
            "fatal" if len(others) == len(takes) else "warning",
        )


def _kubelets(evidence: ClusterEvidence) -> Iterator[Fault]:
    for node in evidence.facts.nodes or ():
        found = re.match(r"v?(\d+)\.(\d+)", node.version)
        if found and (int(found[1]), int(found[2])) < SIDECARS_SINCE:
            yield Fault(
                f"Node {node.name}",
                f"runs Kubernetes {node.version}, which knows no native sidecars: a task would wait in Init",
                "Update it to Kubernetes 1.29 or newer.",
            )


CHECKS = (
    Check("node", CATEGORY, "fatal", "a node is ready and takes pods", _a_node, ("facts.nodes",)),
    Check(
        "nodes-ready",
        CATEGORY,
        "warning",
        "all nodes are ready",
        _all_nodes,
        ("facts.nodes",),
        after=("node",),
    ),
    Check(
        "architecture",
        CATEGORY,
        "fatal",
        "the nodes run Neurodesk's tools (amd64)",
        _architecture,
        ("facts.nodes",),
        after=("node",),
    ),
    Check(
        "kubelet-version",
        CATEGORY,
        "fatal",
        "the nodes know native sidecars (Kubernetes 1.29)",
        _kubelets,
        ("facts.nodes",),
        after=("node",),
    ),
)
