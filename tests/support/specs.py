"""Specifications of tasks: in the object store, and in arguments as before version 3 of the bootstrapper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from elyra_neurodesk.bootstrapper.spec import TaskSpec
from elyra_neurodesk.bootstrapper.specs import DocumentReference, read_task
from tests.support.objectstore import ObjectStore


def as_v2(spec: TaskSpec) -> str:
    """Return all of a specification as JSON for an argument."""
    return json.dumps(asdict(spec))


def stored_spec(store: ObjectStore, task: Mapping[str, Any]) -> TaskSpec:
    """Return the specification that a task of a package names (as `equivalence.resolved_tasks` has tasks)."""
    reference = DocumentReference.from_arguments(task["executor"]["container"]["args"])
    assert reference is not None
    name = task["inputs"]["parameters"]["task"]["runtimeValue"]["constant"]
    return read_task(store.get(reference.key), reference.sha256, name)
