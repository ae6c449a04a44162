"""What Argo stores of a run of notebooks, on the form that a real cluster stored.

The recorded run (25 notebooks side by side, KFP 2.17, Argo 4.0.8) was compiled before specifications went
into the object store. `in_todays_form` puts what is compiled today in the place of what was compiled then, in
every copy that Argo keeps, and `of_tasks` makes runs of other sizes of it.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.graph.build import build_graph
from elyra_neurodesk.graph.model import TaskGraph
from elyra_neurodesk.graph.pipeline import NotebookNode, Parameter, Pipeline
from elyra_neurodesk.patches import patch_graph
from elyra_neurodesk.settings import SecretReference, SidecarDelivery
from elyra_neurodesk.storage.location import StorageLocation
from tests.support.contexts import context
from tests.support.kfp_driver import Launch, pod_spec_patch

RECORDED = Path(__file__).parents[1] / "data/kubeflow/wide25/workflow.json"
STORE = StorageLocation("http://seaweedfs.kubeflow:9000", "mlpipeline")
IMAGE = "vnmd/neurodesktop:2026-09-23"

Json = dict[str, Any]


def recorded_workflow() -> Json:
    """Return the Argo Workflow of the recorded run."""
    workflow: Json = json.loads(RECORDED.read_text("utf-8"))
    return workflow


def nodes_of(workflow: Mapping[str, Any]) -> Json:
    """Return the states of a workflow's nodes, which Argo compresses where they are large."""
    nodes: Json = json.loads(gzip.decompress(base64.b64decode(workflow["status"]["compressedNodes"])))
    return nodes


def compressed(nodes: Mapping[str, Any]) -> str:
    """Return nodes as Argo stores them: by their ids, which mixes tasks. Go's gzip needs some 5 % more."""
    return base64.b64encode(gzip.compress(compact(dict(sorted(nodes.items()))).encode(), 6)).decode()


def compact(content: Any) -> str:
    """Return JSON as Argo writes it."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def parameters(node: Mapping[str, Any], which: str) -> dict[str, str]:
    """Return a node's ``inputs`` or ``outputs`` by name."""
    return {one["name"]: one.get("value", "") for one in node.get(which, {}).get("parameters", ())}


def drivers(nodes: Mapping[str, Any]) -> dict[str, Json]:
    """Return the drivers' pods of a run's tasks, by the tasks' names."""
    found = [
        node for node in nodes.values() if node["type"] == "Pod" and "container" in parameters(node, "inputs")
    ]
    return {parameters(node, "inputs")["task-name"]: node for node in found}


def launch_of(driver: Mapping[str, Any]) -> tuple[Launch, dict[str, Any]]:
    """Return what a recorded driver knew of its run, and the inputs that its task got."""
    patch = json.loads(parameters(driver, "outputs")["pod-spec-patch"])
    command = patch["containers"][0]["command"]
    after = {flag: command[at + 1] for at, flag in enumerate(command[:-1]) if flag.startswith("--")}
    executor_input = json.loads(after["--executor_input"])
    launch = Launch(
        after["--pipeline_name"],
        after["--run_id"],
        parameters(driver, "inputs")["task-name"],
        after["--execution_id"],
        executor_input["outputs"]["outputFile"].split("/")[-2],
    )
    return launch, executor_input["inputs"]["parameterValues"]


def notebooks(names: tuple[str, ...], delivery: SidecarDelivery, parameter: bool = False) -> TaskGraph:
    """Return a patched graph of notebooks with Neurodesktop's image, as one on a cluster.

    Args:
        names: their labels.
        delivery: of the sidecar.
        parameter: whether they take the pipeline parameter ``fwhm_mm``.
    """
    given = (Parameter("fwhm_mm", "Float", 1.0),) if parameter else ()
    nodes = tuple(
        NotebookNode(
            name,
            name,
            f"{name}.ipynb",
            outputs=("out.txt",),
            parameters=("fwhm_mm",) if parameter else (),
            requests={"cpu": 1, "memory": 1},
        )
        for name in names
    )
    pipeline = Pipeline("wide25", nodes, source="wide25.pipeline", parameters=given)
    here = context(
        nodes=len(names),
        pipeline="wide25",
        source="wide25.pipeline",
        delivery=delivery,
        store=STORE,
        default_image=IMAGE,
        secret=SecretReference("mlpipeline-minio-artifact"),
        bootstrapper_url=STORE.url(STORE.bootstrapper_key("0123456789abcdef" * 4)),
    )
    return patch_graph(build_graph(pipeline, here, dict.fromkeys(names, "fedcba9876543210" * 4)), here)


def driver_inputs(
    graph: TaskGraph, task: str, values: Mapping[str, Any] | None = None
) -> tuple[Json, Json, Json, Json]:
    """Return component, task, container and Kubernetes configuration as KFP gives them to a task's driver.

    Args:
        graph: the pipeline.
        task: the task's name.
        values: of the pipeline's parameters.
    """
    spec, platform = compile_graph(graph)
    node = json.loads(json.dumps(spec["root"]["dag"]["tasks"][task]))
    for source in node["inputs"]["parameters"].values():
        if "componentInputParameter" in source:
            source["runtimeValue"] = {"constant": (values or {})[source["componentInputParameter"]]}
    component = spec["components"][node["componentRef"]["name"]]
    label = component["executorLabel"]
    container = spec["deploymentSpec"]["executors"][label]["container"]
    pods = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return component, node, container, pods[label]


def in_todays_form(workflow: Mapping[str, Any], delivery: SidecarDelivery) -> Json:
    """Return the states of a recorded run as they would be of the same notebooks compiled today."""
    nodes = nodes_of(workflow)
    recorded = drivers(nodes)
    graph = notebooks(tuple(recorded), delivery)
    replaced: dict[str, str] = {}
    for name, driver in recorded.items():
        made = driver_inputs(graph, name)
        before = parameters(driver, "inputs")
        for key, content in zip(("component", "task", "container", "kubernetes-config"), made, strict=True):
            replaced[before[key]] = compact(content)
        patch = pod_spec_patch(launch_of(driver)[0], *made)
        replaced[parameters(driver, "outputs")["pod-spec-patch"]] = patch
    for node in nodes.values():
        for which in ("inputs", "outputs"):
            for one in node.get(which, {}).get("parameters", ()):
                one["value"] = replaced.get(one.get("value", ""), one.get("value", ""))
    return nodes


def of_tasks(nodes: Mapping[str, Any], count: int) -> Json:
    """Return the states of a run of ``count`` tasks, made of one of 25: copies with other ids and times.

    What compresses badly is made anew for every copy: node ids, UUIDs, times, hashes.
    """
    chance = random.Random(count)
    names = list(drivers(nodes))
    once = {key: node for key, node in nodes.items() if not _task_of(node, names)}
    of_task = {
        name: compact({key: node for key, node in nodes.items() if _task_of(node, names) == name})
        for name in names
    }
    made = dict(once)
    for at in range(count):
        text = of_task[names[at % len(names)]]
        if at >= len(names):
            text = _with_other_ids(text, chance)
        made |= json.loads(text)
    return made


def _task_of(node: Mapping[str, Any], names: list[str]) -> str:
    """Return the task that a node of the workflow belongs to, "" for those that a run has once."""
    parts = re.split(r"[.]", node["name"])
    for part in parts:
        plain = re.sub(r"(\(\d+\))+$", "", part).removesuffix("-driver")
        if plain in names:
            return plain
    return ""


def _with_other_ids(text: str, chance: random.Random) -> str:
    def digits(found: re.Match[str]) -> str:
        return "".join(chance.choice("0123456789") for _ in found[0])

    def hexadecimal(found: re.Match[str]) -> str:
        return "".join(sign if sign == "-" else chance.choice("0123456789abcdef") for sign in found[0])

    known: dict[str, str] = {}

    def same(make: Any) -> Any:
        return lambda found: known.setdefault(found[0], make(found))

    text = re.sub(r"(?<=-)\d{6,10}\b", same(digits), text)
    text = re.sub(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", same(hexadecimal), text)
    return re.sub(r"(?<=T)\d\d:\d\d:\d\d(?=Z)", same(_time_of_day(chance)), text)


def _time_of_day(chance: random.Random) -> Any:
    return lambda found: f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}"
