"""Small servers on loopback that answer, and misbehave, in one given way."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

HEALTHZ = "/apis/v2beta1/healthz"


@dataclass
class Reply:
    """One answer.

    Attributes:
        seconds: how long it takes.
        sent: share of it that is sent before the connection is reset; 1 for a proper end.
    """

    status: int = 200
    content: Any = None
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0
    sent: float = 1

    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


def healthy(multi_user: bool = False) -> Reply:
    return Reply(content={"multi_user": multi_user, "tag_name": "2.5.0", "commit_sha": "x"})


def page(text: str, status: int = 200) -> Reply:
    return Reply(status, text.encode(), "text/html; charset=utf-8")


RESET = Reply(sent=0)
"""No answer: the connection is reset once the request has been read."""


@dataclass
class Request:
    """What a client asked for."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A running server: its URL, and what it was asked."""

    url: str
    asked: list[tuple[str, str, dict[str, str]]]


Answering = Callable[[str, str, dict[str, str]], Reply]


def answering(replies: dict[str, Reply], otherwise: Reply | None = None) -> Answering:
    """Answer by path; the query does not matter."""

    def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
        return replies.get(urlsplit(path).path, otherwise or Reply(404, {"message": "not found"}))

    return answer


@contextmanager
def serving(answer: Answering, certificate: Path | None = None) -> Iterator[Server]:
    """Serve until the block ends; with TLS where there is a certificate."""
    with serving_requests(
        lambda request: answer(request.method, request.path, request.headers), certificate
    ) as server:
        yield server


@contextmanager
def serving_requests(answer: Callable[[Request], Reply], certificate: Path | None = None) -> Iterator[Server]:
    """Serve, by looking at whole requests, until the block ends."""
    asked: list[tuple[str, str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def _reply(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append((self.command, self.path, headers))
            body = self.rfile.read(int(headers.get("content-length") or 0))
            reply = answer(Request(self.command, self.path, headers, body))
            time.sleep(reply.seconds)
            if reply.sent == 0:
                self._reset()
                return
            body = reply.body()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            if "Content-Length" not in reply.headers:
                self.send_header("Content-Length", str(len(body)))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: int(len(body) * reply.sent)])
            if reply.sent < 1:
                self.wfile.flush()
                self._reset()

        def _reset(self) -> None:
            self.close_connection = True
            # with a linger time of zero, closing sends RST in place of FIN (socket(7))
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.server.close_request(self.request)  # type: ignore[attr-defined]

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _reply  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    scheme = "https" if certificate else "http"
    try:
        yield Server(f"{scheme}://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def talking(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept connections and let ``speak`` do to them what it likes; gives the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                speak(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def closed_port() -> int:
    """Return a port that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def make_certificate(directory: Path) -> Path:
    """Make a self-signed certificate for 127.0.0.1, key and certificate in one file."""
    target, key = directory / "server.pem", directory / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(target)),
        ],
        check=True,
        capture_output=True,
    )
    target.write_bytes(target.read_bytes() + key.read_bytes())
    return target
