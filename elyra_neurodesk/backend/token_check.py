"""Lets in who has the token, as Jupyter Server does: other accounts of the machine reach loopback ports."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from elyra_neurodesk.backend.access_token import cookie_name, page_session, same
from elyra_neurodesk.backend.api.problems import problem_response
from elyra_neurodesk.backend.pages.views import page
from elyra_neurodesk.backend.signed_path import opens

LIVENESS = frozenset({"/apis/v2beta1/healthz", "/pipeline/apis/v2beta1/healthz"})
"""Paths that are answered without a token: the pre-checks of `submit` and of kfp ask there first."""

PARAMETER = "token"
_COOKIE_SECONDS = 30 * 24 * 3600  # Jupyter Server's cookie_options: 30 days
_READING = frozenset({"GET", "HEAD"})
_API = "the embedded backend needs its token: Authorization: Bearer TOKEN."
_PAGE = "This page needs the backend's token. Open the link that `elyra-neurodesk local status` prints."


class TokenCheck:
    """Answers 401 to requests without the token.

    Programs send ``Authorization: Bearer TOKEN``. Pages get it once as ``?token=TOKEN``: the answer sets a
    cookie, which opens the pages and not the API, and leads to the same page without the token. What an HTML
    output shows is asked for by signed URLs (`signed_path`).

    Args:
        app: the application behind it.
        token: the token.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._token = token
        self._session = page_session(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer 401."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            request = Request(scope)
            await (self._refusal(request) or self._app)(scope, receive, send)
        # anything else, such as a websocket, is not served

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that does not pass, or None."""
        reading = request.method in _READING
        path = str(
            request.scope["path"]
        )  # as the router reads it; request.url is made of the header Host too
        if (reading and (path in LIVENESS or opens(self._token, path))) or self._has_bearer(request):
            return None
        if is_api(path):
            return _unauthorized(problem_response(401, _API))
        given = request.query_params.get(PARAMETER)
        if reading and given is not None and same(given, self._token):
            return self._admission(request)
        if same(request.cookies.get(cookie_name(request.url.port or 80), ""), self._session):
            return None
        return _unauthorized(page(request, "problem.html", 401, title="Not signed in", message=_PAGE))

    def _has_bearer(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and same(given.strip(), self._token)

    def _admission(self, request: Request) -> Response:
        """Return the answer that sets the cookie and leads to the page without the token."""
        url = request.url.remove_query_params(PARAMETER)
        answer = RedirectResponse(
            str(url), 303, {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        )
        answer.set_cookie(
            cookie_name(request.url.port or 80),
            self._session,
            max_age=_COOKIE_SECONDS,
            path="/",
            httponly=True,
            samesite="strict",
        )
        return answer


def is_api(path: str) -> bool:
    """Return whether a path is one of the API's, else it is a page's."""
    return path.startswith(("/apis/", "/pipeline/apis/"))


def _unauthorized(answer: Response) -> Response:
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
