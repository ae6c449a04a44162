"""Many nodes make a package that KFP takes, and each adds its own share only."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.patches.version_label import add_version_label
from tests.support.compiled import compiled_package
from tests.unit.patches.test_share_executors import shared


def compiled(count: int) -> int:
    """Return the bytes of a chain of ``count`` notebooks."""
    made = shared(count)
    chain = (made[0], *(replace(task, parents=(made[i].name,)) for i, task in enumerate(made[1:])))
    labelled = tuple(add_version_label(task, "0" * 12) for task in chain)
    return len(compiled_package(TaskGraph("p", "", labelled)).encode())


def test_seven_hundred_distinct_nodes_stay_below_the_limit_of_a_workflow() -> None:
    assert compiled(700) < 350_000


def test_each_node_adds_at_most_a_kilobyte_whatever_its_depth() -> None:
    shallow, deep = (compiled(count + 50) - compiled(count) for count in (50, 400))
    assert shallow / 50 <= 500
    assert abs(deep - shallow) / 50 < 10
