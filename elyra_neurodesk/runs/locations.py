"""Where a run's files are, read from the pipeline that it ran.

A generic task carries its `TaskSpec` as JSON in two parts: what is its own as the constant ``task`` among its
input parameters, what all tasks of the pipeline share in the arguments of its executor. The names of
what is read here are those of KFP's pipeline_spec.proto in its JSON form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from elyra_neurodesk.bootstrapper.spec import InvalidTaskSpec, Store, TaskSpec

PARAMETER = "task"
"""Name of the input parameter that carries a task's specification where executors are shared."""


@dataclass(frozen=True)
class SpecTask:
    """One task that runs a container, as the pipeline spec has it.

    Attributes:
        name: its key in the DAG, which is the task's name everywhere in KFP.
        display_name: what people see.
        spec: what the bootstrapper is told; None for catalog components.
        image: the container image that the pipeline asks for.
    """

    name: str
    display_name: str
    spec: TaskSpec | None
    image: str = ""


def pipeline_spec_of(package: str | Mapping[str, Any]) -> dict[str, Any]:
    """Return the pipeline spec in a compiled package.

    Args:
        package: YAML text of one or two documents; or what the API returns: the pipeline spec, or a mapping
            with ``pipeline_spec`` and ``platform_spec``.

    Returns:
        The pipeline spec; {} when there is none.
    """
    if isinstance(package, str):
        documents = [document for document in yaml.safe_load_all(package) if isinstance(document, dict)]
        return next((document for document in documents if "deploymentSpec" in document), {})
    inner = package.get("pipeline_spec")
    return dict(inner if isinstance(inner, Mapping) else package)


def spec_tasks(package: str | Mapping[str, Any]) -> list[SpecTask]:
    """Return the tasks of a pipeline that run a container, parents before children where possible.

    Sub-DAGs are entered; a component used by several tasks gives one entry for each of them.
    """
    pipeline = pipeline_spec_of(package)
    executors = _at(pipeline, "deploymentSpec", "executors")
    components = _at(pipeline, "components")
    return list(_tasks_of(_at(pipeline, "root", "dag", "tasks"), components, executors))


def find_store(package: str | Mapping[str, Any]) -> tuple[Store, str] | None:
    """Return the store and the directory below its prefix that a pipeline writes to.

    Args:
        package: as for `pipeline_spec_of`.

    Returns:
        None when no task of the pipeline is one of ours.
    """
    for task in spec_tasks(package):
        if task.spec is not None:
            return task.spec.store, task.spec.directory
    return None


def _tasks_of(
    tasks: Mapping[str, Any], components: Mapping[str, Any], executors: Mapping[str, Any], depth: int = 0
) -> Iterator[SpecTask]:
    for name in _in_order(tasks):
        task = tasks[name]
        component = _at(components, str(_at(task, "componentRef").get("name")))
        inner = _at(component, "dag", "tasks")
        if inner and depth < 20:  # kfp nests by groups; a spec that nests deeper refers to itself
            yield from _tasks_of(inner, components, executors, depth + 1)
        elif "executorLabel" in component:
            executor = _at(executors, str(component["executorLabel"]))
            display_name = _at(task, "taskInfo").get("name") or name
            image = str(_at(executor, "container").get("image") or "")
            yield SpecTask(name, str(display_name), _task_spec(task, executor), image)


def _in_order(tasks: Mapping[str, Any]) -> list[str]:
    """Return the names so that each comes after those it depends on; by name where that leaves a choice."""
    waiting = {
        name: set(task.get("dependentTasks") or ()) & set(tasks) for name, task in sorted(tasks.items())
    }
    ordered: list[str] = []
    while waiting:
        ready = [name for name, before in waiting.items() if not before & set(waiting)]
        ready = ready or list(waiting)  # a cycle: KFP refuses it, and listing tasks need not fail
        ordered += ready
        for name in ready:
            del waiting[name]
    return ordered


def _task_spec(task: Mapping[str, Any], executor: Mapping[str, Any]) -> TaskSpec | None:
    own = _at(task, "inputs", "parameters", PARAMETER, "runtimeValue").get("constant")
    arguments = _at(executor, "container").get("args")
    for text in (own, *(arguments if isinstance(arguments, list) else ())):
        if isinstance(text, str) and text.startswith("{") and '"store"' in text:
            try:
                # the argument holds what all tasks have in common, or everything
                return TaskSpec.from_json(own if isinstance(own, str) else "{}", text)
            except InvalidTaskSpec:
                continue
    return None


def _at(tree: Any, *path: str) -> Mapping[str, Any]:
    """Return the mapping at ``path`` below ``tree``, {} where there is none."""
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, Mapping) else {}
