"""What the rest of the package asks of an object store.

An implementation raises `errors.StorageError` for what the store does, and ``OSError`` for what the local
disk does. Writing an object and downloading one are atomic: the whole content, or nothing under that name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PARALLEL = 8
"""How many objects are read or written at once."""

CHUNK = 1 << 20
"""Bytes of an object that are held in memory while it is copied."""

OCTET_STREAM = "application/octet-stream"

Progress = Callable[[int], object]
"""Called with the number of bytes that were sent since the last call."""


@dataclass(frozen=True)
class Transfer:
    """What was downloaded or stored.

    Attributes:
        size: bytes.
        sha256: hash of the content (64 hex digits).
    """

    size: int
    sha256: str


@dataclass(frozen=True)
class StoredObject:
    """One object.

    Attributes:
        key: its key in the bucket.
        size: bytes.
        etag: the store's tag of its content; the MD5 for S3 objects that were uploaded in one piece.
    """

    key: str
    size: int
    etag: str = ""


class ObjectStorage(Protocol):
    """Objects of one bucket, by key: what a task needs."""

    def get(self, key: str) -> bytes:
        """Return a small object's content.

        Raises:
            NoSuchObject: there is none.
            StorageError: the store failed or refused.
        """

    def download(self, key: str, path: Path) -> Transfer:
        """Write an object to the file ``path``, whole or not at all.

        Raises:
            NoSuchObject: there is none.
            StorageError: the store failed or refused.
            OSError: the file cannot be written.
        """

    def put(
        self,
        key: str,
        content: bytes | Path,
        content_type: str = OCTET_STREAM,
        progress: Progress | None = None,
    ) -> None:
        """Store an object, or replace it.

        Args:
            key: its key.
            content: bytes, or the file that has them.
            content_type: its media type.
            progress: see `Progress`.

        Raises:
            StorageError: the store failed or refused.
            OSError: the file cannot be read.
        """

    def put_file(
        self, key: str, path: Path, content_type: str = OCTET_STREAM, move: bool = False
    ) -> Transfer:
        """Store a file, or replace an object by it, and return size and hash of what was stored.

        Args:
            key: its key.
            path: the file, which nothing may change before this returns.
            content_type: its media type.
            move: whether the file may go, because its directory is removed soon. A store on the same file
                system then need not copy it; one that copies leaves it.

        Raises:
            StorageError: the store failed or refused.
            OSError: the file cannot be read.
        """

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there counts as removed.

        Raises:
            StorageError: the store failed or refused.
        """


class BrowsableStorage(ObjectStorage, Protocol):
    """An object store whose objects can be listed too: what commands need."""

    def stream(
        self, key: str, write: Callable[[bytes], object], begin: int = 0, end: int | None = None
    ) -> None:
        """Pass an object's content, or a part of it, to ``write``, piece by piece; raises as `get` does.

        Args:
            key: its key.
            write: gets the pieces; none where the object ends before ``begin``.
            begin: number of the first byte.
            end: number of the byte after the last one; None: to the object's end.
        """

    def stat(self, key: str) -> StoredObject | None:
        """Return size and tag of an object, None where there is none; raises as `get` does."""

    def list(self, prefix: str) -> list[StoredObject]:
        """Return every object whose key starts with ``prefix``, by key; raises as `get` does."""

    def ensure_bucket(self) -> None:
        """Create the bucket if there is none.

        Raises:
            NoSuchBucket: there is none, and it may not be created.
            StorageError: the store failed or refused.
        """


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file (64 hex digits)."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
