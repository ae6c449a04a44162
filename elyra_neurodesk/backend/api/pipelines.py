"""Pipelines, versions and experiments (backend/api/v2beta1/{pipeline,experiment}.proto)."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from elyra_neurodesk import __version__
from elyra_neurodesk.backend.access_token import MAX_CHALLENGE_CHARACTERS, proof
from elyra_neurodesk.backend.api.body import UploadedFile, check_name, package_text, read_json
from elyra_neurodesk.backend.api.context import backend_of, empty, page_json, spec_of, with_body, with_upload
from elyra_neurodesk.backend.api.shapes import experiment_json, pipeline_json, version_json
from elyra_neurodesk.backend.backend import Backend
from elyra_neurodesk.backend.db.listing import read_listing
from elyra_neurodesk.backend.db.rows import ARCHIVED, AVAILABLE

_COMMON = ("created_at", "description", "display_name")
_PIPELINE_KEYS = {
    **{key: key for key in _COMMON},
    "name": "display_name",
    "pipeline_id": "pipeline_id",
    "id": "pipeline_id",
}
_VERSION_KEYS = {
    **{key: key for key in _COMMON},
    "name": "display_name",
    "pipeline_version_id": "version_id",
    "id": "version_id",
}
_EXPERIMENT_KEYS = {
    **{key: key for key in (*_COMMON, "storage_state", "experiment_id", "last_run_created_at")},
    "name": "display_name",
    "id": "experiment_id",
}


def healthz(request: Request) -> Response:
    """Return the server's version; ``tag_name`` tells `submit` that init containers are supported here.

    With ``?challenge=TEXT`` the answer has the proof that this server has the token, see
    `access_token.proof`: who asks does not have to send the token to whoever listens on the port.
    """
    tag = f"elyra-neurodesk-{__version__}"
    content = {"multi_user": False, "tag_name": tag, "commit_sha": "", "pipeline_store": "database"}
    challenge = request.query_params.get("challenge", "")
    if 0 < len(challenge) <= MAX_CHALLENGE_CHARACTERS:
        content["proof"] = proof(backend_of(request).token, request.scope["server"][1], challenge)
    return JSONResponse(content)


def list_pipelines(request: Request) -> Response:
    """Return a page of pipelines."""
    found, token, total = backend_of(request).catalog.pipelines(
        read_listing(request.query_params, _PIPELINE_KEYS)
    )
    return page_json("pipelines", [pipeline_json(item) for item in found], token, total)


def create_pipeline(backend: Backend, _: Request, body: bytes) -> Response:
    """Make a pipeline that has no version yet."""
    content = read_json(body)
    name = check_name("pipeline", content.get("display_name") or content.get("name"))
    made = backend.catalog.add_pipeline(name, str(content.get("description") or ""), None)
    return JSONResponse(pipeline_json(made))


def upload_pipeline(backend: Backend, request: Request, upload: UploadedFile) -> Response:
    """Make a pipeline and its first version from a package; refused when it cannot run here."""
    query = request.query_params
    text = package_text(upload)
    name = check_name("pipeline", query.get("display_name") or query.get("name") or upload.file_name)
    backend.packages.load(text)
    return JSONResponse(pipeline_json(backend.catalog.add_pipeline(name, query.get("description", ""), text)))


def upload_version(backend: Backend, request: Request, upload: UploadedFile) -> Response:
    """Add a version to a pipeline from a package; refused when it cannot run here."""
    query = request.query_params
    text = package_text(upload)
    name = check_name("pipeline version", query.get("display_name") or query.get("name") or upload.file_name)
    backend.packages.load(text)
    made = backend.catalog.add_version(query.get("pipelineid", ""), name, query.get("description", ""), text)
    return JSONResponse(version_json(made))


def get_pipeline(request: Request) -> Response:
    """Return one pipeline."""
    return JSONResponse(pipeline_json(backend_of(request).catalog.pipeline(request.path_params["pipeline"])))


def get_pipeline_by_name(request: Request) -> Response:
    """Return the pipeline of this name."""
    return JSONResponse(
        pipeline_json(backend_of(request).catalog.pipeline_named(request.path_params["name"]))
    )


def delete_pipeline(request: Request) -> Response:
    """Remove a pipeline and its versions."""
    backend_of(request).catalog.delete_pipeline(request.path_params["pipeline"])
    return empty()


def list_versions(request: Request) -> Response:
    """Return a page of a pipeline's versions."""
    found, token, total = backend_of(request).catalog.versions(
        request.path_params["pipeline"], read_listing(request.query_params, _VERSION_KEYS)
    )
    return page_json("pipeline_versions", [version_json(item) for item in found], token, total)


def get_version(request: Request) -> Response:
    """Return one version with its package."""
    backend = backend_of(request)
    version = backend.catalog.version(request.path_params["pipeline"], request.path_params["version"])
    return JSONResponse(version_json(version, spec_of(backend, version.package)))


def delete_version(request: Request) -> Response:
    """Remove a version."""
    backend_of(request).catalog.delete_version(
        request.path_params["pipeline"], request.path_params["version"]
    )
    return empty()


def list_experiments(request: Request) -> Response:
    """Return a page of experiments."""
    found, token, total = backend_of(request).catalog.experiments(
        read_listing(request.query_params, _EXPERIMENT_KEYS)
    )
    return page_json("experiments", [experiment_json(item) for item in found], token, total)


def create_experiment(backend: Backend, _: Request, body: bytes) -> Response:
    """Make an experiment."""
    content = read_json(body)
    name = check_name("experiment", content.get("display_name"))
    made = backend.catalog.add_experiment(name, str(content.get("description") or ""))
    return JSONResponse(experiment_json(made))


def get_experiment(request: Request) -> Response:
    """Return one experiment."""
    found = backend_of(request).catalog.experiment(request.path_params["experiment"])
    return JSONResponse(experiment_json(found))


def delete_experiment(request: Request) -> Response:
    """Remove an experiment; its runs stay."""
    backend_of(request).catalog.delete_experiment(request.path_params["experiment"])
    return empty()


def store_experiment(storage_state: str, request: Request) -> Response:
    """Archive an experiment or restore it."""
    backend_of(request).catalog.set_experiment_storage(request.path_params["experiment"], storage_state)
    return empty()


ROUTES = [
    Route("/healthz", healthz),
    Route("/pipelines", list_pipelines, methods=["GET"]),
    Route("/pipelines", with_body(create_pipeline), methods=["POST"]),
    Route("/pipelines/upload", with_upload(upload_pipeline), methods=["POST"]),
    Route("/pipelines/upload_version", with_upload(upload_version), methods=["POST"]),
    Route("/pipelines/names/{name:path}", get_pipeline_by_name, methods=["GET"]),
    Route("/pipelines/{pipeline}", get_pipeline, methods=["GET"]),
    Route("/pipelines/{pipeline}", delete_pipeline, methods=["DELETE"]),
    Route("/pipelines/{pipeline}/versions", list_versions, methods=["GET"]),
    Route("/pipelines/{pipeline}/versions/{version}", get_version, methods=["GET"]),
    Route("/pipelines/{pipeline}/versions/{version}", delete_version, methods=["DELETE"]),
    Route("/experiments", list_experiments, methods=["GET"]),
    Route("/experiments", with_body(create_experiment), methods=["POST"]),
    Route("/experiments/{experiment}:archive", partial(store_experiment, ARCHIVED), methods=["POST"]),
    Route("/experiments/{experiment}:unarchive", partial(store_experiment, AVAILABLE), methods=["POST"]),
    Route("/experiments/{experiment}", get_experiment, methods=["GET"]),
    Route("/experiments/{experiment}", delete_experiment, methods=["DELETE"]),
]
