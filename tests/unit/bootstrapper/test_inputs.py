from __future__ import annotations

from typing import Any

import pytest

from elyra_neurodesk.bootstrapper.inputs import InputUnavailable, by_distance, choose


def record(*parents: str, **files: str) -> dict[str, Any]:
    outputs = [{"path": path, "key": f"k/{path}", "size": 1, "sha256": sha} for path, sha in files.items()]
    return {"parents": list(parents), "outputs": outputs}


def test_a_task_wins_over_those_it_was_made_from_even_if_both_are_parents() -> None:
    records = {"a": record(x="1"), "b": record("a", x="2")}
    chosen, conflicts = choose(["a", "b"], records)
    assert [(item.path, item.origin) for item in chosen] == [("x", "b")]
    assert conflicts == [("x", "b", "a")]


def test_between_equals_the_first_named_wins_and_equal_contents_are_no_conflict() -> None:
    records = {"a": record(x="1", y="1"), "b": record(x="1", y="2")}
    chosen, conflicts = choose(["b", "a"], records)
    assert [(item.path, item.origin) for item in chosen] == [("x", "b"), ("y", "b")]
    assert conflicts == [("y", "b", "a")]


def test_distance_follows_the_longest_way() -> None:
    records = {"a": record(), "b": record("a"), "c": record("b", "a"), "d": record()}
    assert by_distance(["a", "c", "d"], records) == ["c", "d", "b", "a"]


def test_records_in_a_circle_do_not_hang() -> None:
    records = {"a": record("b"), "b": record("a")}
    assert set(by_distance(["a"], records)) == {"a", "b"}


@pytest.mark.parametrize("path", ["../x", "/x", ""])
def test_a_path_that_leaves_the_directory_is_refused(path: str) -> None:
    with pytest.raises(InputUnavailable, match="leaves the working directory"):
        choose(["a"], {"a": record(**{path: "1"})})


def test_a_record_of_another_shape_is_refused() -> None:
    with pytest.raises(InputUnavailable, match="cannot be read"):
        choose(["a"], {"a": {"outputs": [{"path": "x"}]}})
