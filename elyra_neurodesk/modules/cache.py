"""Small JSON files below the user's cache directory: written whole or not at all, worthless when broken."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LAYOUT = 1
"""Part of every file; one of another layout counts as missing."""


def directory(environment: Mapping[str, str]) -> Path:
    """Return ``$XDG_CACHE_HOME/elyra-neurodesk``, the home directory's ``.cache`` standing in."""
    base = environment.get("XDG_CACHE_HOME", "")
    home = Path(environment.get("HOME") or Path.home())
    return (Path(base) if base.startswith("/") else home / ".cache") / "elyra-neurodesk"


def load(path: Path) -> dict[str, Any] | None:
    """Return what a file holds, None if it is missing, broken or of another layout."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and content.get("layout") == LAYOUT else None


def save(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file so that readers see the old or the new one; a directory that cannot be written is left."""
    data = json.dumps({"layout": LAYOUT, **content}, separators=(",", ":")).encode()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
