"""The object store as a task sees it.

A directory, on the embedded backend; else S3, with credentials from the environment and every request tried
several times.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Mapping

from elyra_neurodesk.storage.curl_transport import CurlTransport
from elyra_neurodesk.storage.directory import directory_storage
from elyra_neurodesk.storage.errors import TaskErrors, TaskWrongCredentials
from elyra_neurodesk.storage.interface import ObjectStorage
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.minio_transport import MinioTransport
from elyra_neurodesk.storage.s3 import RetryPolicy, S3Storage
from elyra_neurodesk.storage.transport import READ_TIMEOUT, Credentials, Transport

RETRY = RetryPolicy(tries=5, patience=20.0)
"""A request fails after about 25 s at the latest."""

IMPATIENCE = 5.0
"""Seconds without an answer after which a request that the task can do without fails."""


def task_storage(
    location: StorageLocation,
    environment: Mapping[str, str],
    sleep: Callable[[float], None] = time.sleep,
) -> ObjectStorage:
    """Return the store; it is connected to with the first request.

    Its errors are `TaskStorageError`, with exit status 13 for reading and 15 for writing.

    Args:
        location: endpoint, bucket and region.
        environment: holds the credentials, ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``.
        sleep: replaced by tests.

    Raises:
        TaskStorageError: the endpoint is a file URL that names no directory.
    """
    return _storage(location, environment, RETRY, READ_TIMEOUT, sleep)


def impatient_storage(location: StorageLocation, environment: Mapping[str, str]) -> ObjectStorage:
    """Return the same store as one that gives up soon: each request is tried once, for `IMPATIENCE`.

    For what a task can do without. Arguments and errors are those of `task_storage`.
    """
    return _storage(location, environment, RetryPolicy(tries=1), IMPATIENCE, time.sleep)


def _storage(
    location: StorageLocation,
    environment: Mapping[str, str],
    retry: RetryPolicy,
    read_timeout: float,
    sleep: Callable[[float], None],
) -> ObjectStorage:
    errors = TaskErrors(location.endpoint, location.bucket)
    if (storage := directory_storage(location, errors)) is not None:
        return storage

    def connect() -> Transport:
        """Connect through minio, or through curl in an image that lacks it."""
        credentials = Credentials.from_environment(environment)
        if credentials is None:
            raise TaskWrongCredentials("the task has no object-store credentials in its environment.")
        try:
            if importlib.util.find_spec("minio") is None:
                return CurlTransport(location, credentials, read_timeout)
            return MinioTransport(location, credentials, environment, read_timeout=read_timeout)
        except ValueError as problem:
            raise errors.unusable(str(problem)) from problem

    return S3Storage(connect, errors, retry, sleep)
