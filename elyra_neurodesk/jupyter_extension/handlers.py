"""Handlers that pass requests for the run pages on to the embedded backend.

Not jupyter-server-proxy: that takes port and headers of a server once, when Jupyter starts; the embedded
backend comes, goes and moves while Jupyter runs, and has to be recognized before it is sent anything. The
pages need no websockets.
"""

from __future__ import annotations

import asyncio
import http.client
from contextlib import ExitStack, suppress
from urllib.parse import unquote, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from elyra_neurodesk.backend.access_token import cookie_name, page_session, read_token
from elyra_neurodesk.backend.home import find_home
from elyra_neurodesk.backend.recognition import NotOurServer, recognized
from elyra_neurodesk.backend.signed_path import PREFIX, opens
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.jupyter_extension.location import NAME, SETTING

_PAGES = "/pipeline/"  # where the backend has them
_CHUNK_BYTES = 1 << 20
_TIMEOUT_SECONDS = 60.0
_TO_BACKEND = ("Accept", "Content-Type", "If-Modified-Since", "If-None-Match", "If-Range", "Range")
# RFC 9110, 7.6.1, and what Jupyter Server says of itself
_NOT_PASSED_ON = frozenset(
    {"connection", "date", "keep-alive", "server", "set-cookie", "trailer", "transfer-encoding", "upgrade"}
)


class RunPagesHandler(JupyterHandler):
    """Serves the embedded backend's pages to who is logged in to Jupyter.

    The backend gets the pages' cookie from here, not the token: no route of its API is opened.
    """

    auth_resource = "elyra_neurodesk"

    def check_xsrf_cookie(self) -> None:
        """Accept forms of our own pages, which do not have Jupyter's XSRF token, by their origin."""
        origin = urlsplit(self.request.headers.get("Origin", "")).netloc.lower()
        if not origin or origin != self.request.host.lower():
            super().check_xsrf_cookie()

    @web.authenticated
    @authorized
    async def get(self, _: str = "") -> None:
        """Send a page or a file."""
        await self._forward()

    @web.authenticated
    @authorized
    async def head(self, _: str = "") -> None:
        """Send the headers of a page or a file."""
        await self._forward()

    @web.authenticated
    @authorized
    async def post(self, _: str = "") -> None:
        """Pass a form of a page on."""
        await self._forward()

    async def _forward(self) -> None:
        with ExitStack() as stack:
            try:
                answer = await asyncio.to_thread(self._ask, stack)
            except NeurodeskError as problem:
                raise web.HTTPError(503, "%s", problem) from None
            except (OSError, http.client.HTTPException) as problem:
                raise web.HTTPError(502, "the embedded backend did not answer: %s", problem) from None
            self._copy_head(answer)
            try:
                while content := await asyncio.to_thread(answer.read, _CHUNK_BYTES):
                    self.write(content)
                    await self.flush()
            except StreamClosedError:  # the browser has left
                return
        await self.finish()

    def _ask(self, stack: ExitStack) -> http.client.HTTPResponse:
        """Send the request to the backend and return its answer; ``stack`` closes the connection."""
        home = find_home()
        state = home.state()
        if state is None:
            raise NotOurServer(
                "the embedded backend, which has the run pages, is not up.",
                "Running a pipeline starts it, and so does `elyra-neurodesk local up`.",
            )
        token = read_token(home.token)
        connection = stack.enter_context(recognized(state.port, token))
        if connection.sock is not None:
            connection.sock.settimeout(_TIMEOUT_SECONDS)
        headers = {name: self.request.headers[name] for name in _TO_BACKEND if name in self.request.headers}
        headers["Cookie"] = f"{cookie_name(state.port)}={page_session(token)}"
        body = self.request.body if self.request.method == "POST" else None
        connection.request(str(self.request.method), self._target(), body, headers)
        return connection.getresponse()

    def _target(self) -> str:
        """Return the path of the page at the backend, percent-encoded as the browser sent it."""
        below = self.request.path.split("/", self.base_url.count("/") + 1)[-1]
        return f"{_PAGES}{below}" + (f"?{self.request.query}" if self.request.query else "")

    def _copy_head(self, answer: http.client.HTTPResponse) -> None:
        self.set_status(answer.status)
        for name, value in answer.getheaders():
            if name.lower() == "location" and value.startswith(_PAGES):
                self.set_header(name, url_path_join(self.base_url, NAME, value.removeprefix(_PAGES)))
            elif name.lower() not in _NOT_PASSED_ON:
                self.set_header(name, value)


class SignedFileHandler(RunPagesHandler):
    """Serves what an HTML output shows: the browser asks for it from an opaque origin, without a login.

    The backend has signed the URL for the files of one task and a short time.
    """

    @allow_unauthenticated
    async def get(self, path: str = "") -> None:
        """Send a file."""
        if self._is_signed():
            await self._forward()
        elif (answer := super().get(path)) is not None:
            await answer

    @allow_unauthenticated
    async def head(self, path: str = "") -> None:
        """Send the headers of a file."""
        if self._is_signed():
            await self._forward()
        elif (answer := super().head(path)) is not None:
            await answer

    def _is_signed(self) -> bool:
        with suppress(NeurodeskError):
            return opens(read_token(find_home().token), unquote(self._target().partition("?")[0]))
        return False


def add_handlers(server: ServerApp) -> None:
    """Serve the run pages below ``<base URL>elyra-neurodesk/``."""
    root = url_path_join(server.base_url, NAME)
    server.web_app.settings[SETTING] = f"{root}/"
    handlers = [
        (root, web.RedirectHandler, {"url": f"{root}/"}),
        (f"{root}/({PREFIX}/.*)", SignedFileHandler),
        (f"{root}/(.*)", RunPagesHandler),
    ]
    server.web_app.add_handlers(".*$", handlers)  # type: ignore[no-untyped-call]
