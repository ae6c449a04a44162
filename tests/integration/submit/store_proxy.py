"""Stands before a real object store, counts what passes, and fails where a test says so."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.integration.runs.servers import Reply, Request, serving_requests

Judge = Callable[[Request, int], Reply | None]
"""Gets a request and its number among those of its method; returns an answer in place of the store's."""


def nothing(request: Request, number: int) -> Reply | None:
    """Let every request pass."""
    return None


@dataclass
class StoreProxy:
    """A store's other address.

    Attributes:
        upstream: the store.
        judge: decides what fails.
        asked: method and path of every request, in their order.
        busiest: the largest number of requests at one time.
    """

    upstream: str
    judge: Judge = nothing
    asked: list[tuple[str, str]] = field(default_factory=list)
    busiest: int = 0
    url: str = ""
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, method: str) -> int:
        return sum(asked == method for asked, _ in self.asked)

    def answer(self, request: Request) -> Reply:
        with self._lock:
            self.asked.append((request.method, request.path))
            number = self.count(request.method)
            self._now += 1
            self.busiest = max(self.busiest, self._now)
        try:
            return self.judge(request, number) or self.pass_on(request)
        finally:
            with self._lock:
                self._now -= 1

    def pass_on(self, request: Request) -> Reply:
        """Ask the store and return its answer."""
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=30)
        try:
            # "Host" stays the client's: it is part of the signature
            connection.request(request.method, request.path, request.body, request.headers)
            answer = connection.getresponse()
            content = answer.read()
            kept = ("etag", "last-modified", "content-length")
            headers = {name.title(): answer.headers[name] for name in kept if name in answer.headers}
            return Reply(answer.status, content, answer.headers.get("content-type", ""), headers)
        finally:
            connection.close()


@contextmanager
def store_proxy(upstream: str, judge: Judge = nothing) -> Iterator[StoreProxy]:
    """Run a proxy until the block ends."""
    proxy = StoreProxy(upstream, judge)
    with serving_requests(proxy.answer) as server:
        proxy.url = server.url
        yield proxy
