"""Sizes: what fits into one argument of a process.

KFP's API server writes a task's inputs, its container and its Kubernetes configuration as three arguments
of a driver's container (backend/src/v2/compiler/argocompiler/container.go), and the driver writes the
inputs as one argument of the task's own. Linux takes arguments and ``NAME=VALUE`` texts of up to 32 pages,
128 KiB (MAX_ARG_STRLEN).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from elyra_neurodesk.graph.model import Constant, PipelineInput, Task, TaskGraph
from elyra_neurodesk.validate.errors import ValueTooLong
from elyra_neurodesk.validate.text import quoted

MAX_ARGUMENT = 128 * 1024
# what KFP adds to each: names, types, addresses of outputs
_RESERVE = 8 * 1024


def check_sizes(graph: TaskGraph) -> None:
    """Refuse a task that cannot be started because one of its arguments is too long.

    Raises:
        ValueTooLong: naming the longest of its values.
    """
    defaults = {parameter.name: parameter.value for parameter in graph.parameters}
    for task in graph.tasks:
        node = f"Node {quoted(task.display_name)}"
        _check(_inputs(task, defaults), _inputs_by_name(task, defaults), node, "inputs")
        _check({"env": dict(task.env)}, _named(task.env, "environment variable"), node, "environment")
        for name, value in (task.spec.env if task.spec else {}).items():
            # the bootstrapper sets them for the user's processes, one by one
            _check(value, {}, node, f"environment variable {quoted(name)}")
        platform = dict(task.platform)
        annotations = platform.get("podMetadata", {}).get("annotations", {})
        _check(platform, _named(annotations, "annotation"), node, "Kubernetes configuration")


def _inputs(task: Task, defaults: Mapping[str, Any]) -> dict[str, Any]:
    values = {}
    for name, source in task.inputs.items():
        if isinstance(source, Constant):
            values[name] = source.value
        elif isinstance(source, PipelineInput):
            values[name] = defaults.get(source.name)
    return values


def _inputs_by_name(task: Task, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the inputs by the names that people know: those of a notebook are pipeline parameters."""
    if task.spec is None:
        return _named(_inputs(task, defaults), "input")
    sources = (source for source in task.inputs.values() if isinstance(source, PipelineInput))
    return _named({source.name: defaults.get(source.name) for source in sources}, "pipeline parameter")


def _named(values: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {f"{kind} {quoted(name)}": value for name, value in values.items()}


def _check(content: Any, parts: Mapping[str, Any], node: str, what: str) -> None:
    size = _bytes(content)
    limit = MAX_ARGUMENT - _RESERVE
    if size <= limit:
        return
    longest = max(parts, key=lambda name: _bytes(parts[name]), default="")
    most = f", {_bytes(parts[longest])} of them in its {longest}" if longest else ""
    raise ValueTooLong(f"{node}: its {what} take {size} bytes{most}; {limit} fit into one argument.")


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
