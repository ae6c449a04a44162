"""Elyra's node properties as Kubernetes configuration."""

from __future__ import annotations

import pytest

from elyra_neurodesk.graph.kubernetes_config import kubernetes_config
from elyra_neurodesk.graph.resources import InvalidResource


def test_shared_memory_is_a_volume_in_memory() -> None:
    config = kubernetes_config({"kubernetes_shared_mem_size": {"size": "2.0", "units": "G"}})
    volume = {"volumeName": "shm", "mountPath": "/dev/shm", "medium": "Memory", "sizeLimit": "2G"}
    assert config == {"emptyDirMounts": [volume]}


def test_a_size_that_is_no_number_is_told_with_the_node() -> None:
    with pytest.raises(InvalidResource, match="Node 'n': Shared Memory Size is 'inf'"):
        kubernetes_config({"kubernetes_shared_mem_size": {"size": "inf", "units": "G"}}, "n")


def test_tolerations_are_texts() -> None:
    toleration = {"key": "k", "operator": "Equal", "value": 0, "effect": None}
    config = kubernetes_config({"kubernetes_tolerations": {"hash": toleration}})
    assert config == {"tolerations": [{"key": "k", "operator": "Equal", "value": "0"}]}
