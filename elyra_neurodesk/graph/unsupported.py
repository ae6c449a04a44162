"""What a pipeline asks for that KFP cannot do: one line for each, never dropped silently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elyra_neurodesk.graph.pipeline import Pipeline

MAX_NAMED = 3
"""Nodes that a line names; the rest are counted."""


def unsupported(pipeline: Pipeline) -> tuple[str, ...]:
    """Return the lines for one pipeline."""
    return tuple(_lines(pipeline))


def _lines(pipeline: Pipeline) -> Iterator[str]:
    read_only = [
        f"'{node.label}' ({path})"
        for node in pipeline.nodes
        for path, volume in node.modifiers.get("kubernetes_volumes", {}).items()
        if _is_true(volume.get("read_only", False))
    ]
    if read_only:
        yield (
            "KFP cannot mount a volume read-only (its PvcMount has no such field): writable in "
            f"{_listed(read_only)}. To protect the data, use a claim whose access mode is ReadOnlyMany."
        )
    notebooks = [f"'{node.label}'" for node in pipeline.notebook_nodes]
    if notebooks and pipeline.caching:
        yield (
            f"KFP's cache stays off for notebooks and scripts ({_listed(notebooks)}): each run keeps its own "
            "outputs, and a task that KFP skipped would have none. Catalog components are cached."
        )


def _listed(names: list[str]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
