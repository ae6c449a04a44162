"""A compiled pipeline as the YAML text that KFP accepts."""

from __future__ import annotations

from typing import Any

import yaml

from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.graph.model import TaskGraph

# bytes; KFP's API server refuses larger uploads
UPLOAD_LIMIT = 32 * 2**20

Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class PipelineTooLarge(NeurodeskError):
    """The compiled pipeline is larger than KFP accepts."""

    code = "ND-COMPILE-001"
    hint = "Split the pipeline into several."


def package_text(graph: TaskGraph) -> str:
    """Compile the graph into one or two YAML documents: pipeline spec, platform spec.

    Raises:
        PipelineTooLarge: more than 32 MiB.
        InvalidComponent: a catalog component cannot be read.
    """
    documents = [document for document in compile_graph(graph) if document]
    text: str = yaml.dump_all(
        documents, Dumper=Dumper, allow_unicode=True, sort_keys=True, width=2**20, explicit_start=False
    )
    size = len(text.encode())
    if size > UPLOAD_LIMIT:
        raise PipelineTooLarge(
            f"Pipeline '{graph.name}' compiles to {size} bytes; KFP accepts {UPLOAD_LIMIT} at most."
        )
    return text
