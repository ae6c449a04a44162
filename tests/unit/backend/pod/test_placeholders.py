import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elyra_neurodesk.backend.pod.errors import InvalidPlaceholder
from elyra_neurodesk.backend.pod.expansion import expand
from elyra_neurodesk.backend.pod.outputs import executor_input
from elyra_neurodesk.backend.pod.placeholders import (
    format_number,
    format_value,
    placeholder_values,
    resolve_arguments,
    resolve_constants,
)

JOB = {"pipeline_job_uuid": "run-1", "pipeline_job_name": "my run", "pipeline_task_name": "task"}


def values(tmp_path, **parameters):
    artifact = {"name": "a", "uri": "/data/in", "type": {"schemaTitle": "system.Dataset"}}
    inputs = {"parameters": parameters, "artifacts": {"in": artifact}}
    found = executor_input(inputs, {"out": "STRING"}, {"made": {}}, tmp_path)
    return found, placeholder_values(found, JOB)


def resolve(template, tmp_path, **parameters):
    return resolve_arguments([template], values(tmp_path, **parameters)[1])


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3, "3"),
        (3.0, "3"),
        (0.1, "0.1"),
        (-2.5, "-2.5"),
        (1e21, "1000000000000000000000"),
        (1e-7, "0.0000001"),
        (1.7976931348623157e308, "17976931348623157" + "0" * 292),
        (100.0, "100"),
        (0, "0"),
        (-0.0, "-0"),
        (2**53, "9007199254740992"),
    ],
)
def test_numbers_are_written_without_exponent_as_go_does(number, text):
    assert format_number(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_read_back_is_the_same_number(number):
    assert float(format_number(number)) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        ("", ""),
        (None, ""),
        ([1, "é"], '[1,"é"]'),
        ({"a": {"b": 1}}, '{"a":{"b":1}}'),
    ],
)
def test_other_values_are_written_as_kfp_does(value, text):
    assert format_value(value) == text


def test_every_kind_of_placeholder_is_replaced(tmp_path):
    template = (
        "{{$.inputs.parameters['x']}}|{{$.outputs.parameters['out'].output_file}}|{{$.inputs.artifacts['in'].path}}|"
        "{{$.inputs.artifacts['in'].uri}}|{{$.outputs.artifacts['made'].path}}|{{$.pipeline_job_uuid}}|"
        "{{$.pipeline_job_name}}|{{$.pipeline_task_name}}"
    )
    out = f"{tmp_path}/parameters/out"
    made = f"{tmp_path}/artifacts/made"
    assert resolve(template, tmp_path, x=2.0) == [f"2|{out}|/data/in|/data/in|{made}|run-1|my run|task"]


def test_the_executor_input_is_json_of_everything(tmp_path):
    expected, found = values(tmp_path, x=["a", {"b": None}], text='"{{$}}')
    assert json.loads(resolve_arguments(["{{$}}"], found)[0]) == expected


def test_text_that_came_from_a_value_is_never_read_again(tmp_path):
    nasty = "{{$.inputs.parameters['y']}} {{$}} $(HOME) $$ {{$.pipeline_job_uuid}}"
    found = values(tmp_path, x=nasty, y="secret")[1]
    template = "$(HOME)={{$.inputs.parameters['x']}}=$$(HOME)"
    words = resolve_arguments([template], found, lambda text: expand(text, {"HOME": "/home"}))
    assert words == [f"/home={nasty}=$(HOME)"]


def test_an_unknown_placeholder_stays(tmp_path):
    assert resolve("{{$.something_new}} {{x}} {{$.", tmp_path) == ["{{$.something_new}} {{x}} {{$."]


@pytest.mark.parametrize(
    "template",
    [
        "{{$.inputs.parameters['none']}}",
        "{{$.outputs.parameters['none'].output_file}}",
        "{{$.inputs.artifacts['none'].path}}",
        '{"Concat": 3}',
        '{"IfPresent": {"Then": "x"}}',
        '{"IfPresent": ',
    ],
)
def test_a_placeholder_without_a_value_is_an_error_that_shows_it(tmp_path, template):
    with pytest.raises(InvalidPlaceholder, match="ND-LOCAL-105"):
        resolve(template, tmp_path)


def test_if_present_gives_its_words_or_those_of_else_or_none(tmp_path):
    branches = {"Then": ["--x", "{{$.inputs.parameters['x']}}"], "Else": ["--no"]}
    form = json.dumps({"IfPresent": {"InputName": "x", **branches}})
    assert resolve(form, tmp_path, x="a b") == ["--x", "a b"]
    assert resolve(form, tmp_path) == ["--no"]
    assert resolve(form, tmp_path, x=None) == ["--no"]
    assert (
        resolve('{"IfPresent": {"InputName": "x", "Then": "{{$.inputs.parameters[\'x\']}}"}}', tmp_path) == []
    )
    assert resolve('{"IfPresent": {"InputName": "in", "Then": "yes"}}', tmp_path) == ["yes"]


def test_concat_joins_also_what_is_conditional(tmp_path):
    form = (
        '{"Concat": ["a-", "{{$.inputs.parameters[\'x\']}}", '
        '{"IfPresent": {"InputName": "y", "Then": {"Concat": ["-", "{{$.inputs.parameters[\'y\']}}"]}}}]}'
    )
    assert resolve(form, tmp_path, x=1) == ["a-1"]
    assert resolve(form, tmp_path, x=1, y="z") == ["a-1-z"]


def test_only_constants_of_the_package_are_read_for_placeholders():
    parameters = {
        "run": "{{$.pipeline_job_uuid}}",
        "typed": "{{$.pipeline_job_uuid}}",
        "pipelinechannel--n": 3.0,
        "joined": "{{$.inputs.parameters['pipelinechannel--n']}}-{{$.inputs.parameters['gone']}}",
        "number": 4,
    }
    assert resolve_constants(parameters, ("run", "joined", "number"), JOB) == {
        "run": "run-1",
        "typed": "{{$.pipeline_job_uuid}}",
        "pipelinechannel--n": 3.0,
        "joined": "3-{{$.inputs.parameters['gone']}}",
        "number": 4,
    }
