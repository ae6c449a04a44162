"""What reaches the pod, as the code in it sees it: one run on the embedded backend."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.backend import running_backend
from tests.support.pipelines import catalog_node, node_id, notebook_node, write_pipeline

NASTY = "a'b\"c; d\\n\n$HOME `x` é 日本 {workflow.uid}"
CODE = """
import json, os
seen = {name: os.environ.get(name) for name in ("WHO", "Subject_ID", "FWHM", "Flag", "Left_Out",
        "ELYRA_RUN_NAME", "ELYRA_RUNTIME_ENV", "ELYRA_WRITABLE_CONTAINER_DIR", "ELYRA_ENABLE_PIPELINE_INFO")}
seen["helper"] = open("data/deep/helper.txt").read()
mount = next(line.split()[4] for line in open("/proc/self/mountinfo") if line.split()[4] == "/dev/shm")
open(mount + "/" + seen["WHO"], "w").write("shared memory")
seen["study"] = sorted(os.listdir("/data"))
json.dump(seen, open("out.json", "w"))
json.dump({"outputs": []}, open("mlpipeline-ui-metadata.json", "w"))
"""
CHILD = """
import json
print(json.dumps(json.load(open("out.json"))["WHO"]))
open("who.txt", "w").write(json.load(open("out.json"))["WHO"])
"""
MAKE = """
name: Make
outputs:
- {name: Text, type: String}
implementation:
  container:
    image: example.org/x:1
    command: [sh, -c, 'mkdir -p "$(dirname "$0")" && printf "a b" > "$0"', {outputPath: Text}]
"""
SHOW = """
name: Show
inputs:
- {name: Given, type: String}
implementation:
  container:
    image: example.org/x:1
    command: [sh, -c, 'echo "given=$0 run=$ELYRA_RUN_NAME."', {inputValue: Given}]
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("parity")
    work, claim = folder / "work", folder / "claim"
    (claim / "study/sub-01").mkdir(parents=True)
    (work / "data/deep").mkdir(parents=True)
    (work / "data/deep/helper.txt").write_text("helper", "utf-8")
    (work / "same.py").write_text(CODE, "utf-8")
    (work / "child.py").write_text(CHILD, "utf-8")
    (work / "components").mkdir()
    (work / "components/make.yaml").write_text(MAKE, "utf-8")
    (work / "components/show.yaml").write_text(SHOW, "utf-8")
    with running_backend(folder, "--claim", f"bids={claim}") as backend:
        backend.jupyter.catalog("tools", work / "components")
        ids = backend.jupyter.component_ids()
        shared: dict[str, Any] = {
            "outputs": ["out.json"],
            "dependencies": ["data/**"],
            "pipeline_parameters": ["Subject_ID", "FWHM", "Flag", "Left_Out"],
            "kubernetes_shared_mem_size": {"size": 1, "units": "G"},
            "mounted_volumes": [
                {"path": "/data", "pvc_name": "bids", "sub_path": "study", "read_only": True}
            ],
        }
        nodes = [
            notebook_node(name, "same.py", env_vars=[{"env_var": "WHO", "value": name}], **shared)
            for name in ("one", "two")
        ]
        nodes.append(notebook_node("after two", "child.py", ["two"], outputs=["who.txt"]))
        nodes.append(catalog_node("Make", ids["Make"]))
        given = {"widget": "inputpath", "value": {"value": node_id("Make"), "option": "output_text"}}
        nodes.append(catalog_node("Show", ids["Show"], ["Make"], given=given))
        parameters: list[dict[str, Any]] = [
            {"name": "Subject_ID", "default_value": {"type": "String", "value": NASTY}, "required": True},
            {"name": "FWHM", "default_value": {"type": "Float", "value": 6.5}},
            {"name": "Flag", "default_value": {"type": "Bool", "value": True}},
            {"name": "Left_Out", "default_value": {"type": "Integer"}},
        ]
        path = write_pipeline(
            work / "parity.pipeline",
            nodes,
            pipeline_parameters=[{"description": "", **parameter} for parameter in parameters],
        )
        submission = backend.submit(path)
        run = backend.wait(submission["run_id"])
        assert run["state"] == "SUCCEEDED", (run, backend.logs(submission["run_id"]))
        logs = backend.logs(submission["run_id"])
        yield {"id": submission["run_id"], "outputs": backend.outputs(submission), "logs": logs}


def test_nodes_of_the_same_file_keep_their_outputs_apart(ran: dict[str, Any]) -> None:
    for name in ("one", "two"):
        assert json.loads(ran["outputs"][f"{name}/out.json"])["WHO"] == name
        assert f"{name}/same.log" in ran["outputs"]
    assert ran["outputs"]["after-two/who.txt"] == b"two"


def test_code_sees_parameters_run_name_sub_path_dependencies_and_elyra_variables(ran: dict[str, Any]) -> None:
    seen = json.loads(ran["outputs"]["one/out.json"])
    assert seen == {
        "WHO": "one",
        "Subject_ID": NASTY,
        "FWHM": "6.5",
        "Flag": "True",
        "Left_Out": None,
        "ELYRA_RUN_NAME": ran["id"],
        "ELYRA_RUNTIME_ENV": "kfp",
        "ELYRA_WRITABLE_CONTAINER_DIR": "/tmp",
        "ELYRA_ENABLE_PIPELINE_INFO": "True",
        "helper": "helper",
        "study": ["sub-01"],
    }


def test_files_for_kfp_pages_are_kept(ran: dict[str, Any]) -> None:
    assert ran["outputs"]["one/mlpipeline-ui-metadata.json"] == b'{"outputs": []}'


def test_components_see_their_inputs_and_the_run_name(ran: dict[str, Any]) -> None:
    assert f"given=a b run={ran['id']}." in ran["logs"]["show/1/main.log"]
