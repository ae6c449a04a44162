"""What a component of a catalog may ask of the runtime configuration, by annotations.

Elyra's editor offers neither secrets nor variables on catalog nodes. A component that hands files to and from
the run's object store says so, and gets what notebooks get: the credentials' secret by reference, the store's
address and the run's place in it. One whose work is not all in its inputs and outputs asks not to be cached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from elyra_neurodesk.graph.model import Task
from elyra_neurodesk.graph.notebook_task import Target
from elyra_neurodesk.patches.credentials import credentials_reference
from elyra_neurodesk.settings import RuntimeSettings

STORE = "neurodesk.org/object-store"  # "run": the run's directory in the object store
CACHE = "neurodesk.org/cache"  # "off": the node is always run


def with_wishes(task: Task, target: Target, settings: RuntimeSettings) -> Task:
    """Return a catalog task with what its component asks for; others come back as they are."""
    asked = _annotations(task.component or "")
    if asked.get(CACHE) == "off":
        task = replace(task, caching=False)
    if asked.get(STORE) != "run":
        return task
    store = target.store
    env = {
        **task.env,
        "NEURODESK_STORE_ENDPOINT": store.endpoint,
        "NEURODESK_STORE_BUCKET": store.bucket,
        "NEURODESK_STORE_PREFIX": store.key(target.directory),
        "AWS_REGION": store.region,
    }
    task = replace(task, env=env)
    reference = credentials_reference(settings)
    return task if reference is None else task.with_platform(secretAsEnv=[reference])


def _annotations(definition: str) -> Mapping[str, Any]:
    if "neurodesk.org/" not in definition:  # reading YAML takes its time
        return {}
    for document in yaml.safe_load_all(definition):
        if isinstance(document, dict) and isinstance(metadata := document.get("metadata"), dict):
            annotations = metadata.get("annotations")
            return annotations if isinstance(annotations, dict) else {}
    return {}
