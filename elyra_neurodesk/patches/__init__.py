"""Patches: pure functions from a task to the task that runs on Neurodesk.

Each has a file of its own and a place in `PATCHES`, which says in which order they are applied and why. A
patch gets the task and what the whole submission shares, and returns the task unchanged where it has nothing
to do.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, replace

from elyra_neurodesk.bootstrapper.specs import write_document
from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task, TaskGraph
from elyra_neurodesk.graph.notebook_task import refer_to_specs
from elyra_neurodesk.names import storable
from elyra_neurodesk.patches.component_annotations import apply_component_annotations
from elyra_neurodesk.patches.credentials import add_credentials
from elyra_neurodesk.patches.crio_workspace import add_crio_workspace
from elyra_neurodesk.patches.cvmfs import add_cvmfs_volume
from elyra_neurodesk.patches.elyra_environment import add_elyra_environment
from elyra_neurodesk.patches.environment import add_environment
from elyra_neurodesk.patches.image_name import add_image_name
from elyra_neurodesk.patches.image_pull import add_image_pull
from elyra_neurodesk.patches.labels import add_labels
from elyra_neurodesk.patches.move_env import move_env
from elyra_neurodesk.patches.scratch import add_scratch
from elyra_neurodesk.patches.share_executors import share_executors
from elyra_neurodesk.patches.sidecar import add_sidecar
from elyra_neurodesk.patches.storable_text import replace_unstorable_text
from elyra_neurodesk.patches.version_label import add_version_label

Patch = Callable[[Task, SubmissionContext], Task]

PATCHES: tuple[Patch, ...] = (
    # What the node itself asks for, where Elyra leaves it out.
    apply_component_annotations,
    add_image_pull,
    add_labels,
    # Volumes: each leaves a path alone that the node mounts itself.
    add_crio_workspace,
    add_cvmfs_volume,
    add_scratch,
    # Environment: what is set first wins, so the node's own variables win over all of these.
    add_elyra_environment,
    add_environment,
    add_credentials,
    add_image_name,
    # The sidecar mounts the CVMFS volume that was added above.
    add_sidecar,
    # These change what the others added: they drop labels, move environment variables, replace characters.
    share_executors,
    move_env,
    replace_unstorable_text,
)
"""Applied to every task, in this order."""


def patch_task(task: Task, context: SubmissionContext) -> Task:
    """Return the task with everything that Neurodesk needs."""
    for patch in PATCHES:
        task = patch(task, context)
    return task


def patch_graph(graph: TaskGraph, context: SubmissionContext) -> TaskGraph:
    """Return the graph with its tasks patched, labelled with its version, and with their document's hash.

    Neither is in `PATCHES`: the version is the digest of all patched tasks, so that pods of the same pipeline
    carry the same one, and the specifications of all are one document, see `specs_document`.
    """
    tasks = tuple(patch_task(task, context) for task in graph.tasks)
    graph = replace(graph, name=storable(graph.name), description=storable(graph.description))
    version = graph_digest(replace(graph, tasks=tasks))
    sha256 = hashlib.sha256(specs_document(replace(graph, tasks=tasks))).hexdigest()
    tasks = tuple(refer_to_specs(task, sha256) if task.spec else task for task in tasks)
    return replace(graph, tasks=tuple(add_version_label(task, version) for task in tasks))


def specs_document(graph: TaskGraph) -> bytes:
    """Return what the object store must have of a patched graph: the specifications of its notebook tasks."""
    return write_document(task.spec for task in graph.tasks if task.spec)


def graph_digest(graph: TaskGraph) -> str:
    """Return twelve hex digits that are equal for equal graphs, whatever the order of keys.

    Elyra takes the order of some keys from sets.
    """
    return hashlib.sha256(json.dumps(asdict(graph), sort_keys=True).encode()).hexdigest()[:12]
