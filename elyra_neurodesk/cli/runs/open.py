"""Finding the run that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elyra_neurodesk.runs.observer import Observer
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


def observe_run(run: str, runtime_config: str | None, kube_context: str | None) -> Observer:
    """Connect to the API, find a run, and return what asks API, object store and cluster about it.

    Args:
        run: as `open_run`.
        runtime_config: as `open_run`.
        kube_context: context of the kubeconfig; the runtime configuration's when None.

    Raises:
        NeurodeskError: as `open_run`; ``kube_context`` cannot be used.
    """
    from elyra_neurodesk.runs.observer import Observer

    return Observer(open_run(run, runtime_config), kube_context)
