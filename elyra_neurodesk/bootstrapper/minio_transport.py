"""Objects through the MinIO client."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.bootstrapper.disk import naming_full_disk
from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.bootstrapper.store_errors import StoreError, StoreUnreachable, Verdict, judge_answer
from elyra_neurodesk.bootstrapper.transport import (
    CHUNK,
    CONNECT_TIMEOUT,
    CONNECTIONS,
    READ_TIMEOUT,
    Access,
    Fetched,
)
from elyra_neurodesk.errors import one_line

PART_SIZE = 16 << 20  # bytes per part of a large upload; S3 takes 10 000 parts


class MinioTransport:
    """Downloads and uploads with minio, each tried once."""

    def __init__(self, store: Store, access: Access, environment: Mapping[str, str]) -> None:
        self._bucket = store.bucket
        self._client = _client(store, access, environment)

    def fetch(self, key: str, path: Path) -> Fetched:
        """Write an object to ``path``."""
        digest, size = hashlib.sha256(), 0
        response = self._client.get_object(self._bucket, key)
        try:
            with naming_full_disk(path.parent), path.open("wb") as target:
                for chunk in response.stream(CHUNK):
                    target.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
        finally:
            response.close()
            response.release_conn()
        return Fetched(size, digest.hexdigest())

    def read(self, key: str) -> bytes:
        """Return a small object's content."""
        response = self._client.get_object(self._bucket, key)
        try:
            content: bytes = response.read()
            return content
        finally:
            response.close()
            response.release_conn()

    def store(self, key: str, path: Path, content_type: str) -> None:
        """Store the file ``path``."""
        self._client.fput_object(self._bucket, key, str(path), content_type=content_type, part_size=PART_SIZE)

    def store_bytes(self, key: str, content: bytes, content_type: str) -> None:
        """Store a small object."""
        self._client.put_object(
            self._bucket, key, io.BytesIO(content), len(content), content_type=content_type
        )

    def judge(self, problem: Exception) -> Verdict:
        """Return what an exception of minio or urllib3 means."""
        import urllib3.exceptions
        from minio.error import InvalidResponseError, S3Error, ServerError

        if isinstance(problem, S3Error):
            status = getattr(getattr(problem, "response", None), "status", 0) or 0
            return judge_answer(str(problem.code or ""), int(status), str(problem.message or ""))
        if isinstance(problem, (InvalidResponseError, ServerError)):
            return judge_answer("", _status_of(problem), "")
        if isinstance(problem, urllib3.exceptions.SSLError):
            return Verdict(StoreUnreachable, f"TLS failed: {one_line(str(problem))}")
        if isinstance(problem, (urllib3.exceptions.HTTPError, ConnectionError, TimeoutError)):
            return Verdict(StoreUnreachable, _connection_problem(problem), True)
        if isinstance(problem, ValueError):  # MinIO's own checks of names
            return Verdict(StoreError, one_line(str(problem)))
        return Verdict(None)


def _client(store: Store, access: Access, environment: Mapping[str, str]) -> Any:
    """Return a client that asks nobody for the region and leaves retries to us."""
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
        access.host,
        access_key=access.key,
        secret_key=access.secret,
        session_token=access.token or None,
        secure=access.secure,
        region=store.region,
        http_client=http,
    )


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
