"""Uploads to the object store."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from minio.error import S3Error

from elyra_neurodesk.objectstore import PARALLEL, endpoint_from_here, explained, open_client
from elyra_neurodesk.runs.configs import RuntimeConfig


@dataclass(frozen=True)
class Upload:
    """One object to put: its key, and its content as bytes or a file."""

    key: str
    content: bytes | Path


class ObjectStore:
    """The bucket of a runtime configuration.

    Args:
        config: says endpoint, bucket and credentials.

    Raises:
        NoStoreCredentials: it has no key.
        StoreError: its endpoint is no URL.
    """

    def __init__(self, config: RuntimeConfig) -> None:
        self.endpoint = endpoint_from_here(config.metadata)
        self.bucket = str(config.metadata["cos_bucket"])
        self._client = open_client(config.name, config.metadata, self.endpoint)

    def ensure_bucket(self) -> None:
        """Make the bucket if there is none.

        Raises:
            StoreError: the store does not answer, or refuses.
        """
        with explained(self.endpoint, self.bucket, "writing to"):
            if not self._client.bucket_exists(self.bucket):
                try:
                    self._client.make_bucket(self.bucket)
                except S3Error as problem:
                    # made by a submission beside this one
                    if problem.code not in ("BucketAlreadyOwnedByYou", "BucketAlreadyExists"):
                        raise

    def put_missing(
        self, uploads: Iterable[Upload], progress: Callable[[int, int], None] = lambda done, total: None
    ) -> int:
        """Upload objects that the store lacks, several at once, and return how many those were.

        The keys carry the content's hash, so an object of that name is that content.

        Args:
            uploads: what should be there.
            progress: called after each object with the number done and the total.

        Raises:
            StoreError: the store does not answer, stops, or refuses.
        """
        wanted = list(uploads)
        sent = 0
        with ThreadPoolExecutor(PARALLEL) as pool, explained(self.endpoint, self.bucket, "writing to"):
            try:
                for done, new in enumerate(pool.map(self._put_if_missing, wanted), 1):
                    sent += new
                    progress(done, len(wanted))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return sent

    def _put_if_missing(self, upload: Upload) -> bool:
        try:
            self._client.stat_object(self.bucket, upload.key)
        except S3Error as problem:
            if problem.code not in ("NoSuchKey", "NoSuchObject", "ResourceNotFound"):
                raise
        else:
            return False
        if isinstance(upload.content, bytes):
            self._client.put_object(self.bucket, upload.key, io.BytesIO(upload.content), len(upload.content))
        else:
            self._client.fput_object(self.bucket, upload.key, str(upload.content))
        return True


def object_url(endpoint: str, bucket: str, key: str) -> str:
    """Return the path-style URL of an object."""
    return f"{endpoint}/{quote(bucket)}/{quote(key)}"
