"""Nodes made of a few lines of code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elyra_neurodesk.check.check import check_sources
from elyra_neurodesk.check.nodes import CheckInput
from elyra_neurodesk.check.report import Finding, Report
from elyra_neurodesk.graph.pipeline import NotebookNode
from elyra_neurodesk.modules.index import ModuleIndex

NEURODESKTOP = "vnmd/neurodesktop:2026-09-23"


def notebook(*cells: str, language: str = "python", tags: dict[int, list[str]] | None = None) -> str:
    """Return a notebook; ``tags`` by the number of the cell."""
    return json.dumps(
        {
            "cells": [
                {
                    "cell_type": "code",
                    "metadata": {"tags": (tags or {}).get(number, [])},
                    "outputs": [],
                    "source": source,
                }
                for number, source in enumerate(cells, 1)
            ],
            "metadata": {"kernelspec": {"name": language, "language": language, "display_name": language}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def item(
    label: str,
    file: str,
    path: Path,
    files: Mapping[str, Path] | None = None,
    image: str = NEURODESKTOP,
    outputs: tuple[str, ...] = (),
    parameters: tuple[str, ...] = (),
    **found: Any,
) -> CheckInput:
    """Return a node to check; ``found`` are other attributes of `CheckInput`."""
    node = NotebookNode(label, label, file, image=image, outputs=outputs, parameters=parameters)
    return CheckInput(node, path, {path.name: path} if files is None else files, **found)


def check(folder: Path, index: ModuleIndex, content: str, file: str = "a.ipynb", **node: Any) -> Report:
    """Check one node; ``more`` maps the names of other files that it takes along to what is in them."""
    (folder / file).write_text(content, "utf-8")
    files = {file: folder / file}
    for name, text in node.pop("more", {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        files[name] = path
    return check_sources([item("node", file, folder / file, files, **node)], index)


def brief(found: Finding) -> str:
    """Return ``101 error 2:1`` for a finding in cell 2, line 1."""
    cell = "" if found.cell is None else f"{found.cell}:"
    return f"{found.code[-3:]} {found.severity} {cell}{found.line or ''}"


def briefs(report: Report) -> list[str]:
    return [brief(found) for found in report.findings]


def uses(report: Report) -> list[str]:
    return [f"{use.request} {use.verdict} {use.cell or ''}:{use.line or ''}" for use in report.uses]
