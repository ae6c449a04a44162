"""Where objects are: endpoint, bucket, prefix, and the keys below it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, unquote_to_bytes, urlsplit

REGION = "us-east-1"
"""Region for signing where none is named: what MinIO and most S3 servers take."""


_OWN = ".elyra-neurodesk"
# endpoint, bucket and prefix in what `StorageLocation.url` writes
_BOOTSTRAPPER = re.compile(
    rf"(https?://[^/]+|file://(?:/[^/]+)+/)/([^/]+)(?:/(.+))?/{re.escape(_OWN)}/bootstrapper/[^/]+"
)


@dataclass(frozen=True)
class StorageLocation:
    """The object store a task reads from and writes to; credentials are no part of it.

    Attributes:
        endpoint: URL with scheme ``http`` or ``https``, as seen from the task, or ``file`` for a directory.
        bucket: bucket name.
        prefix: key prefix without slashes at its ends, "" for none.
        region: region for signing.
    """

    endpoint: str
    bucket: str
    prefix: str = ""
    region: str = REGION

    def key(self, *parts: str) -> str:
        """Return the object key below the prefix."""
        return "/".join(part for part in (self.prefix, *parts) if part)

    def archive_key(self, sha256: str) -> str:
        """Return where the archive with this content hash (64 hex digits) is kept."""
        return self.key(_OWN, "archives", f"{sha256}.tar.gz")

    def bootstrapper_key(self, sha256: str) -> str:
        """Return where the bootstrapper's zipapp with this content hash is kept."""
        return self.key(_OWN, "bootstrapper", f"{sha256}.pyz")

    def specs_key(self, sha256: str) -> str:
        """Return where the specifications of a submission with this content hash are kept."""
        return self.key(_OWN, "specs", sha256)

    def url(self, key: str) -> str:
        """Return the path-style URL of an object: for a directory, that of its file.

        There, an empty part of the path says where the directory's own ends and the bucket begins.
        """
        end = "/" if self.endpoint.startswith("file:") else ""
        endpoint = quote(self.endpoint, safe="/:%[]@")  # no blanks: a start script need not quote it
        return f"{endpoint}{end}/{quote(self.bucket)}/{quote(key)}"

    @classmethod
    def of_bootstrapper(cls, url: str) -> StorageLocation:
        """Return the location that the bootstrapper's URL was made of.

        Raises:
            ValueError: it is not the URL of a bootstrapper.
        """
        found = _BOOTSTRAPPER.fullmatch(url)
        if not found:
            raise ValueError(f"'{url}' is not a bootstrapper's URL.")
        endpoint, bucket, prefix = found.groups(default="")
        return cls(endpoint.rstrip("/"), unquote(bucket), unquote(prefix))


def directory_of(endpoint: str) -> Path | None:
    """Return the directory that a ``file:///directory`` URL (RFC 8089) names, None for any other URL.

    Raises:
        ValueError: it is a ``file`` URL that names no absolute path of this machine.
    """
    parts = urlsplit(endpoint)
    if parts.scheme != "file":
        return None
    path = os.fsdecode(unquote_to_bytes(parts.path))
    if parts.netloc not in ("", "localhost") or not path.startswith("/") or "\0" in path:
        raise ValueError(f"the object storage endpoint '{endpoint}' is not file:///directory.")
    return Path(path)


def split_endpoint(endpoint: str) -> tuple[str, bool]:
    """Return ``host[:port]`` of an endpoint, and whether it speaks TLS.

    Raises:
        ValueError: it is not http(s)://host[:port].
    """
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/"):
        raise ValueError(f"the object storage endpoint '{endpoint}' is not http(s)://host[:port].")
    return parts.netloc, parts.scheme == "https"
