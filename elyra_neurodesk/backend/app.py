"""The web application: API, pages, origin and token check, and errors."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from elyra_neurodesk.backend.api import logs, pipelines, runs
from elyra_neurodesk.backend.api.problems import (
    InvalidCall,
    on_bug,
    on_http_error,
    on_neurodesk_error,
    problem_response,
    status_of,
)
from elyra_neurodesk.backend.backend import Backend
from elyra_neurodesk.backend.origin_check import OriginCheck
from elyra_neurodesk.backend.pages.views import ROUTES, page
from elyra_neurodesk.backend.token_check import TokenCheck, is_api
from elyra_neurodesk.errors import NeurodeskError

# Elyra appends /apis/… to the api_endpoint, which ends in /pipeline; kfp.Client also accepts the bare host
_PREFIXES = ("/pipeline/apis", "/apis")


def build_app(backend: Backend) -> Starlette:
    """Return the application that serves ``backend``; its tasks run from the startup to the shutdown."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        backend.recorder.start()
        await run_in_threadpool(backend.runtime.start)
        backend.scheduler.start()
        # in a thread: there may be thousands, and nobody waits for them
        threading.Thread(target=backend.snapshots.write_missing, name="snapshots", daemon=True).start()
        yield
        # here, because uvicorn ends the process by the signal that it got as soon as its own work is done
        backend.scheduler.stop()
        await run_in_threadpool(backend.scheduler.join)
        await run_in_threadpool(backend.runtime.close)
        await run_in_threadpool(backend.recorder.stop)

    versions = {"v2beta1": [*pipelines.ROUTES, *runs.ROUTES], "v1alpha1": logs.ROUTES}
    api = [
        Mount(f"{prefix}/{version}", routes=routes)
        for prefix in _PREFIXES
        for version, routes in versions.items()
    ]
    app = Starlette(
        routes=[*api, *ROUTES],
        lifespan=lifespan,
        middleware=[Middleware(OriginCheck), Middleware(TokenCheck, token=backend.token)],
        exception_handlers={
            NeurodeskError: _on_neurodesk_error,
            HTTPException: _on_http_error,
            RecursionError: _on_recursion,
            Exception: on_bug,
        },
    )
    app.state.backend = backend
    return app


def _is_page(request: Request) -> bool:
    return not is_api(str(request.scope["path"]))


async def _on_neurodesk_error(request: Request, problem: Exception) -> Response:
    if _is_page(request) and isinstance(problem, NeurodeskError):
        return page(
            request, "problem.html", status_of(problem), title="Cannot be shown", message=str(problem)
        )
    return await on_neurodesk_error(request, problem)


async def _on_recursion(request: Request, _: Exception) -> Response:
    """Answer 400: only what came from outside, a call or a task's file, is nested so deeply."""
    return await _on_neurodesk_error(request, InvalidCall("what was sent or is shown is nested too deeply."))


async def _on_http_error(request: Request, problem: Exception) -> Response:
    if isinstance(problem, HTTPException) and problem.status_code in (404, 405):
        message = f"{request.method} {request.url.path} is unknown to the embedded backend."
        if _is_page(request):
            return page(request, "problem.html", problem.status_code, title="Not found", message=message)
        return problem_response(problem.status_code, message)
    return await on_http_error(request, problem)
