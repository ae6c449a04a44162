"""CPUs, memory and GPUs: what is asked for is what Kubernetes gets, or one line says why not."""

from __future__ import annotations

from typing import Any

import pytest

from elyra_neurodesk.graph.model import Resources
from elyra_neurodesk.graph.resources import InvalidResource, resources


def test_memory_is_in_gibibytes_and_fractions_are_kept() -> None:
    asked = {"cpu": 0.5, "cpu_limit": "1.25", "memory": 2.0, "memory_limit": 4, "gpu": 2}
    assert resources(asked, "n") == Resources("0.5", "1.25", "2Gi", "4Gi", "nvidia.com/gpu", "2")


@pytest.mark.parametrize("nothing", [None, "", " ", 0, "0", 0.0])
def test_nothing_is_asked_for_where_nothing_is_entered(nothing: Any) -> None:
    names = ("cpu", "cpu_limit", "memory", "memory_limit", "gpu", "gpu_vendor")
    assert resources(dict.fromkeys(names, nothing), "n") == Resources()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"cpu": "many"}, "CPU request is 'many'"),
        ({"cpu": -1}, "CPU request is '-1'"),
        ({"memory": float("nan")}, "RAM request is 'nan'"),
        ({"memory_limit": "inf"}, "RAM limit is 'inf'"),
        ({"cpu": True}, "CPU request is 'True'"),
        ({"cpu": 0.00001}, "CPU request is '1e-05'"),
        ({"gpu": 0.5}, "only whole GPUs"),
        ({"cpu": 2, "cpu_limit": 0.5}, "CPU limit is 0.5, less than the CPU request of 2"),
        ({"memory": 10, "memory_limit": "9"}, "RAM limit is 9, less than the RAM request of 10"),
    ],
)
def test_what_cannot_be_had_is_told_with_the_node(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidResource, match="Node 'Run BET'") as caught:
        resources(asked, "Run BET")
    assert words in str(caught.value)
