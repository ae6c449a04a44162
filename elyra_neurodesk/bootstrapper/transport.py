"""What the two ways to the object store have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.bootstrapper.store_errors import StoreError, Verdict, WrongCredentials

CONNECT_TIMEOUT, READ_TIMEOUT = 4.0, 60.0  # seconds
CONNECTIONS = 8
CHUNK = 1 << 20


@dataclass(frozen=True)
class Fetched:
    """What a download brought: size (bytes) and SHA-256 (64 hex digits)."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Access:
    """Where the store is and as whom we come."""

    host: str
    secure: bool
    key: str
    secret: str = field(repr=False)
    token: str = field(repr=False)


class Transport(Protocol):
    """One way to the store; each call is one try."""

    def fetch(self, key: str, path: Path) -> Fetched:
        """Write an object to ``path``."""

    def read(self, key: str) -> bytes:
        """Return a small object's content."""

    def store(self, key: str, path: Path, content_type: str) -> None:
        """Store the file ``path``."""

    def store_bytes(self, key: str, content: bytes, content_type: str) -> None:
        """Store a small object, also when no file can be written."""

    def judge(self, problem: Exception) -> Verdict:
        """Return what an exception of the other methods means."""


def access_of(store: Store, environment: Mapping[str, str]) -> Access:
    """Return the address and the credentials.

    Raises:
        WrongCredentials: the environment has none.
        StoreError: the endpoint is no URL of a host.
    """
    access, secret = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not access or not secret:
        raise WrongCredentials("the task has no object-store credentials in its environment.")
    address = urlsplit(store.endpoint)
    if address.scheme not in ("http", "https") or not address.netloc or address.path.strip("/"):
        raise StoreError(
            f"the object-store endpoint {store.endpoint!r} is not http(s)://host[:port].",
            "Correct the endpoint in the runtime configuration.",
        )
    return Access(
        address.netloc, address.scheme == "https", access, secret, environment.get("AWS_SESSION_TOKEN") or ""
    )


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file (64 hex digits)."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
