"""The IR that we write is what KFP's own compiler makes of the DSL that we write."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from elyra_neurodesk.compile.dsl import write_dsl
from elyra_neurodesk.graph.model import (
    Constant,
    Container,
    Parameter,
    PipelineInput,
    Resources,
    Task,
    TaskGraph,
    TaskOutput,
)
from elyra_neurodesk.names import input_name
from tests.support.compiled import compiled_package
from tests.support.equivalence import compile_dsl, pipeline_facts, resolved_tasks

NASTY = "a'b\"c\\d\n$(HOME) `x` {{$.pipeline_job_uuid}} {{workflow.uid}} $$ é 日本 ${x} #{y} %s {z}"

COUNT = """
name: Count rows
description: Counts the rows of a table
inputs:
- {name: Table, type: String, description: a table}
- {name: Factor, type: Integer, default: '1'}
- {name: Strict, type: Boolean, optional: true}
- {name: Columns, type: JsonArray, optional: true}
outputs:
- {name: Rows, type: Integer}
- {name: Report, type: Data}
implementation:
  container:
    image: python:3.12
    command: [python3, -c, "print('x')", --table, {inputValue: Table}]
    args:
    - --factor
    - {inputValue: Factor}
    - {if: {cond: {isPresent: Strict}, then: [--strict, {inputValue: Strict}]}}
    - {if: {cond: {isPresent: Columns}, then: [--columns, {inputValue: Columns}]}}
    - {outputPath: Rows}
    - {outputPath: Report}
    env: {FROM_DEFINITION: "yes"}
"""
USE = """
name: Use
inputs:
- {name: rows, type: Integer}
- {name: report, type: Data}
implementation:
  container:
    image: alpine
    command: [cat, {inputPath: report}, {inputValue: rows}]
"""


def graph() -> TaskGraph:
    fwhm = Parameter("Fwhm_mm", "Float", 6.5, "smoothing\nin mm")
    flag = Parameter("flag", "Bool", True)
    note = Parameter("note", "String", NASTY)
    count = Parameter("count", "Integer", 3)
    convert = Task(
        name="convert-日"[:7],
        display_name="Convert 日本 " + NASTY,
        env={"A": NASTY, "EMPTY": ""},
        resources=Resources("0.5", "2", "1Gi", "2Gi", "nvidia.com/gpu", "1"),
        platform={
            "pvcMount": [{"constant": "cvmfs-neurodesk", "mountPath": "/cvmfs/x", "subPath": NASTY}],
            "podMetadata": {"labels": {"a/b": "c"}, "annotations": {"n": NASTY}},
            "initContainers": [{"name": "n", "image": "i", "command": ["sh"], "restartPolicy": "Always"}],
        },
        caching=False,
        container=Container("image:tag", ("sh", "-c", "x"), ("--task", NASTY.replace("{{", "{ {"))),
    )
    analyse = Task(
        name="analyse",
        display_name="analyse",
        parents=(convert.name,),
        inputs={
            input_name("Fwhm_mm"): PipelineInput("Fwhm_mm"),
            "flag": PipelineInput("flag"),
            "note": PipelineInput("note"),
        },
        container=Container(
            "image",
            ("sh",),
            (
                "--parameter",
                "Fwhm_mm={{$.inputs.parameters['" + input_name("Fwhm_mm") + "']}}",
                "{{$.pipeline_job_uuid}}",
            ),
            {input_name("Fwhm_mm"): "Float", "flag": "Bool", "note": "String"},
        ),
    )
    rows = Task(
        name="count-rows",
        display_name="Count",
        parents=("analyse",),
        inputs={
            "table": Constant(NASTY.replace("{{", "{ {")),
            "factor": PipelineInput("count"),
            "columns": Constant([1, "a"]),
        },
        env={"FROM_DEFINITION": "ignored", "B": "2"},
        caching=True,
        component=COUNT,
    )
    use = Task(
        name="use",
        display_name="Use",
        parents=("count-rows",),
        inputs={"rows": TaskOutput("count-rows", "rows"), "report": TaskOutput("count-rows", "report")},
        component=USE,
    )
    return TaskGraph(
        "My 'pipeline'", 'two\n"lines"', (convert, analyse, rows, use), (fwhm, flag, note, count)
    )


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    built = graph()
    return compiled_package(built), compile_dsl(write_dsl(built), tmp_path_factory.mktemp("dsl"))


def test_every_task_resolves_to_the_same_executor_inputs_and_platform(packages: tuple[str, str]) -> None:
    ours, theirs = map(resolved_tasks, packages)
    assert ours == theirs


def test_name_description_and_parameters_are_the_same(packages: tuple[str, str]) -> None:
    ours, theirs = map(pipeline_facts, packages)
    assert ours == theirs


def test_the_package_parses_with_the_protos_of_the_sdk(packages: tuple[str, str]) -> None:
    from google.protobuf import json_format
    from kfp.kubernetes import kubernetes_executor_config_pb2
    from kfp.pipeline_spec import pipeline_spec_pb2

    spec, platform = yaml.safe_load_all(packages[0])
    json_format.ParseDict(spec, pipeline_spec_pb2.PipelineSpec())
    for config in platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
        # no released SDK knows init containers
        known = {key: value for key, value in config.items() if key != "initContainers"}
        json_format.ParseDict(known, kubernetes_executor_config_pb2.KubernetesExecutorConfig())


def test_the_same_graph_gives_the_same_bytes(tmp_path: Path) -> None:
    assert compiled_package(graph()) == compiled_package(graph())
