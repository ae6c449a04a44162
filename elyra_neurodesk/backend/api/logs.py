"""The log of a task while it runs, where KFP's own front end asks for it (readRunLogs of v1alpha1)."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from elyra_neurodesk.backend.api.context import backend_of
from elyra_neurodesk.backend.api.shapes import pod_name
from elyra_neurodesk.backend.db.catalog import NotFound
from elyra_neurodesk.backend.tasklogs import MAIN_LOG, log_files


def read_log(request: Request) -> Response:
    """Return what the task's container has printed so far as plain text.

    Raises:
        NotFound: the run has no such pod, or it has not printed anything.
    """
    run = backend_of(request).runs.run(request.path_params["run"])
    node = request.path_params["node"]
    for task in backend_of(request).runs.tasks(run.run_id):
        if pod_name(run.run_id, task.name) == node:
            directory = Path(task.directory)
            if task.directory and MAIN_LOG in log_files(directory):
                return FileResponse(directory / MAIN_LOG, media_type="text/plain; charset=utf-8")
            raise NotFound(f"the pod {node!r} of the run {run.run_id} has no log yet.")
    raise NotFound(f"the run {run.run_id} has no pod {node!r}.")


ROUTES = [Route("/runs/{run}/nodes/{node}/log", read_log, methods=["GET"])]
