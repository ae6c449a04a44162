"""Task graph to KFP's intermediate representation, written directly.

KFP's own compiler runs the pipeline's Python code and calls ``inspect.stack()`` in every setter; both cost
seconds on large pipelines, and running generated code is what lets a pipeline file break out. This module
builds the same messages (PipelineSpec of pipeline_spec.proto and the Kubernetes platform spec) from data. A
test compiles the exported Python DSL with KFP and compares task by task.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from elyra_neurodesk.compile.resources import resource_spec
from elyra_neurodesk.graph.components import compile_component
from elyra_neurodesk.graph.model import Constant, PipelineInput, Task, TaskGraph, TaskInput
from elyra_neurodesk.graph.pipeline import PARAMETER_TYPES, Parameter
from elyra_neurodesk.names import pipeline_name

SCHEMA_VERSION = "2.1.0"

Json = dict[str, Any]


def compile_graph(graph: TaskGraph) -> tuple[Json, Json]:
    """Return the pipeline spec and the platform spec ({} when no task needs one) as JSON.

    Raises:
        InvalidComponent: a catalog task's component definition cannot be read.
    """
    components: Json = {}
    executors: Json = {}
    tasks: Json = {}
    platform: Json = {}
    named: dict[str, str] = {}
    for task in graph.tasks:
        component, executor = _generic(task) if task.container else _catalog(task)
        content = json.dumps([component, executor, task.platform], sort_keys=True)
        if content not in named:
            # tasks whose component, executor and platform are equal share the first one's
            named[content] = task.name
            label = f"exec-{task.name}"
            components[f"comp-{task.name}"] = {**component, "executorLabel": label}
            executors[label] = executor
            if task.platform:
                platform[label] = dict(task.platform)
        tasks[task.name] = _dag_task(task, f"comp-{named[content]}")
    root: Json = {"dag": {"tasks": tasks}}
    if graph.parameters:
        root["inputDefinitions"] = {
            "parameters": {parameter.name: _definition(parameter) for parameter in graph.parameters}
        }
    info = {"name": pipeline_name(graph.name), "displayName": graph.name}
    if graph.description:
        info["description"] = graph.description
    spec = {
        "pipelineInfo": info,
        "schemaVersion": SCHEMA_VERSION,
        "sdkVersion": sdk_version(),
        "components": components,
        "deploymentSpec": {"executors": executors},
        "root": root,
    }
    if not platform:
        return spec, {}
    return spec, {"platforms": {"kubernetes": {"deploymentSpec": {"executors": platform}}}}


def sdk_version() -> str:
    """Return what KFP's compiler would write as ``sdkVersion``."""
    # kfp.version is the same, and half a second to import
    return f"kfp-{version('kfp')}"


def kubernetes_env(env: Iterable[tuple[str, str]]) -> list[Json]:
    """Return environment variables so that the task sees exactly the given values.

    Kubernetes expands ``$(NAME)`` in values and turns ``$$`` into ``$``: every ``$`` is doubled.
    """
    return [{"name": name, "value": value.replace("$", "$$")} for name, value in env]


def _generic(task: Task) -> tuple[Json, Json]:
    assert task.container is not None  # noqa: S101  for the type checker
    container: Json = {
        "image": task.container.image,
        "command": list(task.container.command),
        "args": list(task.container.args),
    }
    definitions = {
        name: {"parameterType": PARAMETER_TYPES[kind]} for name, kind in task.container.inputs.items()
    }
    component: Json = {"inputDefinitions": {"parameters": definitions}} if definitions else {}
    return component, {"container": _with_settings(container, task)}


def _catalog(task: Task) -> tuple[Json, Json]:
    assert task.component is not None  # noqa: S101  for the type checker
    compiled = compile_component(task.component)
    return compiled.component, {"container": _with_settings(dict(compiled.executor["container"]), task)}


def _with_settings(container: Json, task: Task) -> Json:
    own = {entry["name"] for entry in container.get("env", ())}
    env = kubernetes_env((name, value) for name, value in task.env.items() if name not in own)
    if env:
        container["env"] = [*container.get("env", ()), *env]
    resources = resource_spec(task.resources)
    if resources:
        container["resources"] = {**container.get("resources", {}), **resources}
    return container


def _dag_task(task: Task, component: str) -> Json:
    node: Json = {
        "cachingOptions": {} if task.caching is False else {"enableCache": True},
        "componentRef": {"name": component},
        "taskInfo": {"name": task.display_name},
    }
    if task.parents:
        node["dependentTasks"] = sorted(task.parents)
    artifacts = compile_component(task.component).artifact_inputs() if task.component else set()
    inputs: Json = {}
    for name, source in task.inputs.items():
        kind = "artifacts" if name in artifacts else "parameters"
        inputs.setdefault(kind, {})[name] = _source(source, kind)
    if inputs:
        node["inputs"] = inputs
    return node


def _source(source: TaskInput, kind: str) -> Json:
    if isinstance(source, Constant):
        return {"runtimeValue": {"constant": source.value}}
    if isinstance(source, PipelineInput):
        return {"componentInputParameter": source.name}
    if kind == "artifacts":
        return {"taskOutputArtifact": {"producerTask": source.task, "outputArtifactKey": source.key}}
    return {"taskOutputParameter": {"producerTask": source.task, "outputParameterKey": source.key}}


def _definition(parameter: Parameter) -> Json:
    definition: Json = {"parameterType": parameter.kfp_type}
    if parameter.value is not None:
        definition |= {"defaultValue": parameter.value, "isOptional": True}
    return definition
