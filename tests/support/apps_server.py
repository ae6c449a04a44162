"""A server on loopback that has neurocommand's list of tools, ``apps.json``."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONTENT = {
    "fsl": {
        "apps": {
            "fsl 6.0.3": {"version": "20200905", "exec": ""},
            "fsleyesGUI 6.0.3": {"version": "20200905", "exec": "fsleyes"},
        },
        "categories": ["structural imaging", "functional imaging"],
    }
}


class AppsServer(ThreadingHTTPServer):
    """Serves one list; ``answers`` says how often and how it was asked."""

    daemon_threads = True
    status = 200
    body = json.dumps(CONTENT).encode()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/apps.json"


class Handler(BaseHTTPRequestHandler):
    server: AppsServer

    def do_GET(self) -> None:
        same = self.headers.get("If-None-Match") == '"one"'
        status = 304 if same and self.server.status == 200 else self.server.status
        self.server.answers.append(status)
        self.send_response(status)
        self.send_header("ETag", '"one"')
        body = self.server.body if status == 200 else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def running_apps_server() -> Iterator[AppsServer]:
    """Have one until the ``with`` ends."""
    with AppsServer() as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()
