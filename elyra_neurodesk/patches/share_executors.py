"""Giving up what only one pod says of itself, so that tasks can share an executor.

KFP limits a workflow to about 700 kB. An executor with its volumes and its sidecar takes 3 kB, the rest of a
task 0.6 kB; but one pod label or environment variable of a node's own makes its executor a different one.
"""

from __future__ import annotations

from dataclasses import replace

from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import own_inputs
from elyra_neurodesk.patches.environment import ENVIRONMENT

# up to here every pod carries its node's name, file and environment
OWN_EXECUTORS = 20
NODE_LABELS = frozenset({"elyra/node-name"})
NODE_ANNOTATIONS = frozenset({"elyra/node-file-name", "elyra/node-user-doc"})
# what must be there before the bootstrapper runs: its shell script, Python, curl and pip read these
EARLY = ("AWS_", "CURL_", "ELYRA_", "HOME", "LD_", "NEURODESK_", "PATH", "PIP_", "PYTHON", "SSL_", "TMPDIR")


def compact(graph: TaskGraph) -> TaskGraph:
    """Return the graph; if it has many tasks, its generic ones share what they can.

    Labels and annotations with the node's name and file are left out: the name stays the task's display
    name, and both are in the task's record. The node's environment variables go to the bootstrapper, which
    sets them for the user's code. Labels and annotations that the user set are not touched.
    """
    if len(graph.tasks) <= OWN_EXECUTORS:
        return graph
    return replace(
        graph, tasks=tuple(_env_to_bootstrapper(_without_node_metadata(task)) for task in graph.tasks)
    )


def _without_node_metadata(task: Task) -> Task:
    metadata = task.platform.get("podMetadata")
    if task.spec is None or not metadata:
        return task
    kept = {
        kind: {name: value for name, value in metadata.get(kind, {}).items() if name not in dropped}
        for kind, dropped in (("labels", NODE_LABELS), ("annotations", NODE_ANNOTATIONS))
    }
    kept = {kind: values for kind, values in kept.items() if values}
    platform = {name: value for name, value in task.platform.items() if name != "podMetadata"}
    return replace(task, platform={**platform, "podMetadata": kept} if kept else platform)


def _env_to_bootstrapper(task: Task) -> Task:
    if task.spec is None:
        return task
    own = {
        name: value
        for name, value in task.env.items()
        if ENVIRONMENT.get(name) != value
        and not name.upper().startswith(EARLY)
        and "proxy" not in name.lower()
    }
    spec = replace(task.spec, env=own)
    env = {name: value for name, value in task.env.items() if name not in own}
    return replace(task, spec=spec, env=env, inputs={**task.inputs, **own_inputs(spec)})
