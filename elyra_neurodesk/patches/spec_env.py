"""How patches move environment variables from the pod into the task specification."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.graph.notebook_task import own_inputs


def move_env_to_spec(task: Task, moved: Mapping[str, str]) -> Task:
    """Return a notebook task whose variables ``moved`` are set by the bootstrapper, not by the pod."""
    assert task.spec is not None  # noqa: S101  for the type checker
    env = {name: value for name, value in task.env.items() if name not in moved}
    spec = replace(task.spec, env={**task.spec.env, **moved})
    return replace(task, env=env, spec=spec, inputs={**task.inputs, **own_inputs(spec)})
