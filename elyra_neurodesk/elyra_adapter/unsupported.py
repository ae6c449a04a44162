"""What a pipeline asks for that KFP cannot do: said in one line each, never dropped silently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from elyra.pipeline import pipeline_constants
from elyra.pipeline.pipeline import GenericOperation, Pipeline

NAMED = 3  # nodes that a line names; the rest are counted


def notices(pipeline: Pipeline) -> tuple[str, ...]:
    """Return the lines for one pipeline."""
    return tuple(_lines(pipeline))


def _lines(pipeline: Pipeline) -> Iterator[str]:
    read_only = [
        f"'{operation.name}' ({volume.path})"
        for operation in pipeline.operations.values()
        for volume in operation.elyra_props.get(pipeline_constants.MOUNTED_VOLUMES) or ()
        if _is_true(getattr(volume, "read_only", False))
    ]
    if read_only:
        yield (
            "KFP cannot mount a volume read-only (its PvcMount has no such field): writable in "
            f"{_listed(read_only)}. To protect the data, use a claim whose access mode is ReadOnlyMany."
        )
    caching = pipeline.pipeline_properties.get(pipeline_constants.DISABLE_NODE_CACHING)
    generic = [
        f"'{operation.name}'"
        for operation in pipeline.operations.values()
        if isinstance(operation, GenericOperation)
    ]
    if generic and caching is not None and caching.selection is False:
        yield (
            f"KFP's cache stays off for notebooks and scripts ({_listed(generic)}): each run keeps its own "
            "outputs, and a task that KFP skipped would have none. Catalog components are cached."
        )


def _listed(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
