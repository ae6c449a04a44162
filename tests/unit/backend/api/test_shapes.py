"""What the API answers has the fields of the models of kfp_server_api, which every client is made from."""

from dataclasses import replace
from typing import Any

import kfp_server_api
import pytest

from elyra_neurodesk.backend.api import shapes
from elyra_neurodesk.backend.db.rows import (
    AVAILABLE,
    ExperimentRow,
    PipelineRow,
    RunRow,
    TaskRow,
    VersionRow,
)
from elyra_neurodesk.backend.db.states import (
    CANCELED,
    CANCELING,
    FAILED,
    PENDING,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
)

STATES = (PENDING, RUNNING, CANCELING, SUCCEEDED, FAILED, SKIPPED, CANCELED)
TIME = "2026-01-02T03:04:05.000006Z"
RUN = RunRow("r", "e", "run", "d", "p", "v", "pipe", "x", {"n": 1}, FAILED, AVAILABLE, TIME, TIME, TIME, "no")
TASK = TaskRow("r", "a", 0, "A", (), FAILED, started_at=TIME, finished_at=TIME, message="no")


def check(content: Any, kind: str) -> None:
    """Check that JSON has only the fields of a model of kfp_server_api, at every depth."""
    if kind.startswith("list["):
        for item in content:
            check(item, kind.removeprefix("list[").removesuffix("]"))
        return
    model = getattr(kfp_server_api, kind, None)
    if model is None or content is None or not hasattr(model, "openapi_types"):
        return
    if hasattr(model, "allowable_values") or not model.openapi_types:
        return
    types = {model.attribute_map[name]: found for name, found in model.openapi_types.items()}
    for key, value in content.items():
        assert key in types, f"{kind} has no field {key!r}"
        check(value, types[key])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (shapes.pipeline_json(PipelineRow("p", "pipe", "d", TIME)), "V2beta1Pipeline"),
        (
            shapes.version_json(VersionRow("v", "p", "pipe", "d", TIME, "x"), {"root": {}}),
            "V2beta1PipelineVersion",
        ),
        (shapes.experiment_json(ExperimentRow("e", "Default", "d", TIME)), "V2beta1Experiment"),
        (shapes.run_json(RUN, [TASK, replace(TASK, name="b", parents=("a",))], {"root": {}}), "V2beta1Run"),
    ],
)
def test_an_answer_has_only_the_fields_of_its_model(content: dict[str, Any], kind: str) -> None:
    check(content, kind)


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_one_of_kfp(state: str) -> None:
    assert state in kfp_server_api.V2beta1RuntimeState.allowable_values
    started = None if state == PENDING else TIME
    run, task = replace(RUN, state=state, started_at=started), replace(TASK, state=state, started_at=started)
    found = shapes.run_json(run, [task])
    assert found["state"] == found["state_history"][-1]["state"] == state
    assert found["run_details"]["task_details"][0]["state_history"][-1]["state"] == state
