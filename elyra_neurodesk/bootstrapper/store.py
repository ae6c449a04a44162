"""The object store as a task sees it: retried, and with one-line errors."""

from __future__ import annotations

import hashlib
import io
import os
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from elyra_neurodesk.bootstrapper.disk import naming_full_disk
from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.errors import NeurodeskError, one_line

FETCHING, STORING = 13, 15  # exit statuses
TRIES = 5
PATIENCE = 20.0  # seconds after which no further try begins
CONNECT_TIMEOUT, READ_TIMEOUT = 4.0, 60.0  # seconds
PART_SIZE = 16 << 20  # bytes per part of a large upload; S3 takes 10 000 parts
CONNECTIONS = 8
CHUNK = 1 << 20

T = TypeVar("T")


class StoreError(NeurodeskError):
    """The object store refused or failed in a way that has no class of its own."""

    code = "ND-STORE-001"
    hint = "Look at the object store's own log."
    exit_status = FETCHING


class StoreUnreachable(StoreError):
    """No answer, or only server errors, after several tries."""

    code = "ND-STORE-002"
    hint = (
        "Check that the object store runs and that its endpoint is one that the task's container can reach."
    )


class StoreForbids(StoreError):
    """The credentials are known, but not allowed to do this."""

    code = "ND-STORE-003"
    hint = "Give the credentials in the task's secret read and write access to the bucket."


class WrongCredentials(StoreError):
    """No credentials, an unknown access key, or a wrong secret key."""

    code = "ND-STORE-004"
    hint = "Check the secret that the runtime configuration names (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)."


class BucketMissing(StoreError):
    """The bucket does not exist."""

    code = "ND-STORE-005"
    hint = "Create the bucket, or correct its name in the runtime configuration."


class ObjectMissing(StoreError):
    """The object does not exist."""

    code = "ND-STORE-006"
    hint = "Submit the pipeline again; if objects expire in this bucket, lengthen the rule."


_BY_CODE: dict[str, type[StoreError]] = {
    "AccessDenied": StoreForbids,
    "AllAccessDisabled": StoreForbids,
    "InvalidAccessKeyId": WrongCredentials,
    "SignatureDoesNotMatch": WrongCredentials,
    "AuthorizationHeaderMalformed": WrongCredentials,
    "RequestTimeTooSkewed": WrongCredentials,
    "InvalidToken": WrongCredentials,
    "ExpiredToken": WrongCredentials,
    "NoSuchBucket": BucketMissing,
    "NoSuchKey": ObjectMissing,
    "NoSuchObject": ObjectMissing,
}
_RETRIED_CODES = frozenset(
    {"InternalError", "ServiceUnavailable", "SlowDown", "RequestTimeout", "XMinioServerNotInitialized"}
)


@dataclass(frozen=True)
class Fetched:
    """What a download brought: size (bytes) and SHA-256 (64 hex digits)."""

    size: int
    sha256: str


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
        self._made: Any = None
        self._lock = threading.Lock()
        self._gone: StoreUnreachable | None = None

    def download(self, key: str, path: Path) -> Fetched:
        """Write the object to ``path``, whole or not at all.

        Raises:
            StoreError: one of its kinds, with exit status 13.
            DiskFull: there is no space for it.
        """
        part = path.with_name(f".{path.name}.part"[:200])

        def fetch() -> Fetched:
            digest, size = hashlib.sha256(), 0
            response = self._client().get_object(self._store.bucket, key)
            try:
                with naming_full_disk(path.parent), part.open("wb") as target:
                    for chunk in response.stream(CHUNK):
                        target.write(chunk)
                        digest.update(chunk)
                        size += len(chunk)
            finally:
                response.close()
                response.release_conn()
            return Fetched(size, digest.hexdigest())

        try:
            fetched = self._retried(fetch, f"fetching {key}", FETCHING)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return fetched

    def read(self, key: str) -> bytes:
        """Return a small object's content; raises as `download` does."""

        def fetch() -> bytes:
            response = self._client().get_object(self._store.bucket, key)
            try:
                content: bytes = response.read()
                return content
            finally:
                response.close()
                response.release_conn()

        return self._retried(fetch, f"fetching {key}", FETCHING)

    def upload(self, key: str, path: Path, content_type: str = "application/octet-stream") -> None:
        """Store the file ``path`` as ``key``.

        Raises:
            StoreError: one of its kinds, with exit status 15.
        """

        def put() -> None:
            self._client().fput_object(
                self._store.bucket, key, str(path), content_type=content_type, part_size=PART_SIZE
            )

        self._retried(put, f"storing {key}", STORING)

    def write(self, key: str, content: bytes, content_type: str) -> None:
        """Store a small object; raises as `upload` does."""

        def put() -> None:
            self._client().put_object(
                self._store.bucket, key, io.BytesIO(content), len(content), content_type=content_type
            )

        self._retried(put, f"storing {key}", STORING)

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = _client(self._store, self._environment)
            return self._made

    def _retried(self, call: Callable[[], T], action: str, status: int) -> T:
        began, pause = time.monotonic(), 0.5
        for attempt in range(1, TRIES + 1):
            if self._gone is not None:
                raise _with_status(StoreUnreachable(self._gone.message, self._gone.hint), status)
            try:
                return call()
            except NeurodeskError as problem:
                raise (
                    _with_status(problem, status) if isinstance(problem, StoreError) else problem
                ) from None
            except Exception as problem:
                kind, reason, again = _judge(problem)
                if kind is None:
                    raise
                late = attempt > 1 and time.monotonic() - began > PATIENCE
                if not again or late or attempt == TRIES:
                    error = kind(
                        f"{action} in bucket {self._store.bucket!r} at {self._store.endpoint}: {reason}."
                    )
                    if isinstance(error, StoreUnreachable):
                        self._gone = error
                    raise _with_status(error, status) from None
            # jitter, so that the tasks of a run do not come back all at once
            self._sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - not for secrets
            pause *= 2
        raise AssertionError("the last try returns or raises")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file (64 hex digits)."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _with_status(error: StoreError, status: int) -> StoreError:
    error.exit_status = status
    return error


def _client(store: Store, environment: Mapping[str, str]) -> Any:
    """Return a MinIO client that asks nobody for the region and leaves retries to us."""
    access, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not access or not secret:
        raise WrongCredentials("the task has no object-store credentials in its environment.")
    address = urlsplit(store.endpoint)
    if address.scheme not in ("http", "https") or not address.netloc or address.path.strip("/"):
        raise StoreError(
            f"the object-store endpoint {store.endpoint!r} is not http(s)://host[:port].",
            "Correct the endpoint in the runtime configuration.",
        )
    import certifi
    import urllib3
    from minio import Minio

    authorities = environment.get("AWS_CA_BUNDLE") or environment.get("SSL_CERT_FILE") or certifi.where()
    http = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT),
        maxsize=4 * CONNECTIONS,
        retries=False,
        ca_certs=authorities,
        cert_reqs="CERT_REQUIRED",
    )
    return Minio(
        address.netloc,
        access_key=access,
        secret_key=secret,
        session_token=environment.get("AWS_SESSION_TOKEN") or None,
        secure=address.scheme == "https",
        region=store.region,
        http_client=http,
    )


def _judge(problem: Exception) -> tuple[type[StoreError] | None, str, bool]:
    """Return what a failure of MinIO or urllib3 means, in words, and whether trying again can help.

    The kind is None for what is no matter of the store (a local file that cannot be read, a defect).
    """
    import urllib3.exceptions
    from minio.error import InvalidResponseError, S3Error, ServerError

    if isinstance(problem, S3Error):
        code = str(problem.code or "")
        status = getattr(getattr(problem, "response", None), "status", 0) or 0
        if code in _RETRIED_CODES or status >= 500:
            return StoreUnreachable, f"the store answered {code}", True
        kind = _BY_CODE.get(code, StoreForbids if status == 403 else StoreError)
        return kind, f"the store answered {code}: {one_line(str(problem.message or '')).rstrip('.')}", False
    if isinstance(problem, (InvalidResponseError, ServerError)):
        status = _status_of(problem)
        if status >= 500:
            return StoreUnreachable, f"the store answered HTTP {status}", True
        kind = StoreForbids if status in (401, 403) else StoreError
        return kind, f"the answer is not an object store's (HTTP {status})", False
    if isinstance(problem, urllib3.exceptions.SSLError):
        return StoreUnreachable, f"TLS failed: {one_line(str(problem))}", False
    if isinstance(problem, urllib3.exceptions.HTTPError):
        return StoreUnreachable, _connection_problem(problem), True
    if isinstance(problem, (ConnectionError, TimeoutError)):
        return StoreUnreachable, _connection_problem(problem), True
    if isinstance(problem, ValueError):  # MinIO's own checks of names
        return StoreError, one_line(str(problem)), False
    return None, "", False


def _status_of(problem: Exception) -> int:
    """Return the HTTP status that MinIO keeps in private fields, 0 when it does not."""
    status = getattr(problem, "_code", None) or getattr(problem, "status_code", None) or 0
    return int(status)


def _connection_problem(problem: BaseException) -> str:
    """Return a connection failure in a few words: the operating system's, where there are any."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
            return os.strerror(cause.errno).lower()
        reason = getattr(cause, "reason", None)
        cause = (
            (reason if isinstance(reason, BaseException) else None) or cause.__cause__ or cause.__context__
        )
    text = one_line(str(problem))
    return text.rpartition(">: ")[2] or type(problem).__name__
