"""Reads from a notebook file what must be known before it runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elyra_neurodesk.errors import NeurodeskError


class NotebookUnreadable(NeurodeskError):
    """The file is not a notebook."""

    code = "ND-RUN-004"
    hint = "Open the notebook in JupyterLab, save it and submit again."
    exit_status = 1


@dataclass(frozen=True)
class NotebookFacts:
    """What is read from a notebook before it runs.

    Attributes:
        kernel: the kernel's name, "" when the notebook names none.
        language: the language in small letters, "python" when the notebook names none.
        parameters_cell: index of the cell tagged ``parameters``, None without one.
        injected_cell: index of a cell that an earlier papermill run injected, None without one.
        last_code_cell: number (from 1) of the last cell with code, 0 when there is none.
    """

    kernel: str
    language: str
    parameters_cell: int | None
    injected_cell: int | None
    last_code_cell: int = 0

    def cell_number(self, index: int, injected: bool) -> int:
        """Return the position (from 1) of a cell in the user's notebook.

        Args:
            index: papermill's, from 0.
            injected: whether papermill has been given parameters; it adds a cell for them.
        """
        adds = injected and self.injected_cell is None and self.parameters_cell is not None
        if adds and self.parameters_cell is not None and index > self.parameters_cell:
            return index
        return index + 1


def read_facts(path: Path) -> NotebookFacts:
    """Read a notebook file without nbformat, which takes a second to import.

    Raises:
        NotebookUnreadable: it is not JSON, or has no cells.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        metadata = content.get("metadata", {})
        spec = metadata.get("kernelspec", {})
        language = spec.get("language") or metadata.get("language_info", {}).get("name") or "python"
        cells = content["cells"] if "cells" in content else content["worksheets"][0]["cells"]
        code = [
            index + 1
            for index, cell in enumerate(cells)
            if cell.get("cell_type") == "code" and "".join(cell.get("source", "")).strip()
        ]
        tags = [cell.get("metadata", {}).get("tags", ()) for cell in cells]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise NotebookUnreadable(
            f"{path.name} is not a notebook: {type(problem).__name__} {problem}."
        ) from problem
    return NotebookFacts(
        kernel=str(spec.get("name", "")),
        language=str(language).lower(),
        parameters_cell=_first(tags, "parameters"),
        injected_cell=_first(tags, "injected-parameters"),
        last_code_cell=max(code, default=0),
    )


def _first(tags: list[Any], tag: str) -> int | None:
    return next((index for index, found in enumerate(tags) if tag in found), None)
