"""Refuses requests of other web sites: a page in the user's browser can reach loopback addresses."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from elyra_neurodesk.backend.api.problems import problem_response

_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class OriginCheck:
    """Refuses requests for other host names (DNS rebinding) and changes asked for by foreign pages.

    Args:
        app: the application behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer 403."""
        problem = _problem(scope) if scope["type"] == "http" else None
        if problem:
            await problem_response(403, problem)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _problem(scope: Scope) -> str | None:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    host = headers.get("host", "")
    if host_name(host) not in _NAMES:
        return f"the host {host[:100]!r} is not this machine's loopback; use http://127.0.0.1"
    origin = headers.get("origin")
    if scope["method"] not in _READING and origin is not None and origin != f"http://{host}":
        return f"requests from pages of {origin[:100]!r} are not allowed to change anything"
    return None


def host_name(host: str) -> str:
    """Return a Host header without its port."""
    name, _, port = host.rpartition(":")
    return (name if name and port.isdigit() else host).lower()
