"""The IPython extension: installs the guard in a kernel and passes it the begin and end of each cell."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from typing import Any

from . import cell, escapes, loads, notes


def load_ipython_extension(ipython: Any) -> None:
    """Watch shell escapes, script magics and module loads of this kernel."""
    if os.environ.get(notes.MODE) not in ("error", "warn"):
        return
    current = cell.Cell()
    escapes.install(ipython, current)
    watch = loads.install(current)

    def before(info: Any = None) -> None:
        current.begin(info)

    def after(result: Any = None) -> None:
        watch.end_of_cell(result)
        current.end()

    atexit.register(_safe(watch.end))
    ipython.events.register("pre_run_cell", _safe(before))
    ipython.events.register("post_run_cell", _safe(after))


def _safe(function: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception as problem:
            notes.report_internal_error(problem, "a cell's begin or end")

    call.__signature__ = None  # type: ignore[attr-defined]
    return call
