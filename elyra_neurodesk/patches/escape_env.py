"""Carrying what template engines would read past them."""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import own_inputs
from elyra_neurodesk.patches.environment import ENVIRONMENT
from elyra_neurodesk.patches.share_executors import EARLY
from elyra_neurodesk.validate.rules import expandable


def shield(graph: TaskGraph) -> TaskGraph:
    """Return the graph with environment variables that Argo or Kubernetes would rewrite moved.

    A value with ``{{``, ``$$`` or ``$(`` goes into what the bootstrapper is told, where every ``$`` and every
    ``{{`` is a JSON escape, and the bootstrapper sets it for the user's code. Variables that are read before
    the bootstrapper runs stay where they are; `check_graph` refuses them.
    """
    return replace(graph, tasks=tuple(_shielded(task) for task in graph.tasks))


def _shielded(task: Task) -> Task:
    if task.spec is None:
        return task
    moved = {
        name: value
        for name, value in task.env.items()
        if expandable(value) and name not in ENVIRONMENT and not read_early(name)
    }
    if not moved:
        return task
    spec = replace(task.spec, env={**task.spec.env, **moved})
    env = {name: value for name, value in task.env.items() if name not in moved}
    return replace(task, spec=spec, env=env, inputs={**task.inputs, **own_inputs(spec)})


def read_early(name: str) -> bool:
    """Tell whether something reads the variable before the bootstrapper can set it."""
    return name.upper().startswith(EARLY) or "proxy" in name.lower()
