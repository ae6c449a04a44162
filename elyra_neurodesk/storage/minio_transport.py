"""Objects through the MinIO client."""

from __future__ import annotations

import hashlib
import io
import os
import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from socket import gaierror
from typing import Any

from elyra_neurodesk.errors import one_line
from elyra_neurodesk.storage.byte_range import byte_range
from elyra_neurodesk.storage.errors import ErrorClass, Failure, classify_answer
from elyra_neurodesk.storage.interface import CHUNK, PARALLEL, Progress, StoredObject, Transfer
from elyra_neurodesk.storage.location import StorageLocation, split_endpoint
from elyra_neurodesk.storage.transport import CONNECT_TIMEOUT, READ_TIMEOUT, Credentials

PART_SIZE = 16 << 20  # bytes per part of a large upload; S3 takes 10 000 parts
_PIECE = 256 * 1024  # bytes of a streamed object that are passed on at once


class NotStored(Exception):
    """The answer to an upload has no tag: web servers that accept all requests, such as consoles."""


class MinioTransport:
    """One bucket through ``minio.Minio``.

    Args:
        location: endpoint, bucket and region.
        credentials: None for those of this machine's IAM role.
        environment: ``AWS_CA_BUNDLE`` or ``SSL_CERT_FILE`` names certificate authorities.
        retries: of urllib3: an ``urllib3.Retry``, or False for none.
        read_timeout: seconds between two pieces of an answer.

    Raises:
        ValueError: the endpoint is not one.
    """

    def __init__(
        self,
        location: StorageLocation,
        credentials: Credentials | None,
        environment: Mapping[str, str],
        retries: Any = False,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        import certifi
        import urllib3
        from minio import Minio
        from minio.credentials.providers import IamAwsProvider

        host, secure = split_endpoint(location.endpoint)
        self._bucket = location.bucket
        pool = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=read_timeout),
            maxsize=4 * PARALLEL,  # minio sends three parts of an object at once
            retries=retries,
            cert_reqs="CERT_REQUIRED",
            ca_certs=environment.get("AWS_CA_BUNDLE") or environment.get("SSL_CERT_FILE") or certifi.where(),
        )
        key: dict[str, Any] = {"credentials": IamAwsProvider()}
        if credentials:
            key = {
                "access_key": credentials.access_key,
                "secret_key": credentials.secret_key,
                "session_token": credentials.session_token or None,
            }
        # with the region given, the client need not ask for it before its first request
        self._client = Minio(host, secure=secure, region=location.region, http_client=pool, **key)

    def get(self, key: str) -> bytes:
        """Return a small object's content."""
        pieces: list[bytes] = []
        self.stream(key, pieces.append)
        return b"".join(pieces)

    def download(self, key: str, path: Path) -> Transfer:
        """Write an object to ``path``."""
        digest, size = hashlib.sha256(), 0
        with path.open("wb") as target:

            def write(piece: bytes) -> None:
                nonlocal size
                target.write(piece)
                digest.update(piece)
                size += len(piece)

            self.stream(key, write, piece_size=CHUNK)
        return Transfer(size, digest.hexdigest())

    def stream(
        self,
        key: str,
        write: Callable[[bytes], object],
        begin: int = 0,
        end: int | None = None,
        piece_size: int = _PIECE,
    ) -> None:
        """Pass an object's content, or a part of it, to ``write``, piece by piece."""
        response = self._open(key, begin, end)
        if response is None:
            return
        try:
            pieces = response.stream(piece_size)
            # a server, or a proxy before it, that knows no ranges sends all of it; not all tell by the status
            is_part = "Content-Range" in response.headers
            for piece in pieces if is_part else byte_range(pieces, begin, end):
                write(piece)
        finally:
            response.close()
            response.release_conn()

    def _open(self, key: str, begin: int, end: int | None) -> Any:
        """Return the answer with a part of an object, or all of it; None where the object ends before."""
        from minio.error import MinioException

        try:
            return self._client.get_object(self._bucket, key, begin, 0 if end is None else end - begin)
        except MinioException as problem:
            status = _status_of(problem)
            if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return None
            if (begin, end) == (0, None) or status != HTTPStatus.BAD_REQUEST:
                raise
        # a range may end after the object (RFC 9110), which some servers, such as nanio, refuse
        return self._client.get_object(self._bucket, key)

    def put(
        self, key: str, content: bytes | Path, content_type: str, progress: Progress | None = None
    ) -> None:
        """Store an object."""
        options: dict[str, Any] = {"content_type": content_type}
        if progress:
            options["progress"] = _Reported(progress)
        if isinstance(content, bytes):
            made = self._client.put_object(self._bucket, key, io.BytesIO(content), len(content), **options)
        else:
            made = self._client.fput_object(self._bucket, key, str(content), part_size=PART_SIZE, **options)
        if not made.etag:
            raise NotStored

    def stat(self, key: str) -> StoredObject | None:
        """Return size and tag of an object, None where there is none."""
        from minio.error import S3Error

        try:
            found = self._client.stat_object(self._bucket, key)
        except S3Error as problem:
            if self._of_s3(problem).error_class is ErrorClass.NO_OBJECT:
                return None
            raise
        return StoredObject(key, found.size or 0, _tag(found.etag))

    def list(self, prefix: str) -> list[StoredObject]:
        """Return every object whose key starts with ``prefix``, by key."""
        found = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
        objects = [
            StoredObject(item.object_name or "", item.size or 0, _tag(item.etag))
            for item in found
            if not item.is_dir
        ]
        return sorted(objects, key=lambda item: item.key)

    def delete(self, key: str) -> None:
        """Remove an object; S3 answers 204 also where there is none."""
        self._client.remove_object(self._bucket, key)

    def bucket_exists(self) -> bool:
        """Return whether the bucket is there."""
        return bool(self._client.bucket_exists(self._bucket))

    def make_bucket(self) -> None:
        """Create the bucket; one that was created a moment ago is as good."""
        from minio.error import S3Error

        try:
            self._client.make_bucket(self._bucket)
        except S3Error as problem:
            if problem.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                raise

    def classify_error(self, problem: Exception) -> Failure | None:
        """Return what an exception of minio or urllib3 means."""
        import urllib3.exceptions as wire
        from minio.error import MinioException, S3Error

        from elyra_neurodesk.network import caused_by, root_text

        if isinstance(problem, NotStored):
            return Failure(ErrorClass.NOT_S3, "the object was accepted and not stored")
        if isinstance(problem, S3Error):
            return self._of_s3(problem)
        if isinstance(problem, MinioException):  # an answer that is not S3's
            return classify_answer("", _status_of(problem), "")
        if isinstance(problem, ValueError):  # minio's own checks of names, or an answer that is not XML
            return Failure(ErrorClass.NOT_S3, one_line(str(problem)))
        if not isinstance(problem, (wire.HTTPError, ConnectionError, TimeoutError)):
            return None
        for error_class, kinds in (
            (ErrorClass.REFUSED, (ConnectionRefusedError,)),
            (ErrorClass.UNKNOWN_HOST, (gaierror, wire.NameResolutionError)),
            (ErrorClass.TLS, (ssl.SSLError, wire.SSLError)),
            (ErrorClass.TIMEOUT, (wire.ReadTimeoutError,)),
            (ErrorClass.NO_CONNECTION, (wire.ConnectTimeoutError,)),
        ):
            if caused_by(problem, *kinds):
                reason = root_text(problem) if error_class is ErrorClass.TLS else _words(problem)
                return Failure(error_class, one_line(reason), error_class is not ErrorClass.TLS)
        return Failure(ErrorClass.FAILED, _words(problem), True)

    def _of_s3(self, problem: Any) -> Failure:
        return classify_answer(str(problem.code or ""), _status_of(problem), str(problem.message or ""))


class _Reported:
    """Passes on what minio tells of an upload (its argument ``progress``)."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def set_meta(self, object_name: str, total_length: int) -> None:
        """Ignore the size: the caller knows it."""

    def update(self, length: int) -> None:
        """Report bytes that were sent."""
        self._progress(length)


def _tag(etag: str | None) -> str:
    return (etag or "").strip('"')


def _status_of(problem: Exception) -> int:
    """Return the HTTP status of an answer; minio keeps some in private fields. 0 when it does not."""
    answer = getattr(problem, "response", None)
    known = (getattr(answer, "status", None), getattr(problem, "_code", None))
    return int(next(filter(None, known), None) or getattr(problem, "status_code", None) or 0)


def _words(problem: Exception) -> str:
    """Return a connection's failure in a few words: the operating system's, where there are any."""
    from elyra_neurodesk.network import causes, root_text

    for cause in causes(problem):
        if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
            return os.strerror(cause.errno).lower()
    return one_line(root_text(problem))
