"""Lets papermill go on after cells tagged ``raises-exception``, as nbclient does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

TAG = "raises-exception"


def may_fail(cell: Any) -> bool:
    """Tell whether a cell is tagged ``raises-exception``."""
    return TAG in cell.get("metadata", {}).get("tags", ())


@contextlib.contextmanager
def allow_tagged_errors() -> Iterator[None]:
    """Have papermill, which fails a notebook for any error output, pass over those of such cells.

    Meanwhile they are text (papermill/execute.py, ``raise_for_execution_errors``); they stay so only in a
    notebook that fails in another cell, which papermill stores from inside that function.
    """
    from papermill import execute

    original = getattr(execute, "raise_for_execution_errors", None)
    if original is None:  # another papermill than those up to 2.7: such cells fail the notebook there
        yield
        return

    def check(nb: Any, output_path: Any) -> None:
        cells = [cell for cell in nb.cells if may_fail(cell) and cell.get("outputs")]
        kept = [cell.outputs for cell in cells]
        for cell in cells:
            cell.outputs = [_as_text(output) for output in cell.outputs]
        original(nb, output_path)
        for cell, outputs in zip(cells, kept, strict=True):
            cell.outputs = outputs

    execute.raise_for_execution_errors = check
    try:
        yield
    finally:
        execute.raise_for_execution_errors = original


def _as_text(output: Any) -> Any:
    if output.output_type != "error":
        return output
    from nbformat import v4

    make: Any = v4.new_output
    return make("stream", name="stderr", text="\n".join(output.traceback) + "\n")
