"""The S3 object store: a client for it, and what can go wrong with it in one line."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

import certifi
import minio
import urllib3
from minio.error import MinioException, S3Error
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, ReadTimeoutError

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.network import caused_by, patient, root_text
from elyra_neurodesk.settings import RuntimeConfiguration

REGION = "us-east-1"
PARALLEL = 8
"""How many objects are read or written at once."""

TIMEOUT = urllib3.Timeout(connect=5.0, read=60.0)
"""Seconds to connect, and seconds between two pieces of an answer."""

_WRONG_KEY = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied", "InvalidToken"})


class StoreError(NeurodeskError):
    """Common base: the object store did not give what was asked for."""

    code = "ND-STORE-100"
    hint = "Check the object storage endpoint in the runtime configuration."


class StoreUnreachable(StoreError):
    """Nothing answers at the object store's address."""

    code = "ND-STORE-101"
    hint = (
        "Start it: `elyra-neurodesk local up` for the embedded backend; for a cluster check the object "
        "storage endpoint in the runtime configuration and that its port-forward runs."
    )


class StoreDenied(StoreError):
    """The object store does not accept the key, or the key may not read this."""

    code = "ND-STORE-102"
    hint = "Check the object storage user name and password in the runtime configuration."


class NoSuchBucket(StoreError):
    """The bucket does not exist."""

    code = "ND-STORE-103"
    hint = "Check the bucket name in the runtime configuration; submitting a pipeline creates the bucket."


class NoSuchObject(StoreError):
    """The object does not exist."""

    code = "ND-STORE-104"
    hint = "It may have been deleted since."


class NoStoreCredentials(StoreError):
    """The runtime configuration has no key for the object store, and neither has the environment."""

    code = "ND-STORE-105"
    hint = (
        "Set the object storage user name and password in the runtime configuration, or "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment."
    )


class NotAStore(StoreError):
    """Something answers, and it does not speak S3."""

    code = "ND-STORE-106"


class StoreFailed(StoreUnreachable):
    """The object store, or a proxy before it, failed or broke the connection, several times in a row."""

    code = "ND-STORE-107"
    hint = "Try again in a minute; when it stays, look at the object store's own log and its free space."


class StoreTooSlow(StoreUnreachable):
    """The object store took the request and did not answer in time."""

    code = "ND-STORE-108"
    hint = "Check the network and whether the object store is overloaded, then try again."


def endpoint_from_here(configuration: RuntimeConfiguration, fallback: str = "") -> str:
    """Return the address of the store that works on this machine.

    Tasks always use ``cos_endpoint``. In a cluster that is often a service name (``minio-service.kubeflow``),
    which means nothing outside; then ``public_cos_endpoint``, a port-forward for example, takes its place.

    Args:
        configuration: names both.
        fallback: used when it names no endpoint.
    """
    endpoint = configuration.object_store_endpoint or fallback.rstrip("/")
    public = configuration.public_object_store_endpoint or endpoint
    parts = urlsplit(endpoint)
    if public != endpoint:
        try:
            socket.getaddrinfo(parts.hostname, None)
        except OSError:
            return public
    return endpoint


def open_client(credentials: Mapping[str, Any], endpoint: str, region: str = REGION) -> minio.Minio:
    """Return a client.

    Args:
        credentials: see `credentials_of`.
        endpoint: see `endpoint_from_here`.
        region: for signing; given, so that the client need not ask for it before its first request.

    Raises:
        StoreError: the address is not a URL.
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
        raise StoreError(
            f"object storage endpoint '{endpoint}' is not a URL of http:// or https:// and a host alone."
        )
    pool = urllib3.PoolManager(
        timeout=TIMEOUT,
        maxsize=PARALLEL,
        # putting an object twice is the same as putting it once
        retries=patient(3, allowed_methods=None, redirect=None, raise_on_status=True),
        cert_reqs="CERT_REQUIRED",
        ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
    )
    try:
        return minio.Minio(
            parts.netloc,
            secure=parts.scheme == "https",
            region=region,
            http_client=pool,
            **credentials,
        )
    except ValueError as problem:
        raise StoreError(f"object storage endpoint '{endpoint}' cannot be used: {problem}.") from problem


@contextmanager
def explained(endpoint: str, bucket: str, doing: str, key: str = "") -> Iterator[None]:
    """Turn what the client raises inside the block into a `StoreError`.

    Args:
        endpoint: the store's URL, for messages.
        bucket: the bucket's name.
        doing: what the block does: ``reading from`` or ``writing to``.
        key: the object, where there is one.
    """
    try:
        yield
    except S3Error as problem:
        raise _refusal(problem, endpoint, bucket, doing, key) from problem
    except (MinioException, ValueError) as problem:  # ValueError: an answer that is not XML
        raise NotAStore(f"what answers at {endpoint} is not an S3 object store: {problem}.") from problem
    except HTTPError as problem:
        raise _unreachable(problem, endpoint, doing) from problem


def _refusal(problem: S3Error, endpoint: str, bucket: str, doing: str, key: str) -> StoreError:
    if problem.code in _WRONG_KEY:
        return StoreDenied(f"object store {endpoint} denied {doing} bucket '{bucket}' ({problem.code}).")
    if problem.code == "NoSuchBucket":
        return NoSuchBucket(f"object store {endpoint} has no bucket '{bucket}'.")
    if problem.code == "NoSuchKey":
        return NoSuchObject(f"bucket '{bucket}' has no object '{key}'.")
    if problem.code == "RequestTimeTooSkewed":
        return StoreDenied(
            f"object store {endpoint} has another time than this machine.", "Set this machine's clock."
        )
    return StoreError(f"object store {endpoint} answered {problem.code}: {problem.message}")


def _unreachable(problem: HTTPError, endpoint: str, doing: str) -> StoreError:
    if caused_by(problem, ConnectionRefusedError):
        return StoreUnreachable(f"nothing listens at object store {endpoint}.")
    if caused_by(problem, gaierror, NameResolutionError):
        return StoreUnreachable(f"the host is not known of object store {endpoint}.")
    if caused_by(problem, ssl.SSLError):
        return StoreUnreachable(
            f"no trusted TLS connection to object store {endpoint}: {root_text(problem)}.",
            "Check http or https in the object storage endpoint; SSL_CERT_FILE names your own authority.",
        )
    if caused_by(problem, ReadTimeoutError):
        return StoreTooSlow(f"{doing} object store {endpoint}: no answer within {TIMEOUT.read_timeout:g} s.")
    if caused_by(problem, ConnectTimeoutError):
        return StoreUnreachable(f"object store {endpoint} does not answer.")
    return StoreFailed(f"{doing} object store {endpoint} failed: {root_text(problem)}.")


def credentials_of(configuration: RuntimeConfiguration) -> dict[str, Any]:
    """Return minio's arguments for the key of a configuration, of its service account or the environment.

    Raises:
        NoStoreCredentials: there is no key.
    """
    if configuration.access_key and configuration.secret_key:
        return {"access_key": configuration.access_key, "secret_key": configuration.secret_key}
    if configuration.iam:
        from minio.credentials.providers import IamAwsProvider

        return {"credentials": IamAwsProvider()}
    user, password = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if user and password:
        return {
            "access_key": user,
            "secret_key": password,
            "session_token": os.environ.get("AWS_SESSION_TOKEN"),
        }
    raise NoStoreCredentials(f"runtime configuration '{configuration.name}' has no key for the object store.")
