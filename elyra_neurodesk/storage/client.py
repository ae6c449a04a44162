"""The object store that a runtime configuration names, as this machine's commands use it."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from urllib.parse import urlsplit

from elyra_neurodesk.network import retry_policy
from elyra_neurodesk.settings import RuntimeConfiguration
from elyra_neurodesk.storage.directory import directory_storage
from elyra_neurodesk.storage.errors import ClientErrors, NoStorageCredentials
from elyra_neurodesk.storage.interface import BrowsableStorage
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.minio_transport import MinioTransport
from elyra_neurodesk.storage.s3 import BrowsableS3Storage
from elyra_neurodesk.storage.transport import READ_TIMEOUT, Credentials


def open_storage(
    configuration: RuntimeConfiguration, location: StorageLocation | None = None
) -> BrowsableStorage:
    """Return the store at a runtime configuration's address: a directory, or S3 opened with its key.

    Args:
        configuration: names address, key and bucket.
        location: names another bucket and region, such as those of a run's tasks.

    Raises:
        NoStorageCredentials: there is no key.
        StorageError: the address is not a URL.
    """
    location = location or StorageLocation(configuration.object_store_endpoint, configuration.bucket)
    here = replace(location, endpoint=endpoint_from_here(configuration, location.endpoint))
    errors = ClientErrors(here.endpoint, here.bucket, configuration.name, READ_TIMEOUT)
    if (storage := directory_storage(here, errors)) is not None:
        return storage
    return open_bucket(here, credentials_of(configuration), configuration.name)


def open_bucket(
    location: StorageLocation, credentials: Credentials | None, configuration: str
) -> BrowsableS3Storage:
    """Return a bucket.

    Args:
        location: endpoint as seen from here, bucket and region.
        credentials: None for those of this machine's IAM role.
        configuration: name of the runtime configuration, for messages.

    Raises:
        StorageError: the address is not a URL.
    """
    errors = ClientErrors(location.endpoint, location.bucket, configuration, READ_TIMEOUT)
    # putting an object twice is the same as putting it once
    retries = retry_policy(3, allowed_methods=None, redirect=None, raise_on_status=True)
    try:
        transport = MinioTransport(location, credentials, os.environ, retries, READ_TIMEOUT)
    except ValueError as problem:
        raise errors.unusable(str(problem)) from problem
    return BrowsableS3Storage(transport, errors)


def endpoint_from_here(configuration: RuntimeConfiguration, fallback: str = "") -> str:
    """Return the address of the store that works on this machine.

    Tasks always use ``cos_endpoint``. In a cluster that is often a service name (``minio-service.kubeflow``),
    which means nothing outside; then ``public_cos_endpoint``, a port-forward for example, takes its place.
    It does at once where the configuration forwards ports: what a name server says of the service is of no
    use then. What is recorded of objects has the address that tasks use.

    Args:
        configuration: names both.
        fallback: used when it names no endpoint.
    """
    endpoint = configuration.object_store_endpoint or fallback.rstrip("/")
    public = configuration.public_object_store_endpoint or endpoint
    if public != endpoint and urlsplit(endpoint).scheme != "file":
        if configuration.forwards_ports:
            return public
        try:
            socket.getaddrinfo(urlsplit(endpoint).hostname, None)
        except OSError:
            return public
    return endpoint


def credentials_of(configuration: RuntimeConfiguration) -> Credentials | None:
    """Return the key of a configuration, None for that of the IAM role, else the environment's.

    Raises:
        NoStorageCredentials: there is no key.
    """
    if configuration.access_key and configuration.secret_key:
        return Credentials(configuration.access_key, configuration.secret_key)
    if configuration.iam:
        return None
    found = Credentials.from_environment(os.environ)
    if found is None:
        raise NoStorageCredentials(
            f"runtime configuration '{configuration.name}' has no key for the object store."
        )
    return found
