"""Pipeline files that are not what the editor writes."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.notebooks.parameters import ParameterOfWrongType, UnknownParameter
from elyra_neurodesk.pipeline_files.definition import (
    PipelineFileUnreadable,
    check_connections,
    read_definition,
    set_parameters,
)
from tests.support.pipelines import notebook_node, pipeline

GOOD = pipeline([notebook_node("a", "a.py"), notebook_node("b", "b.py", ["a"])])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a JSON document."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, inner in entries:
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(path: tuple[Any, ...], new: Any) -> Any:
    """Return the good pipeline with one value replaced, or removed for `...`."""
    document = copy.deepcopy(GOOD)
    at: Any = document
    for key in path[:-1]:
        at = at[key]
    if new is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = new
    return document


@pytest.mark.parametrize("new", [..., None, [], {}, "x", 7], ids=repr)
def test_whatever_is_wrong_with_a_value_is_an_error_of_ours_or_none(tmp_path: Path, new: Any) -> None:
    file = tmp_path / "p.pipeline"
    for path in places(GOOD):
        file.write_text(json.dumps(changed(path, new)), "utf-8")
        try:
            check_connections(read_definition(file))
        except NeurodeskError:
            pass
        except Exception as problem:
            pytest.fail(f"{path} as {new!r}: {problem!r}")


def test_a_node_without_data_is_told_as_such(tmp_path: Path) -> None:
    document = changed(("pipelines", 0, "nodes", 0, "app_data"), ...)
    (tmp_path / "p.pipeline").write_text(json.dumps(document), "utf-8")
    expected = r"pipelines\[0\]\.nodes\[0\] must contain \['app_data'\] properties"
    with pytest.raises(PipelineFileUnreadable, match=expected):
        read_definition(tmp_path / "p.pipeline")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("pipelines", 0, "app_data", "ui_data"), False, "pipelines[0].app_data.ui_data must be object"),
        (
            ("pipelines", 0, "nodes", 1, "app_data", "label"),
            ["x"],
            "pipelines[0].nodes[1].app_data.label must be string or null",
        ),
        (
            ("pipelines", 0, "nodes", 0, "app_data", "component_parameters", "dependencies"),
            ["a", 7],
            "pipelines[0].nodes[0].app_data.component_parameters.dependencies[1] must be string",
        ),
        (("primary_pipeline",), "x", "no pipeline has the id of primary_pipeline"),
        (("pipelines",), [], "pipelines must contain at least 1 items"),
    ],
)
def test_the_place_of_what_is_wrong_is_named(
    tmp_path: Path, place: tuple[Any, ...], value: Any, said: str
) -> None:
    file = tmp_path / "p.pipeline"
    file.write_text(json.dumps(changed(place, value)), "utf-8")
    with pytest.raises(PipelineFileUnreadable) as raised:
        read_definition(file)
    assert raised.value.message == f"'{file}' is not a pipeline file: {said}."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps(GOOD).encode("utf-16"), "its text is not UTF-8"),
        (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
        (b"{", "it is not JSON"),
        (b"[]", "it must be object"),
        (b'{"pipelines": "' + b"x" * 100_000 + b'"}', "it must contain ['primary_pipeline'] properties"),
    ],
)
def test_a_file_that_is_none_is_one_short_line(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "p.pipeline").write_bytes(content)
    with pytest.raises(PipelineFileUnreadable) as raised:
        read_definition(tmp_path / "p.pipeline")
    assert said in raised.value.message
    assert len(raised.value.message) < 400


def with_parameters(*parameters: dict[str, Any]) -> dict[str, Any]:
    properties = {"pipeline_parameters": list(parameters)}
    return {"primary_pipeline": "p", "pipelines": [{"id": "p", "app_data": {"properties": properties}}]}


def test_values_of_pipeline_parameters_are_typed_by_what_the_pipeline_declares() -> None:
    definition = with_parameters(
        {"name": "n", "default_value": {"type": "Integer", "value": 1}},
        {"name": "who", "default_value": {"type": "String", "value": ""}},
        {"name": "flag", "default_value": {"type": "Bool"}},
        {"name": "left", "default_value": {"type": "Float", "value": 0.5}},
    )
    set_parameters(definition, {"n": "5", "who": "007", "flag": "true"}, "x.pipeline")
    declared = definition["pipelines"][0]["app_data"]["properties"]["pipeline_parameters"]
    assert [one["default_value"]["value"] for one in declared] == [5, "007", True, 0.5]


def test_a_pipeline_parameter_that_is_unknown_or_of_another_type_is_refused() -> None:
    declared = {"name": "n", "default_value": {"type": "Integer", "value": 1}}
    with pytest.raises(UnknownParameter, match="no pipeline parameter 'm'; those there are: n"):
        set_parameters(with_parameters(declared), {"m": "1"}, "x.pipeline")
    with pytest.raises(UnknownParameter, match="no pipeline parameter 'm'; it has none"):
        set_parameters(with_parameters(), {"m": "1"}, "x.pipeline")
    with pytest.raises(ParameterOfWrongType, match="a whole number"):
        set_parameters(with_parameters(declared), {"n": "many"}, "x.pipeline")
