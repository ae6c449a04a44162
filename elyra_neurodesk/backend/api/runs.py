"""Runs (backend/api/v2beta1/run.proto)."""

from __future__ import annotations

from functools import partial
from typing import Any

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from elyra_neurodesk.backend.api.body import check_name, read_json
from elyra_neurodesk.backend.api.context import backend_of, empty, page_json, spec_of, with_body
from elyra_neurodesk.backend.api.problems import InvalidCall
from elyra_neurodesk.backend.api.shapes import run_json
from elyra_neurodesk.backend.backend import Backend, RunRequest
from elyra_neurodesk.backend.db.listing import read_listing
from elyra_neurodesk.backend.db.rows import ARCHIVED, AVAILABLE

MAX_RUN_NAME_CHARACTERS = 255  # Elyra adds a time stamp to a pipeline's name of up to 128 characters
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_KEYS = {
    key: key
    for key in (
        "run_id",
        "display_name",
        "description",
        "created_at",
        "finished_at",
        "state",
        "storage_state",
        "experiment_id",
    )
} | {"id": "run_id", "name": "display_name", "status": "state", "scheduled_at": "created_at"}


def list_runs(request: Request) -> Response:
    """Return a page of runs, without their tasks."""
    found, token, total = backend_of(request).runs.page(
        read_listing(request.query_params, _KEYS), request.query_params.get("experiment_id", "")
    )
    return page_json("runs", [run_json(run) for run in found], token, total)


def create_run(backend: Backend, _: Request, body: bytes) -> Response:
    """Accept a run of an uploaded version, or of the package in the call."""
    content = read_json(body)
    parameters = _object(_object(content, "runtime_config"), "parameters")
    text, pipeline_id, version_id = _package(backend, content)
    run = backend.create_run(
        RunRequest(
            display_name=check_name("run", content.get("display_name"), MAX_RUN_NAME_CHARACTERS),
            description=str(content.get("description") or ""),
            experiment_id=str(content.get("experiment_id") or ""),
            text=text,
            parameters=parameters,
            pipeline_id=pipeline_id,
            version_id=version_id,
        )
    )
    return JSONResponse(run_json(run, backend.runs.tasks(run.run_id)))


def _package(backend: Backend, content: dict[str, Any]) -> tuple[str, str, str]:
    """Return the package's text and the ids of the pipeline and version it comes from ("" for none)."""
    reference = _object(content, "pipeline_version_reference")
    pipeline_id = str(reference.get("pipeline_id") or "")
    version_id = str(reference.get("pipeline_version_id") or content.get("pipeline_version_id") or "")
    spec = _object(content, "pipeline_spec")
    if version_id:
        version = backend.catalog.version(pipeline_id, version_id)
    elif pipeline_id:
        version = backend.catalog.latest_version(pipeline_id)
    elif spec:
        return _text(spec), "", ""
    else:
        raise InvalidCall("the run names neither a pipeline version nor a pipeline spec.")
    return backend.catalog.package_text(version.package), version.pipeline_id, version.version_id


def _object(content: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the JSON object at ``key``, {} when there is none, or raise InvalidCall."""
    found = content.get(key) or {}
    if not isinstance(found, dict):
        raise InvalidCall(f"{key} is not a JSON object.")
    return found


def _text(spec: dict[str, Any]) -> str:
    """Return the YAML of a package that came as JSON."""
    documents = [spec]
    if isinstance(spec.get("pipeline_spec"), dict):
        documents = [part for part in (spec["pipeline_spec"], spec.get("platform_spec")) if part]
    return str(yaml.dump_all(documents, Dumper=_DUMPER, sort_keys=False, allow_unicode=True))


def get_run(request: Request) -> Response:
    """Return one run with its tasks."""
    backend = backend_of(request)
    run = backend.runs.run(request.path_params["run"])
    # KFP hands out either the reference or the package
    spec = None if run.version_id else spec_of(backend, run.package)
    return JSONResponse(run_json(run, backend.runs.tasks(run.run_id), spec))


def delete_run(request: Request) -> Response:
    """Remove a run that has ended."""
    backend_of(request).delete(request.path_params["run"])
    return empty()


def terminate_run(request: Request) -> Response:
    """Cancel a run."""
    backend_of(request).cancel(request.path_params["run"])
    return empty()


def retry_run(request: Request) -> Response:
    """Run again the tasks of an ended run that did not succeed."""
    backend_of(request).retry(request.path_params["run"])
    return empty()


def store_run(storage_state: str, request: Request) -> Response:
    """Archive a run or restore it."""
    backend_of(request).set_storage(request.path_params["run"], storage_state)
    return empty()


ROUTES = [
    Route("/runs", list_runs, methods=["GET"]),
    Route("/runs", with_body(create_run), methods=["POST"]),
    Route("/runs/{run}:terminate", terminate_run, methods=["POST"]),
    Route("/runs/{run}:retry", retry_run, methods=["POST"]),
    Route("/runs/{run}:archive", partial(store_run, ARCHIVED), methods=["POST"]),
    Route("/runs/{run}:unarchive", partial(store_run, AVAILABLE), methods=["POST"]),
    Route("/runs/{run}", get_run, methods=["GET"]),
    Route("/runs/{run}", delete_run, methods=["DELETE"]),
]
