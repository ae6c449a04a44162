"""An S3 object store: a transport, tried again where that can help, its failures as one-line errors."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.storage.errors import (
    Action,
    ClientErrors,
    StorageDenied,
    StorageError,
    StorageErrors,
    StorageUnreachable,
    with_status,
)
from elyra_neurodesk.storage.interface import OCTET_STREAM, Progress, StoredObject, Transfer, file_sha256
from elyra_neurodesk.storage.partfile import part_file
from elyra_neurodesk.storage.transport import Transport

if TYPE_CHECKING:
    from elyra_neurodesk.storage.minio_transport import MinioTransport

T = TypeVar("T")
AnyTransport = TypeVar("AnyTransport", bound=Transport)


@dataclass(frozen=True)
class RetryPolicy:
    """How often a request is tried.

    Attributes:
        tries: at most so many.
        patience: seconds after which no further try begins.
        pause: seconds before the second try at most, half of that at least; each further pause is twice as
            long.
    """

    tries: int = 1
    patience: float = 20.0
    pause: float = 0.5


class S3Storage(Generic[AnyTransport]):
    """Objects of one bucket, by key (an `interface.ObjectStorage`).

    Once the store was unreachable through all the tries of one request, further requests fail at once: a
    task with many outputs must not wait for each of them.

    Args:
        connect: returns the transport; called once, before the first request.
        errors: makes the errors.
        retry: how often requests are tried; a transport may try again by itself.
        sleep: replaced by tests.
    """

    def __init__(
        self,
        connect: Callable[[], AnyTransport],
        errors: StorageErrors,
        retry: RetryPolicy = RetryPolicy(),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connect = connect
        self._errors = errors
        self._retry = retry
        self._sleep = sleep
        self._transport: AnyTransport | None = None
        self._lock = threading.Lock()
        self._gone: StorageUnreachable | None = None

    def get(self, key: str) -> bytes:
        """Return a small object's content."""
        return self._call(lambda way: way.get(key), Action.READ, key)

    def download(self, key: str, path: Path) -> Transfer:
        """Write an object to the file ``path``, whole or not at all."""
        with part_file(path, 0o666) as (part, _):
            done = self._call(lambda way: way.download(key, part), Action.READ, key)
            part.replace(path)
        return done

    def put(
        self,
        key: str,
        content: bytes | Path,
        content_type: str = OCTET_STREAM,
        progress: Progress | None = None,
    ) -> None:
        """Store an object, or replace it."""
        self._call(lambda way: way.put(key, content, content_type, progress), Action.WRITE, key)

    def put_file(
        self, key: str, path: Path, content_type: str = OCTET_STREAM, move: bool = False
    ) -> Transfer:
        """Store a file; it is sent, and stays."""
        done = Transfer(path.stat().st_size, file_sha256(path))
        self.put(key, path, content_type)
        return done

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there counts as removed."""
        self._call(lambda way: way.delete(key), Action.WRITE, key)

    def _call(self, call: Callable[[AnyTransport], T], action: Action, key: str = "") -> T:
        """Make a call as often as the policy allows.

        Raises:
            StorageError: the failure of the last try.
        """
        began, pause = time.monotonic(), self._retry.pause
        for attempt in range(1, self._retry.tries + 1):
            if self._gone is not None:
                raise with_status(type(self._gone)(self._gone.message, self._gone.hint), action)
            transport = self._connected(action)
            try:
                return call(transport)
            except NeurodeskError:
                raise
            except Exception as problem:
                failure = transport.classify_error(problem)
                if failure is None:
                    raise
                late = attempt > 1 and time.monotonic() - began > self._retry.patience
                if not failure.retry or late or attempt == self._retry.tries:
                    error = self._errors.translate(failure, action, key)
                    if isinstance(error, StorageUnreachable) and self._retry.tries > 1:
                        self._gone = error
                    raise error from problem
            # jitter, so that the tasks of a run do not come back all at once
            self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - not for secrets
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _connected(self, action: Action) -> AnyTransport:
        with self._lock:
            if self._transport is None:
                try:
                    self._transport = self._connect()
                except StorageError as problem:
                    raise with_status(problem, action) from None
            return self._transport


class BrowsableS3Storage(S3Storage["MinioTransport"]):
    """Objects of one bucket that can be listed too (an `interface.BrowsableStorage`)."""

    def __init__(self, transport: MinioTransport, errors: ClientErrors) -> None:
        super().__init__(lambda: transport, errors)
        self._client_errors = errors

    def stream(
        self, key: str, write: Callable[[bytes], object], begin: int = 0, end: int | None = None
    ) -> None:
        """Pass an object's content, or a part of it, to ``write``, piece by piece."""
        self._call(lambda way: way.stream(key, write, begin, end), Action.READ, key)

    def stat(self, key: str) -> StoredObject | None:
        """Return size and tag of an object, None where there is none."""
        return self._call(lambda way: way.stat(key), Action.READ, key)

    def list(self, prefix: str) -> list[StoredObject]:
        """Return every object whose key starts with ``prefix``, by key."""
        return self._call(lambda way: way.list(prefix), Action.READ, prefix)

    def ensure_bucket(self) -> None:
        """Create the bucket if there is none."""
        if self._call(lambda way: way.bucket_exists(), Action.WRITE):
            return
        try:
            self._call(lambda way: way.make_bucket(), Action.WRITE)
        except StorageDenied as problem:
            raise self._client_errors.bucket_not_created() from problem
