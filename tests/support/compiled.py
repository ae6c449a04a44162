"""Compiled packages of task graphs."""

from __future__ import annotations

from elyra_neurodesk.compile.ir import compile_graph
from elyra_neurodesk.compile.package import package_text
from elyra_neurodesk.graph.model import TaskGraph


def compiled_package(graph: TaskGraph) -> str:
    """Return the YAML text of a graph."""
    return package_text(graph.name, compile_graph(graph))
