"""Reading from the object store that a runtime configuration names, and keeping a run's record there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import IO

import minio

from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.settings import RuntimeConfiguration
from elyra_neurodesk.storage.s3 import (
    PARALLEL,
    NoStoreCredentials,
    NoSuchBucket,
    NoSuchObject,
    NotAStore,
    StoreDenied,
    StoreError,
    StoreUnreachable,
    credentials_of,
    endpoint_from_here,
    explained,
    open_client,
)

__all__ = [
    "PARALLEL",
    "NoStoreCredentials",
    "NoSuchBucket",
    "NoSuchObject",
    "NotAStore",
    "ObjectReader",
    "StoreDenied",
    "StoreError",
    "StoreUnreachable",
    "StoredObject",
    "open_store",
]

_PIECE = 256 * 1024


@dataclass(frozen=True)
class StoredObject:
    """One object.

    Attributes:
        key: its key in the bucket.
        size: bytes.
        etag: what the store calls its content; the MD5 for objects that were uploaded in one piece.
    """

    key: str
    size: int
    etag: str = ""


class ObjectReader:
    """Reads from one bucket.

    Args:
        client: a minio client.
        bucket: bucket name.
        endpoint: the store's URL, for messages.
    """

    def __init__(self, client: minio.Minio, bucket: str, endpoint: str) -> None:
        self._client = client
        self.bucket = bucket
        self.endpoint = endpoint

    def list(self, prefix: str) -> list[StoredObject]:
        """Return every object whose key starts with ``prefix``, by key.

        Raises:
            StoreError: the store cannot be read.
        """
        with explained(self.endpoint, self.bucket, "reading from", prefix):
            found = self._client.list_objects(self.bucket, prefix=prefix, recursive=True)
            return sorted(
                (
                    StoredObject(item.object_name or "", item.size or 0, (item.etag or "").strip('"'))
                    for item in found
                    if not item.is_dir
                ),
                key=lambda item: item.key,
            )

    def read(self, key: str) -> bytes:
        """Return an object's content; meant for records and logs, not for images.

        Raises:
            NoSuchObject: there is none.
            StoreError: the store cannot be read.
        """
        pieces: list[bytes] = []
        self._stream(key, pieces.append)
        return b"".join(pieces)

    def write(self, key: str, content: bytes, content_type: str) -> None:
        """Store a small object.

        Raises:
            StoreError: the store does not take it.
        """
        with explained(self.endpoint, self.bucket, "writing to", key):
            self._client.put_object(
                self.bucket, key, BytesIO(content), len(content), content_type=content_type
            )

    def read_into(
        self, key: str, target: IO[bytes], progress: Callable[[bytes], object] = lambda piece: None
    ) -> None:
        """Write an object's content to ``target`` piece by piece, telling ``progress`` each piece.

        Raises:
            NoSuchObject: there is none.
            StoreError: the store cannot be read, or the connection broke midway.
        """

        def take(piece: bytes) -> None:
            target.write(piece)
            progress(piece)

        self._stream(key, take)

    def _stream(self, key: str, take: Callable[[bytes], object]) -> None:
        with explained(self.endpoint, self.bucket, "reading from", key):
            response = self._client.get_object(self.bucket, key)
            try:
                for piece in response.stream(_PIECE):
                    take(piece)
            finally:
                response.close()
                response.release_conn()


def open_store(config: RuntimeConfiguration, store: Store) -> ObjectReader:
    """Return a reader of a pipeline's bucket, with the runtime configuration's address and key.

    Args:
        config: names the address and the key.
        store: names the bucket and the region.

    Raises:
        NoStoreCredentials: there is no key.
        StoreError: the address is not a URL.
    """
    endpoint = endpoint_from_here(config, store.endpoint)
    client = open_client(credentials_of(config), endpoint, store.region)
    return ObjectReader(client, store.bucket, endpoint)
