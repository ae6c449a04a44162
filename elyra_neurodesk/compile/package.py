"""A compiled pipeline as the YAML text that KFP accepts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from elyra_neurodesk.compile.ir import Json
from elyra_neurodesk.errors import NeurodeskError

# bytes; KFP's API server refuses larger uploads
UPLOAD_LIMIT = 32 * 2**20

Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class PipelineTooLarge(NeurodeskError):
    """The compiled pipeline is larger than KFP accepts."""

    code = "ND-COMPILE-001"
    hint = "Split the pipeline into several."


def package_text(name: str, documents: Sequence[Json]) -> str:
    """Return a compiled pipeline as one or two YAML documents.

    Args:
        name: the pipeline's, for messages.
        documents: what `compile_graph` returned: pipeline spec, platform spec.

    Raises:
        PipelineTooLarge: more than 32 MiB.
    """
    text: str = yaml.dump_all(
        [document for document in documents if document],
        Dumper=Dumper,
        allow_unicode=True,
        sort_keys=True,
        width=2**20,
        explicit_start=False,
    )
    size = len(text.encode())
    if size > UPLOAD_LIMIT:
        raise PipelineTooLarge(
            f"Pipeline '{name}' compiles to {size} bytes; KFP accepts {UPLOAD_LIMIT} at most."
        )
    return text
