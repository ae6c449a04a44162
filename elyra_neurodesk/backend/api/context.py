"""What the routes share: the backend behind the application, and endpoints that take a body."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import yaml
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from elyra_neurodesk.backend.api.body import UploadedFile, read_body, read_upload
from elyra_neurodesk.backend.backend import Backend

Endpoint = Callable[[Request], Awaitable[Response]]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MAX_SPECS = 8
_specs: OrderedDict[str, object] = OrderedDict()


def backend_of(request: Request) -> Backend:
    """Return the backend that a request is for."""
    backend: Backend = request.app.state.backend
    return backend


def with_body(handler: Callable[[Backend, Request, bytes], Response]) -> Endpoint:
    """Return an endpoint that reads the body and runs ``handler``, which may block, in a thread."""

    async def endpoint(request: Request) -> Response:
        body = await read_body(request)
        return await run_in_threadpool(handler, backend_of(request), request, body)

    return endpoint


def with_upload(handler: Callable[[Backend, Request, UploadedFile], Response]) -> Endpoint:
    """Return an endpoint as `with_body` does, for an uploaded file."""

    async def endpoint(request: Request) -> Response:
        upload = await read_upload(request)
        return await run_in_threadpool(handler, backend_of(request), request, upload)

    return endpoint


def empty() -> JSONResponse:
    """Return KFP's response without content."""
    return JSONResponse({})


def page_json(name: str, items: list[dict[str, Any]], token: str, total: int) -> JSONResponse:
    """Return a list response."""
    content: dict[str, Any] = {name: items, "total_size": total}
    return JSONResponse({**content, "next_page_token": token} if token else content)


def spec_of(backend: Backend, package: str) -> object:
    """Return a package as KFP hands it out: the pipeline spec, or both specs when there is a platform's."""
    if package not in _specs:
        documents = list(yaml.load_all(backend.catalog.package_text(package), Loader=_LOADER))
        both = {"pipeline_spec": documents[0], "platform_spec": documents[-1]}
        _specs[package] = both if len(documents) > 1 else documents[0]
        while len(_specs) > _MAX_SPECS:
            _specs.popitem(last=False)
    return _specs.get(package)
