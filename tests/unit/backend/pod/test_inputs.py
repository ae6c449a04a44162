import pytest

from elyra_neurodesk.backend.pod import Executor, Inputs, Package, Parameter, TaskNode
from elyra_neurodesk.backend.pod.errors import InvalidParameters, MissingInput
from elyra_neurodesk.backend.pod.inputs import check_run_parameters, resolve_inputs
from elyra_neurodesk.backend.pod.model import Constant, FromPipeline, FromTask, InputArtifact, InputParameter

PACKAGE = Package(
    name="pipe",
    description="",
    parameters={
        "needed": Parameter("STRING"),
        "number": Parameter("NUMBER_INTEGER", 3.0, has_default=True),
        "ratio": Parameter("NUMBER_DOUBLE", optional=True),
        "flag": Parameter("BOOLEAN", optional=True),
        "items": Parameter("LIST", [1.0, {"a": 2.0}], has_default=True),
        "table": Parameter("STRUCT", optional=True),
    },
    tasks={},
)


def test_defaults_are_filled_in_and_optional_ones_left_out():
    found = check_run_parameters(PACKAGE, {"needed": "", "ratio": None})
    assert found == {"needed": "", "number": 3, "items": [1, {"a": 2}]}
    assert isinstance(found["number"], int)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"needed": "x", "nedeed": "x"}, "no parameter 'nedeed' (its parameters: needed, number"),
        ({}, "needs a value for its parameter 'needed' (a string)"),
        ({"needed": 3}, "'needed' of the pipeline 'pipe' takes a string, not '3'"),
        ({"needed": "x", "number": 1.5}, "takes an integer"),
        ({"needed": "x", "number": True}, "takes an integer"),
        ({"needed": "x", "number": "3"}, "takes an integer"),
        ({"needed": "x", "ratio": "0.5"}, "takes a number"),
        ({"needed": "x", "flag": 1}, "takes true or false"),
        ({"needed": "x", "items": {}}, "takes a list"),
        ({"needed": "x", "table": []}, "takes a mapping"),
    ],
)
def test_wrong_parameters_are_refused_in_one_line(given, words):
    with pytest.raises(InvalidParameters) as caught:
        check_run_parameters(PACKAGE, given)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def task(**inputs):
    return TaskNode("t", "t", (), Executor("e", "i"), input_parameters=inputs)


def test_a_task_gets_constants_run_parameters_and_outputs_of_other_tasks():
    node = TaskNode(
        "t",
        "t",
        ("up",),
        Executor("e", "i"),
        platform={
            "pvcMount": [
                {"mountPath": "/a", "pvcNameParameter": {"componentInputParameter": "claim"}},
                {
                    "mountPath": "/b",
                    "constant": "fixed",
                    "pvcNameParameter": {"runtimeValue": {"constant": "fixed"}},
                },
                {
                    "mountPath": "/c",
                    "taskOutputParameter": {"producerTask": "up", "outputParameterKey": "out"},
                },
            ],
            "secretAsEnv": [{"secretName": "s", "keyToEnv": []}],
        },
        input_parameters={
            "constant": InputParameter(Parameter("STRING"), Constant("{{$.pipeline_job_uuid}}")),
            "given": InputParameter(Parameter("NUMBER_INTEGER"), FromPipeline("n")),
            "made": InputParameter(Parameter("STRING"), FromTask("up", "out")),
            "unset": InputParameter(Parameter("STRING", optional=True), FromPipeline("absent")),
            "default": InputParameter(Parameter("STRING", "d", has_default=True), FromPipeline("absent")),
        },
        input_artifacts={"data": InputArtifact({}, FromTask("up", "file")), "left": InputArtifact({}, None)},
    )
    outputs = {"up": {"parameters": {"out": "o"}, "artifacts": {"file": {"uri": "/f"}}}}
    found = resolve_inputs(node, {"n": 4.0, "claim": "mine"}, outputs)
    assert found == Inputs(
        parameters={"constant": "{{$.pipeline_job_uuid}}", "given": 4, "made": "o", "default": "d"},
        artifacts={"data": {"uri": "/f"}},
        constants=frozenset({"constant"}),
        platform=found.platform,
    )
    assert [mount["claim"] for mount in found.platform["pvcMount"]] == ["mine", "fixed", "o"]
    assert found.platform["secretAsEnv"][0]["secretName"] == "s"


@pytest.mark.parametrize(
    ("source", "words"), [(FromPipeline("x"), "'in'"), (FromTask("up", "x"), "'in'"), (None, "'in'")]
)
def test_a_missing_required_input_is_named(source, words):
    with pytest.raises(MissingInput, match="ND-LOCAL-106") as caught:
        resolve_inputs(task(**{"in": InputParameter(Parameter("STRING"), source)}), {}, {})
    assert words in str(caught.value)
