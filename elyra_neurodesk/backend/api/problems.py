"""Errors as KFP's API server answers them: grpc-gateway's JSON of google.rpc.Status."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from elyra_neurodesk.backend.db.catalog import NameTaken, NotFound
from elyra_neurodesk.errors import NeurodeskError

_log = logging.getLogger(__name__)
# HTTP status to the code of google/rpc/code.proto
_GRPC = {400: 3, 401: 16, 403: 7, 404: 5, 405: 12, 409: 6, 413: 3, 500: 13, 501: 12}


class InvalidCall(NeurodeskError):
    """A request to the API is invalid."""

    code = "ND-LOCAL-015"


def status_of(problem: NeurodeskError) -> int:
    """Return the HTTP status for an error: 400 unless the error is about existing objects."""
    return 404 if isinstance(problem, NotFound) else 409 if isinstance(problem, NameTaken) else 400


def problem_response(status: int, message: str) -> JSONResponse:
    """Return the answer for an error."""
    content = {"error": message, "code": _GRPC.get(status, 2), "message": message, "details": []}
    return JSONResponse(content, status)


async def on_neurodesk_error(_: Request, problem: Exception) -> Response:
    """Answer 400, 404 or 409 with the error's one line."""
    status = status_of(problem) if isinstance(problem, NeurodeskError) else 500
    return problem_response(status, str(problem))


async def on_http_error(_: Request, problem: Exception) -> Response:
    """Answer what the router refuses: unknown paths and methods."""
    if isinstance(problem, HTTPException):
        return problem_response(problem.status_code, str(problem.detail))
    return problem_response(500, str(problem))


async def on_bug(_: Request, problem: Exception) -> Response:
    """Answer 500; the traceback is in server.log."""
    _log.error("a request failed", exc_info=problem)
    return problem_response(500, f"internal error: {type(problem).__name__}; see server.log")
