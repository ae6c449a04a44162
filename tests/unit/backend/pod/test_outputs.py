import json

import pytest

from elyra_neurodesk.backend.pod.errors import OutputUnavailable
from elyra_neurodesk.backend.pod.outputs import collect_outputs, executor_input, parse_text


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        (" a\n", "STRING", " a\n"),
        (" 3\n", "NUMBER_INTEGER", 3),
        ("1e-3\n", "NUMBER_DOUBLE", 0.001),
        ("True\n", "BOOLEAN", True),
        ("0", "BOOLEAN", False),
        ("[1]", "LIST", [1]),
        ('{"a": 1}', "STRUCT", {"a": 1}),
    ],
)
def test_an_output_file_is_read_by_its_type(text, kind, value):
    assert parse_text(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("3.5", "NUMBER_INTEGER"),
        ("", "NUMBER_DOUBLE"),
        ("nan", "NUMBER_DOUBLE"),
        ("yes", "BOOLEAN"),
        ("{}", "LIST"),
        ("[", "LIST"),
        ("[]", "STRUCT"),
    ],
)
def test_text_of_another_type_is_an_error(text, kind):
    with pytest.raises(ValueError):  # noqa: PT011
        parse_text(text, kind)


def outputs_of(directory, types, artifacts=()):
    inputs = {"parameters": {}, "artifacts": {}}
    return executor_input(
        inputs, types, {name: {"schemaTitle": "system.Model"} for name in artifacts}, directory
    )["outputs"]


def test_the_executor_output_file_comes_before_single_files(tmp_path):
    (tmp_path / "parameters").mkdir()
    (tmp_path / "parameters" / "a").write_text("from file")
    (tmp_path / "parameters" / "b").write_text("7")
    model = {
        "artifacts": [{"name": "m", "uri": "/elsewhere", "metadata": {"n": 1}, "custom_path": "/custom"}]
    }
    written = {"parameterValues": {"a": "from json"}, "artifacts": {"m": model}}
    (tmp_path / "executor_output.json").write_text(json.dumps(written))
    types = {"a": "STRING", "b": "NUMBER_INTEGER"}
    assert collect_outputs(outputs_of(tmp_path, types, ["m"]), types) == {
        "parameters": {"a": "from json", "b": 7},
        "artifacts": {
            "m": {
                "name": "m",
                "type": {"schemaTitle": "system.Model"},
                "uri": "/elsewhere",
                "metadata": {"n": 1},
                "customPath": "/custom",
            }
        },
    }


def test_a_missing_output_is_named(tmp_path):
    with pytest.raises(OutputUnavailable, match=r"ND-LOCAL-115: the task did not write its output 'a'"):
        collect_outputs(outputs_of(tmp_path, {"a": "STRING"}), {"a": "STRING"})


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_a_broken_executor_output_file_is_an_error(tmp_path, content):
    (tmp_path / "executor_output.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(OutputUnavailable):
        collect_outputs(outputs_of(tmp_path, {}), {})
