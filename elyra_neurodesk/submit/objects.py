"""Uploads to the object store."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import minio
import urllib3
from minio.credentials.providers import IamAwsProvider, StaticProvider
from minio.error import S3Error
from urllib3.exceptions import HTTPError

from elyra_neurodesk.endpoints import endpoint_from_here
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.settings import RuntimeSettings

PARALLEL_UPLOADS = 8
# one try, then three more after 0.3, 0.6 and 1.2 s, each lengthened by up to 0.2 s
RETRIES = urllib3.Retry(
    total=3,
    backoff_factor=0.3,
    backoff_jitter=0.2,
    status_forcelist=(500, 502, 503, 504),
    allowed_methods=None,
)
TIMEOUT = urllib3.Timeout(connect=5, read=60)


class ObjectStoreUnreachable(NeurodeskError):
    """Nothing answers at the object store's endpoint, or no longer."""

    code = "ND-STORE-001"
    hint = "Check the object storage endpoint in the runtime configuration and that the store is running."


class ObjectStoreRefused(NeurodeskError):
    """The object store answers and refuses."""

    code = "ND-STORE-002"


@dataclass(frozen=True)
class Upload:
    """One object to put: its key, and its content as bytes or a file."""

    key: str
    content: bytes | Path


class ObjectStore:
    """The bucket of a runtime configuration.

    Args:
        settings: says endpoint, bucket and credentials.
    """

    def __init__(self, settings: RuntimeSettings) -> None:
        self.settings = settings
        self.endpoint = endpoint_from_here(
            settings.object_store_endpoint, settings.public_object_store_endpoint
        )
        self.bucket = settings.bucket
        parts = urlsplit(self.endpoint)
        self.client = minio.Minio(
            parts.netloc,
            secure=parts.scheme == "https",
            credentials=IamAwsProvider()
            if settings.iam
            else StaticProvider(settings.access_key, settings.secret_key),
            # given, so that the client need not ask for it before every first request
            region="us-east-1",
            http_client=urllib3.PoolManager(
                maxsize=PARALLEL_UPLOADS, retries=RETRIES, timeout=TIMEOUT, cert_reqs="CERT_REQUIRED"
            ),
        )

    def url(self, key: str) -> str:
        """Return the path-style URL of an object, as seen from tasks."""
        return f"{self.settings.object_store_endpoint}/{quote(self.bucket)}/{quote(key)}"

    def ensure_bucket(self) -> None:
        """Make the bucket if there is none.

        Raises:
            ObjectStoreUnreachable: nothing answers.
            ObjectStoreRefused: the credentials are wrong or do not suffice.
        """
        with self._clear_errors():
            if not self.client.bucket_exists(self.bucket):
                try:
                    self.client.make_bucket(self.bucket)
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
            ObjectStoreUnreachable: the store does not answer, or stops.
            ObjectStoreRefused: it refuses.
        """
        wanted = list(uploads)
        sent = 0
        with ThreadPoolExecutor(PARALLEL_UPLOADS) as pool, self._clear_errors():
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
            self.client.stat_object(self.bucket, upload.key)
        except S3Error as problem:
            if problem.code not in ("NoSuchKey", "NoSuchObject", "ResourceNotFound"):
                raise
        else:
            return False
        if isinstance(upload.content, bytes):
            self.client.put_object(self.bucket, upload.key, io.BytesIO(upload.content), len(upload.content))
        else:
            self.client.fput_object(self.bucket, upload.key, str(upload.content))
        return True

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        name = self.settings.display_name
        try:
            yield
        except S3Error as problem:
            raise ObjectStoreRefused(
                f"The object store at {self.endpoint} refused (runtime configuration '{name}', "
                f"bucket '{self.bucket}'): {problem.code}.",
                _ADVICE.get(str(problem.code), "Check bucket and credentials in the runtime configuration."),
            ) from problem
        except (HTTPError, OSError, minio.error.ServerError, minio.error.InvalidResponseError) as problem:
            raise ObjectStoreUnreachable(
                f"The object store at {self.endpoint} (runtime configuration '{name}') "
                f"does not answer: {_reason(problem)}."
            ) from problem


def _reason(problem: BaseException) -> str:
    inner: Any = getattr(problem, "reason", None) or problem
    text = str(inner)
    for known in (
        "Connection refused",
        "Name or service not known",
        "timed out",
        "certificate verify failed",
    ):
        if known.lower() in text.lower():
            return known.lower()
    return text[:160]


_ADVICE = {
    "InvalidAccessKeyId": "Correct the object storage username in the runtime configuration.",
    "SignatureDoesNotMatch": "Correct the object storage password in the runtime configuration.",
    "AccessDenied": "These credentials may not use this bucket: choose another bucket, or ask its owner for "
    "read and write access.",
    "NoSuchBucket": "Create the bucket, or give the credentials the right to.",
}
