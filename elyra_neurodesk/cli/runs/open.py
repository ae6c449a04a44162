"""Finding the run that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elyra_neurodesk.runs.results import RunResults


def open_run(run: str, runtime_config: str | None) -> RunResults:
    """Connect to the API and find a run.

    Args:
        run: its id, the beginning of one, or ``latest``.
        runtime_config: name of the runtime configuration; the only neurodesk one when None.

    Raises:
        NeurodeskError: there is no such configuration or run, or the API cannot be asked.
    """
    from elyra_neurodesk.elyra_adapter.connection import connect
    from elyra_neurodesk.runs.results import RunResults

    return RunResults.of(connect(runtime_config), run)
