"""Packs the bootstrapper into one file, for images without it; runs where pipelines are submitted."""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
KINDS = (".py", ".bash", ".sh", ".r", ".R")
RECORD = ("__init__", "codec", "jsonld", "life_sign", "log_so_far", "model", "undeclared")
"""What a task needs of ``elyra_neurodesk.record``."""

MODULES = ("__init__", "containers", "lua", "modulefile", "tree", "versions")
"""What a task needs of ``elyra_neurodesk.modules``."""
STORAGE = (
    "__init__",
    "byte_range",
    "curl_transport",
    "directory",
    "errors",
    "interface",
    "location",
    "minio_transport",
    "partfile",
    "s3",
    "task",
    "transport",
)
"""What a task needs of ``elyra_neurodesk.storage``."""

_MAIN = b"""\
import sys

from elyra_neurodesk.bootstrapper.__main__ import main

sys.exit(main())
"""


@lru_cache(maxsize=1)
def build_zipapp() -> bytes:
    """Return the zipapp; the same sources give the same bytes, on every machine with the same zlib."""
    sources = [
        PACKAGE / "__init__.py",
        PACKAGE / "errors.py",
        PACKAGE / "formatting.py",
        *(PACKAGE / "record" / f"{name}.py" for name in RECORD),
        *(path for path in (PACKAGE / "bootstrapper").rglob("*") if path.suffix in KINDS),
        *(PACKAGE / "modules" / f"{name}.py" for name in MODULES),
        PACKAGE / "network.py",
        PACKAGE / "paths.py",
        *(PACKAGE / "storage" / f"{name}.py" for name in STORAGE),
    ]
    members = {path.relative_to(PACKAGE.parent).as_posix(): path.read_bytes() for path in sources}
    members["__main__.py"] = _MAIN
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.create_system = 3  # Unix, also when made elsewhere
            member.external_attr = 0o644 << 16
            target.writestr(member, members[name])
    return buffer.getvalue()


@lru_cache(maxsize=1)
def zipapp_sha256() -> str:
    """Return the SHA-256 of `build_zipapp` (64 hex digits)."""
    return hashlib.sha256(build_zipapp()).hexdigest()
