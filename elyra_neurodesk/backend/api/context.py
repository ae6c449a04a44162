"""What the routes share: the backend behind the application, and endpoints that take a body."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import yaml
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from elyra_neurodesk.backend.api.body import read_body
from elyra_neurodesk.backend.backend import Backend

WithBody = Callable[[Backend, Request, bytes], Response]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEPT = 8
_specs: OrderedDict[str, object] = OrderedDict()


def backend_of(request: Request) -> Backend:
    """Return the backend that a request is for."""
    backend: Backend = request.app.state.backend
    return backend


def with_body(handler: WithBody) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that reads the body and runs ``handler`` in a thread: it may block."""

    async def endpoint(request: Request) -> Response:
        body = await read_body(request)
        return await run_in_threadpool(handler, backend_of(request), request, body)

    return endpoint


def empty() -> JSONResponse:
    """Return KFP's answer to a call that returns nothing."""
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
        while len(_specs) > _KEPT:
            _specs.popitem(last=False)
    return _specs.get(package)
