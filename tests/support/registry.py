"""A little registry of container images on loopback: tags, manifests, and a token for anybody."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-token-for-anybody"
INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass
class Registry:
    """What the registry has.

    Attributes:
        images: repository to tag to manifest.
        page: how many tags it lists at once.
        asks: whether it wants a token.
        lies: whether it says wrong digests.
        url: where it is.
        seen: the paths that it was asked for.
    """

    images: Mapping[str, Mapping[str, bytes]]
    page: int = 1000
    asks: bool = False
    lies: bool = False
    url: str = ""
    seen: list[str] = field(default_factory=list)


def manifest(text: str) -> bytes:
    """Return an image index whose content depends on ``text``."""
    return json.dumps(
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "annotations": {"is": text}}
    ).encode()


def digest(content: bytes) -> str:
    """Return a content's digest."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@contextmanager
def serving(registry: Registry) -> Iterator[Registry]:
    """Serve the registry on a free port of loopback until the ``with`` ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
            registry.seen.append(self.path)
            if path == "/token":
                return self.reply(200, json.dumps({"token": TOKEN}).encode())
            if registry.asks and self.headers.get("Authorization") != f"Bearer {TOKEN}":
                scope = 'service="little",scope="repository:vnmd/neurodesktop:pull"'
                return self.reply(401, b"{}", WWW_Authenticate=f'Bearer realm="{registry.url}/token",{scope}')
            for name, tags in registry.images.items():
                if path == f"/v2/{name}/tags/list":
                    return self.tags(name, sorted(tags), query)
                tag = path.removeprefix(f"/v2/{name}/manifests/")
                if tag in tags and INDEX in self.headers.get("Accept", ""):
                    said = digest(b"something else" if registry.lies else tags[tag])
                    return self.reply(200, tags[tag], Docker_Content_Digest=said, Content_Type=INDEX)
            return self.reply(404, b'{"errors": [{"code": "NAME_UNKNOWN"}]}')

        def tags(self, name: str, tags: list[str], query: Mapping[str, list[str]]) -> None:
            size = min(registry.page, int(query.get("n", ["1000"])[0]))
            rest = [tag for tag in tags if tag > query.get("last", [""])[0]]
            more: dict[str, str] = {}
            if len(rest) > size:
                more["Link"] = f'</v2/{name}/tags/list?n={size}&last={rest[size - 1]}>; rel="next"'
            self.reply(200, json.dumps({"name": name, "tags": rest[:size]}).encode(), **more)

        def reply(self, status: int, content: bytes, **headers: str) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    registry.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield registry
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
