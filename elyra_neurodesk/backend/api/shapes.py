"""JSON in the shapes of kfp-server-api's models (snake case; times in RFC 3339)."""

from __future__ import annotations

from typing import Any

from elyra_neurodesk.backend.db.rows import ExperimentRow, PipelineRow, RunRow, TaskRow, VersionRow
from elyra_neurodesk.backend.db.states import FAILED, FINAL, PENDING, RUNNING

_INTERNAL = 13  # google/rpc/code.proto


def pipeline_json(pipeline: PipelineRow) -> dict[str, Any]:
    """Return a V2beta1Pipeline."""
    return {
        "pipeline_id": pipeline.pipeline_id,
        "display_name": pipeline.display_name,
        "name": pipeline.display_name,
        "description": pipeline.description,
        "created_at": pipeline.created_at,
        "namespace": "",
    }


def version_json(version: VersionRow, spec: object = None) -> dict[str, Any]:
    """Return a V2beta1PipelineVersion; ``spec`` is the package as parsed YAML."""
    content: dict[str, Any] = {
        "pipeline_id": version.pipeline_id,
        "pipeline_version_id": version.version_id,
        "display_name": version.display_name,
        "name": version.display_name,
        "description": version.description,
        "created_at": version.created_at,
    }
    return content if spec is None else {**content, "pipeline_spec": spec}


def experiment_json(experiment: ExperimentRow) -> dict[str, Any]:
    """Return a V2beta1Experiment."""
    return {
        "experiment_id": experiment.experiment_id,
        "display_name": experiment.display_name,
        "description": experiment.description,
        "created_at": experiment.created_at,
        "namespace": "",
        "storage_state": experiment.storage_state,
        "last_run_created_at": experiment.last_run_created_at,
    }


def run_json(run: RunRow, tasks: list[TaskRow] | None = None, spec: object = None) -> dict[str, Any]:
    """Return a V2beta1Run; with ``tasks`` it has run_details, with ``spec`` the package as parsed YAML."""
    content: dict[str, Any] = {
        "run_id": run.run_id,
        "experiment_id": run.experiment_id,
        "display_name": run.display_name,
        "description": run.description,
        "storage_state": run.storage_state,
        "state": run.state,
        "created_at": run.created_at,
        "scheduled_at": run.created_at,
        "finished_at": run.finished_at,
        "runtime_config": {"parameters": run.parameters},
        "state_history": _history(run.created_at, run.started_at, run.finished_at, run.state, run.message),
    }
    if run.version_id:
        reference = {"pipeline_id": run.pipeline_id, "pipeline_version_id": run.version_id}
        content["pipeline_version_reference"] = reference
        content["pipeline_version_id"] = run.version_id
    if run.message:
        content["error"] = _error(run.message)
    if spec is not None:
        content["pipeline_spec"] = spec
    if tasks is not None:
        content["run_details"] = {"task_details": [_task_json(*pair, run) for pair in _linked(tasks)]}
    return content


def _linked(tasks: list[TaskRow]) -> list[tuple[TaskRow, list[str]]]:
    """Return each task with the names of its children."""
    children: dict[str, list[str]] = {task.name: [] for task in tasks}
    for task in tasks:
        for parent in task.parents:
            children[parent].append(task.name)
    return [(task, children[task.name]) for task in tasks]


def task_id(task: TaskRow) -> str:
    """Return the id of a task, unique in the backend."""
    return f"{task.run_id}-{task.name}"


def pod_name(run_id: str, name: str) -> str:
    """Return the name by which the API refers to the pod of a task."""
    return f"{run_id[:8]}-{name}"


def _task_json(task: TaskRow, children: list[str], run: RunRow) -> dict[str, Any]:
    content: dict[str, Any] = {
        "run_id": task.run_id,
        "task_id": task_id(task),
        "display_name": task.display_name,
        "create_time": run.created_at,
        "start_time": task.started_at,
        "end_time": task.finished_at,
        "state": task.state,
        "pod_name": pod_name(task.run_id, task.name),
        "child_tasks": [
            {"task_id": f"{task.run_id}-{child}", "pod_name": pod_name(task.run_id, child)}
            for child in children
        ],
        "state_history": _history(
            run.created_at, task.started_at, task.finished_at, task.state, task.message
        ),
    }
    if task.parents:
        content["parent_task_id"] = f"{task.run_id}-{task.parents[0]}"
    if task.message:
        content["error"] = _error(task.message)
    return content


def _error(message: str) -> dict[str, Any]:
    return {"code": _INTERNAL, "message": message, "details": []}


def _history(
    created: str, started: str | None, finished: str | None, state: str, message: str
) -> list[dict[str, Any]]:
    """Return the states that a run or task went through, as far as the times tell."""
    history: list[dict[str, Any]] = [{"update_time": created, "state": PENDING}]
    if started:
        history.append({"update_time": started, "state": RUNNING})
    if state in FINAL:
        last: dict[str, Any] = {"update_time": finished, "state": state}
        history.append({**last, "error": _error(message)} if state == FAILED and message else last)
    elif state not in (PENDING, RUNNING):
        history.append({"update_time": started or created, "state": state})
    return history
