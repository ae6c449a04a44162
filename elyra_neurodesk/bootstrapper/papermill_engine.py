"""Papermill's own engine, made to save the notebook at intervals instead of twice per cell."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from elyra_neurodesk.bootstrapper.log import Log
from elyra_neurodesk.bootstrapper.running_notebook import RunningNotebook

ENGINE = "elyra-neurodesk"
SAVE_EVERY = 15.0  # seconds


def register_engine(log: Log, begun: Callable[[RunningNotebook], object]) -> None:
    """Register it with papermill under the name `ENGINE`.

    Args:
        log: is told of each cell.
        begun: gets the notebook when its execution begins.
    """
    from papermill.engines import NBClientEngine, papermill_engines

    class Engine(NBClientEngine):  # type: ignore[misc]
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
            save, start, complete = nb_man.save, nb_man.cell_start, nb_man.cell_complete
            saved = time.monotonic()
            running = RunningNotebook(nb_man.nb)
            begun(running)

            def save_sometimes(**nothing: Any) -> None:
                nonlocal saved
                if time.monotonic() - saved >= SAVE_EVERY:
                    save()
                    saved = time.monotonic()

            def cell_start(cell: Any, cell_index: int | None = None, **more: Any) -> None:
                if cell.get("cell_type") == "code" and cell_index is not None:
                    log.say(f"cell {cell_index + 1} of {len(nb_man.nb.cells)}")
                start(cell, cell_index, **more)

            def cell_complete(cell: Any, cell_index: int | None = None, **more: Any) -> None:
                complete(cell, cell_index, **more)
                running.done = (cell_index or 0) + 1

            nb_man.save, nb_man.cell_start, nb_man.cell_complete = save_sometimes, cell_start, cell_complete
            try:
                return super().execute_managed_notebook(nb_man, kernel_name, **options)
            finally:
                del (
                    nb_man.save,
                    nb_man.cell_start,
                    nb_man.cell_complete,
                )  # papermill's own again: the last save is a real one

    papermill_engines.register(ENGINE, Engine)
