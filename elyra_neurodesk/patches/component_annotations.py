"""Apply the annotations by which a catalog component asks for the object store or for no caching.

Elyra's editor offers neither secrets nor variables on catalog nodes. A component that hands files to and from
the run's object store has an annotation, and gets what notebooks get: the credentials' secret by reference,
the store's address and the pipeline's prefix in it. One whose work is not all in its inputs and outputs asks
not to be cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from elyra_neurodesk.graph.context import SubmissionContext
from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.patches.credentials import credentials_reference
from elyra_neurodesk.storage.location import StorageLocation, directory_of

STORE = "neurodesk.org/object-store"  # "run": the run's directory in the object store
CACHE = "neurodesk.org/cache"  # "off": the node is always run


def apply_component_annotations(task: Task, context: SubmissionContext) -> Task:
    """Return a catalog task with what its component's annotations ask for."""
    if task.component is None:
        return task
    annotations = _annotations(task.component)
    if annotations.get(CACHE) == "off":
        task = replace(task, caching=False)
    if annotations.get(STORE) != "run":
        return task
    store = context.store
    env = {
        **task.env,
        **_address(store),
        "NEURODESK_STORE_BUCKET": store.bucket,
        "NEURODESK_STORE_PREFIX": store.key(context.directory),
        "AWS_REGION": store.region,
    }
    task = replace(task, env=env)
    reference = credentials_reference(context.settings)
    return task if reference is None else task.with_platform(secretAsEnv=[reference])


def _address(store: StorageLocation) -> dict[str, str]:
    directory = directory_of(store.endpoint)
    if directory is not None:
        return {"NEURODESK_STORE_DIRECTORY": str(directory)}
    return {"NEURODESK_STORE_ENDPOINT": store.endpoint}


def _annotations(definition: str) -> Mapping[str, Any]:
    if "neurodesk.org/" not in definition:  # reading YAML takes its time
        return {}
    for document in yaml.safe_load_all(definition):
        if isinstance(document, dict) and isinstance(metadata := document.get("metadata"), dict):
            annotations = metadata.get("annotations")
            return annotations if isinstance(annotations, dict) else {}
    return {}
