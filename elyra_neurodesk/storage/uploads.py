"""Uploads to the object store."""

from __future__ import annotations

import io
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from urllib.parse import quote

from minio.error import S3Error

from elyra_neurodesk.settings import RuntimeConfiguration
from elyra_neurodesk.storage.progress import Listener
from elyra_neurodesk.storage.s3 import (
    PARALLEL,
    NoSuchBucket,
    NotAStore,
    credentials_of,
    endpoint_from_here,
    explained,
    open_client,
)


@dataclass(frozen=True)
class Upload:
    """One object to put: its key, and its content as bytes or a file."""

    key: str
    content: bytes | Path

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


class ObjectStore:
    """The bucket of a runtime configuration.

    Args:
        config: says endpoint, bucket and credentials.

    Raises:
        NoStoreCredentials: it has no key.
        StoreError: its endpoint is no URL.
    """

    def __init__(self, config: RuntimeConfiguration) -> None:
        self._config_name = config.name
        self.endpoint = endpoint_from_here(config)
        self.bucket = config.bucket
        self._client = open_client(credentials_of(config), self.endpoint)

    def ensure_bucket(self) -> None:
        """Make the bucket if there is none.

        Raises:
            NoSuchBucket: there is none, and the key may not make one.
            StoreError: the store does not answer, or refuses.
        """
        with explained(self.endpoint, self.bucket, "writing to"):
            if not self._client.bucket_exists(self.bucket):
                try:
                    self._client.make_bucket(self.bucket)
                except S3Error as problem:
                    if problem.code == "AccessDenied":
                        raise NoSuchBucket(
                            f"object store {self.endpoint} has no bucket '{self.bucket}', and the key of "
                            f"runtime configuration '{self._config_name}' may not create it.",
                            "Create the bucket, or correct its name in the runtime configuration.",
                        ) from problem
                    # made by a submission beside this one
                    if problem.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                        raise

    def put_missing(self, uploads: Iterable[Upload], listener: Listener = lambda done, total: None) -> int:
        """Upload objects that the store lacks, several at once, and return how many those were.

        The keys carry the content's hash, so an object of that name is that content.

        Args:
            uploads: what should be there.
            listener: told how many bytes are there, in whichever thread.

        Raises:
            StoreError: the store does not answer, stops, or refuses.
        """
        wanted = list(uploads)
        meter = _Meter(sum(upload.size for upload in wanted), listener)
        with ThreadPoolExecutor(PARALLEL) as pool, explained(self.endpoint, self.bucket, "writing to"):
            try:
                return sum(pool.map(lambda upload: self._put_if_missing(upload, meter), wanted))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    def _put_if_missing(self, upload: Upload, meter: _Meter) -> bool:
        if self._has(upload):
            meter.update(upload.size)
            return False
        if isinstance(upload.content, bytes):
            content = io.BytesIO(upload.content)
            made = self._client.put_object(self.bucket, upload.key, content, upload.size, progress=meter)
        else:
            made = self._client.fput_object(self.bucket, upload.key, str(upload.content), progress=meter)
        if not made.etag:  # some web servers are content with every request: the store's console, for one
            raise NotAStore(f"what answers at {self.endpoint} took '{upload.key}' without storing it.")
        return True

    def _has(self, upload: Upload) -> bool:
        try:
            return self._client.stat_object(self.bucket, upload.key).size == upload.size
        except S3Error as problem:
            if problem.code not in ("NoSuchKey", "NoSuchObject", "ResourceNotFound"):
                raise
            return False


@dataclass
class _Meter:
    """Adds up what several threads have sent; has the methods that minio calls."""

    total: int
    listener: Listener
    done: int = 0
    _lock: Lock = field(default_factory=Lock)

    def set_meta(self, object_name: str, total_length: int) -> None:
        """Hear of an object: its size is in the total already."""

    def update(self, length: int) -> None:
        """Hear of some bytes more."""
        with self._lock:
            self.done += length
            self.listener(self.done, self.total)


def object_url(endpoint: str, bucket: str, key: str) -> str:
    """Return the path-style URL of an object."""
    return f"{endpoint}/{quote(bucket)}/{quote(key)}"
