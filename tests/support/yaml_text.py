"""YAML read by libyaml, many times as fast as PyYAML's own reader, which makes the same values of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """Return the value of the one document of a text."""
    return yaml.load(text, Loader=LOADER)


def load_all(text: str) -> Iterator[Any]:
    """Yield the values of all documents of a text."""
    yield from yaml.load_all(text, Loader=LOADER)
