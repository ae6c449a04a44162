"""The notebook that is being executed, as other threads may see it."""

from __future__ import annotations

from typing import Any

_TRIES = 3


class RunningNotebook:
    """How far a notebook is, and what it holds until now.

    Args:
        document: the notebook that papermill fills in (``nbformat.NotebookNode``).

    Attributes:
        done: how many cells have ended.
    """

    def __init__(self, document: Any) -> None:
        self._document = document
        self.done = 0

    @property
    def cells(self) -> int:
        """How many cells it has, those without code included."""
        return len(self._document.cells)

    def content(self) -> bytes | None:
        """Return it as a file, with the outputs of the cell that runs; None where it changes all the time.

        papermill's own file lacks what came since it was saved, which for a long cell is hours ago.
        """
        from nbformat import v4

        # papermill reads notebooks as version 4; nbformat.writes would validate, and mend what papermill has
        writes: Any = v4.writes
        for _ in range(_TRIES):
            try:
                text: str = writes(self._document)
            except RuntimeError:  # it grew meanwhile: "dictionary changed size during iteration"
                continue
            return text.encode("utf-8", "replace")
        return None
