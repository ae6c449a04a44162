"""Task graph to Python DSL: the ``.py`` export.

Every value goes through ``repr``, so nothing that a user typed can become code. The file,
run by hand, compiles to a pipeline equivalent to what `elyra_neurodesk.compile.ir` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from elyra_neurodesk.compile.ir import kubernetes_env
from elyra_neurodesk.graph.model import Constant, PipelineInput, Task, TaskGraph
from elyra_neurodesk.names import pipeline_name

_TYPES = {"String": "str", "CustomString": "str", "Integer": "int", "Float": "float", "Bool": "bool"}
_COMPONENT_TYPES = {
    **dict.fromkeys(_TYPES, "String"),
    "Integer": "Integer",
    "Float": "Float",
    "Bool": "Boolean",
}
_SETTERS = {
    "cpu_request": "set_cpu_request",
    "cpu_limit": "set_cpu_limit",
    "memory_request": "set_memory_request",
    "memory_limit": "set_memory_limit",
    "accelerator_count": "set_accelerator_limit",
    "accelerator_type": "set_accelerator_type",
}

_HEAD = '''"""A Neurodesk pipeline as Kubeflow Pipelines DSL, written by elyra-neurodesk.

Run this file with Python to compile it to YAML beside it.
"""

from pathlib import Path

import yaml
from google.protobuf import json_format
from kfp import components, dsl


def _load(definition):
    return components.load_component_from_text(yaml.safe_dump_all(definition))

'''

_TAIL = """

if __name__ == "__main__":
    # what kfp.compiler.Compiler().compile() writes, less its comments: a line break in a parameter's default
    # value ends kfp's comment early and spoils the file
    _specs = [generated_pipeline.pipeline_spec, generated_pipeline.platform_spec]
    _documents = [document for document in map(json_format.MessageToDict, _specs) if document]
    Path(__file__).with_suffix(".yaml").write_text(yaml.safe_dump_all(_documents), "utf-8")
"""


def write_dsl(graph: TaskGraph) -> str:
    """Return the graph as a Python module that defines ``generated_pipeline``."""
    definitions = {task.name: _definition(task) for task in graph.tasks}
    text = "\n".join((_HEAD, f"_COMPONENTS = {definitions!r}", "", *_pipeline(graph), _TAIL))
    # for the eye only; imported here because it takes a while
    import black

    return black.format_str(text, mode=black.Mode(line_length=110))


def _definition(task: Task) -> list[Any]:
    """Return the documents of a component YAML whose name is the task's."""
    if task.component is not None:
        first, *more = yaml.safe_load_all(task.component)
        if "pipelineInfo" in first:  # compiled by KFP version 2
            return [_renamed(first, task.name), *more]
        return [{**first, "name": task.name}, *more]
    assert task.container is not None  # noqa: S101  for the type checker
    definition: dict[str, Any] = {"name": task.name}
    if task.container.inputs:
        definition["inputs"] = [
            {"name": name, "type": _COMPONENT_TYPES[kind]} for name, kind in task.container.inputs.items()
        ]
    definition["implementation"] = {
        "container": {
            "image": task.container.image,
            "command": list(task.container.command),
            "args": list(task.container.args),
        }
    }
    return [definition]


def _renamed(compiled: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a compiled component under another name, by which KFP finds all its parts."""
    (component,) = compiled["components"].values()
    (executor,) = compiled["deploymentSpec"]["executors"].values()
    (task,) = compiled["root"]["dag"]["tasks"].values()
    dag = {**compiled["root"]["dag"], "tasks": {name: {**task, "componentRef": {"name": f"comp-{name}"}}}}
    return {
        **compiled,
        "components": {f"comp-{name}": {**component, "executorLabel": f"exec-{name}"}},
        "deploymentSpec": {"executors": {f"exec-{name}": executor}},
        "pipelineInfo": {**compiled["pipelineInfo"], "name": name},
        "root": {**compiled["root"], "dag": dag},
    }


def _pipeline(graph: TaskGraph) -> Iterator[str]:
    options = [f"name={pipeline_name(graph.name)!r}", f"display_name={graph.name!r}"]
    if graph.description:
        options.append(f"description={graph.description!r}")
    yield f"@dsl.pipeline({', '.join(options)})"
    arguments = ", ".join(
        f"{parameter.name}: {_TYPES[parameter.type]}"
        + ("" if parameter.value is None else f" = {parameter.value!r}")
        for parameter in sorted(graph.parameters, key=lambda parameter: parameter.value is not None)
    )
    yield f"def generated_pipeline({arguments}):"
    # parameter names begin with a letter, so none can hide this name
    yield "    _tasks = {}"
    for task in graph.tasks:
        yield from _task(task)


def _task(task: Task) -> Iterator[str]:
    yield ""
    arguments = ", ".join(f"{name}={_argument(source)}" for name, source in task.inputs.items())
    yield f"    _task = _tasks[{task.name!r}] = _load(_COMPONENTS[{task.name!r}])({arguments})"
    yield f"    _task.set_display_name({task.display_name!r})"
    if task.parents:
        yield f"    _task.after({', '.join(f'_tasks[{parent!r}]' for parent in task.parents)})"
    if task.caching is False:
        yield "    _task.set_caching_options(enable_caching=False)"
    for name, setter in _SETTERS.items():
        if value := getattr(task.resources, name):
            yield f"    _task.{setter}({value!r})"
    for entry in kubernetes_env(_own_env(task).items()):
        yield f"    _task.set_env_variable({entry['name']!r}, {entry['value']!r})"
    if task.platform:
        yield f"    _task.platform_config['kubernetes'] = {dict(task.platform)!r}"


def _own_env(task: Task) -> Mapping[str, str]:
    if task.component is None:
        return task.env
    from elyra_neurodesk.graph.components import compile_component

    container = compile_component(task.component).executor["container"]
    own = {entry["name"] for entry in container.get("env", ())}
    return {name: value for name, value in task.env.items() if name not in own}


def _argument(source: Any) -> str:
    if isinstance(source, Constant):
        return repr(source.value)
    if isinstance(source, PipelineInput):
        return source.name
    return f"_tasks[{source.task!r}].outputs[{source.key!r}]"
