"""The container image a task runs in, as far as anyone tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

VARIABLE = "NEURODESK_IMAGE"
NO_CONTAINER = "ELYRA_NEURODESK_ATTEMPT"
"""Set by the embedded backend, which runs tasks as processes of the machine."""

_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$")


@dataclass(frozen=True)
class Image:
    """An image.

    Attributes:
        reference: as the pipeline names it.
        digest: ``sha256:…`` where the reference is pinned to one; a tag alone does not tell what ran.
        used: False where the backend ran the task as a process of the machine instead.
    """

    reference: str
    digest: str | None
    used: bool = True

    def as_record(self) -> dict[str, Any]:
        """Return the form in which a record has it."""
        return asdict(self)


def read_reference(reference: str, used: bool = True) -> Image | None:
    """Return the image of this name, None where there is none."""
    if not reference:
        return None
    pinned = _DIGEST.search(reference)
    return Image(reference, pinned[1] if pinned else None, used)


def find(environment: Mapping[str, str]) -> Image | None:
    """Return the image that the task's environment names."""
    return read_reference(environment.get(VARIABLE, ""), used=NO_CONTAINER not in environment)
