"""Inputs of catalog components: refused in one line, or exactly what the component's program gets."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.errors import NeurodeskError
from tests.safety.nasty import bounded, nasty, nasty_text
from tests.safety.workbench import Compiled, Workbench, assert_inert, only_coded_errors, twice_expanded
from tests.support.pipelines import catalog_node

CLUSTER = {
    "HOME": "REPLACED",
    "OWN_VARIABLE": "REPLACED",
    "KFP_POD_NAME": "REPLACED",
    "MINIO_SERVICE_HOST": "REPLACED",
    "http_proxy": "REPLACED",
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | nasty,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(nasty, inner, max_size=3),
    max_leaves=6,
)


def echo(bench: Workbench, widget: str = "string", text: Any = "x", **more: Any) -> Compiled:
    inputs = {"text": {"widget": widget, "value": text}} | {
        name: {"widget": "string", "value": value} for name, value in more.items()
    }
    return bench.compiled([catalog_node("echo", "echo", **inputs)])


def assert_exact(compiled: Compiled, text: str) -> None:
    assert compiled.inputs("echo")["text"] == text
    assert "--text" in compiled.arguments("echo")
    assert compiled.arguments("echo")[2] == text
    # twice: in the arguments of KFP's driver, then in those of the task
    assert twice_expanded(text, CLUSTER) == text
    assert_inert(compiled)


@bounded
@given(nasty_text)
def test_a_text_input(bench: Workbench, value: str) -> None:
    with only_coded_errors():
        assert_exact(echo(bench, text=value), value)


@bounded
@given(nasty_text)
def test_the_content_of_a_file(bench: Workbench, value: str) -> None:
    path = bench.root / "input.txt"
    path.write_bytes(value.encode("utf-8", "surrogatepass"))
    with only_coded_errors():
        assert_exact(echo(bench, "file", "input.txt"), value)


@bounded
@given(nasty_text)
def test_the_name_of_a_file(bench: Workbench, value: str) -> None:
    with only_coded_errors():
        assert_inert(echo(bench, "file", value))


@bounded
@given(st.lists(json_values, max_size=3), st.dictionaries(nasty, json_values, max_size=3))
def test_lists_and_dictionaries(bench: Workbench, rows: list[Any], table: dict[str, Any]) -> None:
    with only_coded_errors():
        compiled = echo(bench, rows=json.dumps(rows), table=json.dumps(table))
        seen = compiled.inputs("echo")
        assert seen.get("rows", []) == rows
        assert seen.get("table", {}) == table
        assert_inert(compiled)


@bounded
@given(st.one_of(nasty, st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.integers())))
def test_numbers(bench: Workbench, value: Any) -> None:
    with only_coded_errors():
        seen = echo(bench, number=value, ratio=value).inputs("echo")
        if "number" in seen:
            assert seen["number"] == int(value)
            assert float(seen["number"]) == seen["number"]
        if "ratio" in seen:
            assert seen["ratio"] == float(value)


@pytest.mark.parametrize(
    "value",
    [
        "{{$.pipeline_job_uuid}}",
        "{{$.pipeline_task_name}}",
        "before {{$.workspace_path}} after",
        "{{$.inputs.parameters['text']}}",
        "{{$.inputs.parameters['number']}}",
        "{{$}}",
        "{{workflow.uid}}",
        "{{=sprig.env('HOME')}}",
        "{{inputs.parameters.component}}",
        "an opening {{ alone",
        "$$",
        "$(OWN_VARIABLE)",
        "$(KFP_POD_NAME)",
        "$(http_proxy)",
    ],
)
def test_a_placeholder_that_a_user_typed_is_refused_and_named(bench: Workbench, value: str) -> None:
    with pytest.raises(NeurodeskError) as error:
        echo(bench, text=value)
    message = str(error.value)
    assert error.value.code == "ND-FIELD-010"
    assert "Node 'echo': input 'text'" in message
    assert value[:20] in message


@pytest.mark.parametrize(
    "value", ["$5", "$HOME", "${HOME}", "$(ls | wc -l)", "$(x)", "{ {x} }", "a}}b", "{%x%}"]
)
def test_what_only_looks_like_one_arrives(bench: Workbench, value: str) -> None:
    assert_exact(echo(bench, text=value), value)


@pytest.mark.parametrize("value", [2**53 + 1, -(2**60), str(10**20)])
def test_a_whole_number_that_a_64_bit_float_cannot_hold_is_refused(bench: Workbench, value: Any) -> None:
    with pytest.raises(NeurodeskError, match=r"ND-FIELD-012.*2\^53"):
        echo(bench, number=value)


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_a_number_that_json_does_not_have_is_refused(bench: Workbench, value: str) -> None:
    with pytest.raises(NeurodeskError, match=r"ND-(FIELD-012|VALUE-001)"):
        echo(bench, ratio=value)
