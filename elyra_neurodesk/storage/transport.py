"""What a way to an S3 object store must do, and what all of them need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from elyra_neurodesk.storage.errors import Failure
from elyra_neurodesk.storage.interface import Progress, Transfer

CONNECT_TIMEOUT = 5.0
"""Seconds to connect."""

READ_TIMEOUT = 60.0
"""Seconds between two pieces of an answer."""


@dataclass(frozen=True)
class Credentials:
    """An access key; the token is "" for one that is not temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    session_token: str = field(default="", repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Credentials | None:
        """Return what the environment has under AWS's names, None where it has none."""
        access_key = environment.get("AWS_ACCESS_KEY_ID")
        secret_key = environment.get("AWS_SECRET_ACCESS_KEY")
        if not access_key or not secret_key:
            return None
        return cls(access_key, secret_key, environment.get("AWS_SESSION_TOKEN") or "")


class Transport(Protocol):
    """One way to a bucket; each call is one try and raises whatever its library raises."""

    def get(self, key: str) -> bytes:
        """Return a small object's content."""

    def download(self, key: str, path: Path) -> Transfer:
        """Write an object to ``path``; after a failure a part of it may be there."""

    def put(
        self, key: str, content: bytes | Path, content_type: str, progress: Progress | None = None
    ) -> None:
        """Store an object."""

    def delete(self, key: str) -> None:
        """Remove an object, if there is one."""

    def classify_error(self, problem: Exception) -> Failure | None:
        """Return what an exception of the other methods means, None for one that is not the store's."""
