"""The IPython extension: installs the guard in a kernel and passes it the begin and end of each cell."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from typing import Any

from . import cell, escapes, loads, notes, statuses
from .error import NeurodeskGuardError


def load_ipython_extension(ipython: Any) -> None:
    """Watch shell escapes, script magics and module loads of this kernel."""
    if os.environ.get(notes.MODE) not in ("error", "warn"):
        return
    current = cell.Cell()
    escapes.install(ipython, current)
    watch = loads.install(current)
    statuses.install()
    _watch_other_pythons()
    running: list[str] = []

    def before(info: Any = None) -> None:
        running.append(str(getattr(info, "raw_cell", "") or ""))
        current.begin(info)

    def after(result: Any = None) -> None:
        watch.end_of_cell(result)
        _release(result, ipython.user_ns)
        statuses.poll_abandoned()
        current.end()
        running[:] = running[:-1]
        if running:  # a cell inside of another one, such as %%capture runs: its errors end nothing
            current.source = running[-1]
            problem = getattr(result, "error_in_exec", None)
            if isinstance(problem, NeurodeskGuardError):
                notes.write({"uncaught": str(problem)})

    atexit.register(_safe(watch.end))
    ipython.events.register("pre_run_cell", _safe(before))
    ipython.events.register("post_run_cell", _safe(after))


def _release(result: Any, names: dict[str, Any]) -> None:
    """Note statuses that a cell ends with and that no variable holds: they are shown, and that is all."""
    value = getattr(result, "result", None)
    if value is None or any(
        kept is value for name, kept in names.items() if not name.startswith("_") and name != "Out"
    ):
        return
    statuses.release(value)


def _watch_other_pythons() -> None:
    """Have the Pythons that this kernel starts load their part."""
    directory = os.environ.get(notes.PYTHON)
    path = os.environ.get("PYTHONPATH", "")
    if directory and not path.startswith(directory):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (directory, path)))


def _safe(function: Callable[..., None]) -> Callable[..., None]:
    def call(*arguments: Any) -> None:
        try:
            function(*arguments)
        except Exception as problem:
            notes.report_internal_error(problem, "a cell's begin or end")

    call.__signature__ = None  # type: ignore[attr-defined]
    return call
