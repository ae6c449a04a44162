"""What a real Kubeflow Pipelines and Kubernetes answered, from tests/data/kubeflow."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import kfp_server_api

DATA = Path(__file__).parents[1] / "data" / "kubeflow"
Json = dict[str, Any]


@dataclass(frozen=True)
class Recording:
    """One run.

    Attributes:
        run: answer of KFP's API, JSON.
        pods: its pods.
        events: their events.
        workflow: Argo's workflow, its nodes without inputs and outputs.
    """

    run: Json
    pods: tuple[Json, ...]
    events: tuple[Json, ...]
    workflow: Json

    @property
    def run_id(self) -> str:
        return str(self.run["run_id"])

    def model(self) -> Any:
        """Return the run as KFP's client reads it."""
        return _model(json.dumps(self.run))


@cache
def recording(name: str) -> Recording:
    content = json.loads((DATA / f"{name}.json").read_text("utf-8"))
    return Recording(
        content["run"],
        tuple(content.get("pods", ())),
        tuple(content.get("events", ())),
        content.get("workflow", {}),
    )


def _model(text: str) -> Any:
    class Answer:
        data = text

    return kfp_server_api.ApiClient().deserialize(Answer, "V2beta1Run")
