"""Nodes are put in order; graphs that have none are refused."""

from __future__ import annotations

import random

import pytest

from elyra_neurodesk.graph.order import PipelineHasCycle, PipelineHasNoNodes, UnknownParent, topological_order


def order(parents: dict[str, list[str]]) -> tuple[str, ...]:
    return topological_order(parents, {node: f"label {node}" for node in parents})


def test_a_chain_of_5000_nodes_in_any_order_is_put_in_order() -> None:
    parents = {str(number): [str(number - 1)] if number else [] for number in range(5000)}
    shuffled = list(parents.items())
    random.Random(1).shuffle(shuffled)
    assert order(dict(shuffled)) == tuple(map(str, range(5000)))


def test_a_cycle_names_its_nodes() -> None:
    with pytest.raises(PipelineHasCycle, match="'label a'") as caught:
        order({"a": ["c"], "b": ["a"], "c": ["b"], "d": []})
    assert "'label b'" in str(caught.value)


def test_a_node_that_waits_for_itself_is_a_cycle() -> None:
    with pytest.raises(PipelineHasCycle, match="'label a' -> 'label a'"):
        order({"a": ["a"]})


def test_an_unknown_parent_is_named() -> None:
    with pytest.raises(UnknownParent, match="'label a' waits for node 'ghost'"):
        order({"a": ["ghost"]})


def test_a_pipeline_without_nodes_is_refused() -> None:
    with pytest.raises(PipelineHasNoNodes):
        order({})


def test_a_parent_named_twice_counts_once() -> None:
    assert order({"b": ["a", "a"], "a": []}) == ("a", "b")
