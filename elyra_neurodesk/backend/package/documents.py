"""YAML documents from elsewhere, read only when they are not nested too deeply."""

from __future__ import annotations

from typing import Any

import yaml

from .errors import InvalidPackage

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 100
"""Levels; the limit of protobuf's own JSON parser, which KFP's API server reads packages with."""


def load_documents(text: str) -> list[Any]:
    """Return the documents of a YAML or JSON text that are not empty.

    Raises:
        InvalidPackage: it is not YAML, or nested too deeply.
    """
    try:
        _check_depth(text)
        return [document for document in yaml.load_all(text, Loader=LOADER) if document is not None]
    except (yaml.YAMLError, RecursionError) as problem:
        raise InvalidPackage(f"the package is not YAML: {problem}") from problem


def _check_depth(text: str) -> None:
    """Refuse what building objects could not: PyYAML's C loader recurses without a limit of its own."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                line = event.start_mark.line + 1 if event.start_mark else 0
                raise InvalidPackage(
                    f"the package is nested more than {MAX_DEPTH} levels deep (line {line})."
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
