import pytest
from google.protobuf.json_format import ParseDict
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec.pipeline_spec_pb2 import (
    ComponentSpec,
    PipelineDeploymentConfig,
    PipelineSpec,
    PipelineTaskSpec,
)

from elyra_neurodesk.backend.package.errors import InvalidParameters, TaskInputMissing
from elyra_neurodesk.backend.package.inputs import TaskInputs, check_run_parameters, resolve_inputs
from elyra_neurodesk.backend.package.model import ContainerResources, Package, PackageTask

PARAMETERS = {
    "needed": {"parameterType": "STRING"},
    "number": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3},
    "ratio": {"parameterType": "NUMBER_DOUBLE", "isOptional": True},
    "flag": {"parameterType": "BOOLEAN", "isOptional": True},
    "items": {"parameterType": "LIST", "defaultValue": [1, {"a": 2}]},
    "table": {"parameterType": "STRUCT", "isOptional": True},
}
PACKAGE = Package(
    ParseDict(
        {"pipelineInfo": {"name": "pipe"}, "root": {"inputDefinitions": {"parameters": PARAMETERS}}},
        PipelineSpec(),
    ),
    tasks={},
)


def test_defaults_are_filled_in_and_optional_ones_left_out():
    found = check_run_parameters(PACKAGE, {"needed": "", "ratio": None})
    assert found == {"needed": "", "number": 3, "items": [1, {"a": 2}]}
    assert isinstance(found["number"], int)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"needed": "x", "nedeed": "x"},
            "no parameter 'nedeed' (its parameters: flag, items, needed, number",
        ),
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


def task(declared, given, artifacts=None, kubernetes=None) -> PackageTask:
    return PackageTask(
        name="t",
        spec=ParseDict({"inputs": {"parameters": given, "artifacts": artifacts or {}}}, PipelineTaskSpec()),
        component=ParseDict({"inputDefinitions": {"parameters": declared}}, ComponentSpec()),
        container=PipelineDeploymentConfig.PipelineContainerSpec(),
        resources=ContainerResources(),
        kubernetes=ParseDict(kubernetes or {}, KubernetesExecutorConfig()),
        init_containers=(),
        parents=(),
    )


def output(name: str) -> dict:
    return {"taskOutputParameter": {"producerTask": "up", "outputParameterKey": name}}


def test_a_task_gets_constants_run_parameters_and_outputs_of_other_tasks():
    node = task(
        declared={
            "constant": {"parameterType": "STRING"},
            "given": {"parameterType": "NUMBER_INTEGER"},
            "made": {"parameterType": "STRING"},
            "unset": {"parameterType": "STRING", "isOptional": True},
            "default": {"parameterType": "STRING", "defaultValue": "d"},
        },
        given={
            "constant": {"runtimeValue": {"constant": "{{$.pipeline_job_uuid}}"}},
            "given": {"componentInputParameter": "n"},
            "made": output("out"),
            "unset": {"componentInputParameter": "absent"},
            "default": {"componentInputParameter": "absent"},
            "pipelinechannel--n": {"componentInputParameter": "n"},
        },
        artifacts={"data": {"taskOutputArtifact": {"producerTask": "up", "outputArtifactKey": "file"}}},
        kubernetes={
            "pvcMount": [
                {"mountPath": "/a", "pvcNameParameter": {"componentInputParameter": "claim"}},
                {
                    "mountPath": "/b",
                    "constant": "old form",
                    "pvcNameParameter": {"runtimeValue": {"constant": "fixed"}},
                },
                {"mountPath": "/c", **output("out")},
                {"mountPath": "/d", "constant": "plain"},
                {"mountPath": "/e", "componentInputParameter": "claim"},
            ],
            "secretAsEnv": [{"secretName": "s", "keyToEnv": []}],
        },
    )
    outputs = {"up": {"parameters": {"out": "o"}, "artifacts": {"file": {"uri": "/f"}}}}
    found = resolve_inputs(node, {"n": 4.0, "claim": "mine"}, outputs)
    assert found == TaskInputs(
        parameters={
            "constant": "{{$.pipeline_job_uuid}}",
            "default": "d",
            "given": 4,
            "made": "o",
            "pipelinechannel--n": 4,
        },
        artifacts={"data": {"uri": "/f"}},
        constants=frozenset({"constant"}),
        kubernetes=found.kubernetes,
    )
    claims = [mount["claim"] for mount in found.kubernetes["pvcMount"]]
    assert claims == ["mine", "fixed", "o", "plain", "mine"]
    assert found.kubernetes["secretAsEnv"][0]["secretName"] == "s"


@pytest.mark.parametrize(
    "given", [{"in": {"componentInputParameter": "x"}}, {"in": output("x")}, {}], ids=["run", "task", "none"]
)
def test_a_missing_required_input_is_named(given):
    with pytest.raises(TaskInputMissing, match="ND-LOCAL-106") as caught:
        resolve_inputs(task({"in": {"parameterType": "STRING"}}, given), {}, {})
    assert "'in'" in str(caught.value)


def test_a_volume_whose_name_is_missing_is_named():
    mount = {"mountPath": "/a", "pvcNameParameter": output("claim")}
    with pytest.raises(TaskInputMissing, match="the output 'claim' of task 'up'"):
        resolve_inputs(task({}, {}, kubernetes={"pvcMount": [mount]}), {}, {})
