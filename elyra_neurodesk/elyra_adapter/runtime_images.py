"""Elyra's runtime images, read from where Jupyter keeps metadata, without importing Elyra."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.elyra_adapter.instances import directories

# vnmd/neurodesktop:2026-09-23@sha256:…, and the form without hyphens that Neurodesk has on Docker Hub
_NEURODESKTOP = re.compile(r"(?:^|/)neurodesktop:(\d{4}-?\d{2}-?\d{2})(?:@|$)")


def runtime_images() -> tuple[Mapping[str, Any], ...]:
    """Return the ``metadata`` objects of all runtime images, by name; files that are not valid are left out.

    Of two files of the same name the one in the directory that Elyra searches first counts
    (elyra/metadata/storage.py, ``metadata_path``).
    """
    found: dict[str, Mapping[str, Any]] = {}
    for directory in directories("runtime-images"):
        for path in sorted(directory.glob("*.json")):
            metadata = _metadata(path)
            if metadata:
                found.setdefault(path.stem, metadata)
    return tuple(found[name] for name in sorted(found))


def newest_neurodesktop(images: Iterable[Mapping[str, Any]]) -> str:
    """Return the dated Neurodesktop image with the latest date, "" where there is none.

    >>> newest_neurodesktop([{"image_name": "vnmd/neurodesktop:2026-08-22"}, {"image_name": "python:3.12"}])
    'vnmd/neurodesktop:2026-08-22'
    """
    names = [str(image.get("image_name", "")) for image in images]
    dated = [(match[1].replace("-", ""), name) for name in names if (match := _NEURODESKTOP.search(name))]
    return max(dated, default=("", ""))[1]


def _metadata(path: Path) -> Mapping[str, Any]:
    try:
        metadata = json.loads(path.read_bytes())["metadata"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return metadata if isinstance(metadata, dict) else {}
