"""The container image that a task runs in, as far as it is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from elyra_neurodesk.record.model import Image

VARIABLE = "NEURODESK_IMAGE"
NO_CONTAINER = "ELYRA_NEURODESK_ATTEMPT"
"""Set by the embedded backend, which runs tasks as processes of the machine."""

_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")


def read_reference(reference: str, used: bool = True) -> Image | None:
    """Return the image of this name, None for an empty reference."""
    if not reference:
        return None
    pinned = _DIGEST.search(reference)
    return Image(reference, pinned[1] if pinned else None, used)


def find(environment: Mapping[str, str]) -> Image | None:
    """Return the image that the task's environment names."""
    return read_reference(environment.get(VARIABLE, ""), used=NO_CONTAINER not in environment)
