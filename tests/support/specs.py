"""Specifications of tasks as pipelines have them that version 0.1 compiled."""

from __future__ import annotations

import json
from dataclasses import asdict

from elyra_neurodesk.bootstrapper.spec import TaskSpec


def as_v1(spec: TaskSpec) -> str:
    """Return all of a specification as JSON for an argument."""
    return json.dumps(asdict(spec))
