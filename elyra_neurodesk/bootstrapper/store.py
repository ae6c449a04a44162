"""The object store as a task sees it: retried, and with one-line errors."""

from __future__ import annotations

import importlib.util
import random
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from elyra_neurodesk.bootstrapper.curl_transport import CurlTransport
from elyra_neurodesk.bootstrapper.minio_transport import MinioTransport
from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.bootstrapper.store_errors import FETCHING, STORING, StoreError, StoreUnreachable
from elyra_neurodesk.bootstrapper.transport import Fetched, Transport, access_of
from elyra_neurodesk.errors import NeurodeskError

TRIES = 5
PATIENCE = 20.0  # seconds after which no further try begins

T = TypeVar("T")


class ObjectStore:
    """Downloads and uploads, each retried for at most about 25 s.

    Once the store has failed through all the tries of one request, further requests fail at once: a task
    with many outputs must not wait for each of them.

    Args:
        store: endpoint, bucket and region.
        environment: holds the credentials, ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``.
        sleep: replaced by tests.
    """

    def __init__(
        self, store: Store, environment: Mapping[str, str], sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store = store
        self._environment = environment
        self._sleep = sleep
        self._way: Transport | None = None
        self._lock = threading.Lock()
        self._gone: StoreUnreachable | None = None

    def download(self, key: str, path: Path) -> Fetched:
        """Write the object to ``path``, whole or not at all.

        Raises:
            StoreError: one of its kinds, with exit status 13.
            DiskFull: there is no space for it.
        """
        part = path.with_name(f".{path.name}.part"[:200])
        try:
            fetched = self._retried(lambda way: way.fetch(key, part), f"fetching {key}", FETCHING)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return fetched

    def read(self, key: str) -> bytes:
        """Return a small object's content; raises as `download` does."""
        return self._retried(lambda way: way.read(key), f"fetching {key}", FETCHING)

    def upload(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Store the file ``path`` as ``key``.

        Raises:
            StoreError: one of its kinds, with exit status 15.
        """
        self._retried(lambda way: way.store(key, path, content_type), f"storing {key}", STORING)

    def write(self, key: str, content: bytes, content_type: str) -> None:
        """Store a small object; raises as `upload` does."""
        self._retried(lambda way: way.store_bytes(key, content, content_type), f"storing {key}", STORING)

    def _transport(self) -> Transport:
        """Return the way to the store: minio, or curl in an image that lacks it."""
        with self._lock:
            if self._way is None:
                access = access_of(self._store, self._environment)
                if importlib.util.find_spec("minio") is None:
                    self._way = CurlTransport(self._store, access)
                else:
                    self._way = MinioTransport(self._store, access, self._environment)
            return self._way

    def _retried(self, call: Callable[[Transport], T], action: str, status: int) -> T:
        began, pause = time.monotonic(), 0.5
        for attempt in range(1, TRIES + 1):
            if self._gone is not None:
                raise _with_status(StoreUnreachable(self._gone.message, self._gone.hint), status)
            way = self._transport_with(status)
            try:
                return call(way)
            except NeurodeskError:
                raise
            except Exception as problem:
                verdict = way.judge(problem)
                if verdict.kind is None:
                    raise
                late = attempt > 1 and time.monotonic() - began > PATIENCE
                if not verdict.again or late or attempt == TRIES:
                    where = f"bucket {self._store.bucket!r} at {self._store.endpoint}"
                    error = verdict.kind(f"{action} in {where}: {verdict.reason}.")
                    if isinstance(error, StoreUnreachable):
                        self._gone = error
                    raise _with_status(error, status) from None
            # jitter, so that the tasks of a run do not come back all at once
            self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - not for secrets
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _transport_with(self, status: int) -> Transport:
        try:
            return self._transport()
        except StoreError as problem:
            raise _with_status(problem, status) from None


def _with_status(error: StoreError, status: int) -> StoreError:
    error.exit_status = status
    return error
