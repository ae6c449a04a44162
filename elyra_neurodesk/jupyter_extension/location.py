"""Where the run pages are, when Elyra runs in a Jupyter server that serves them."""

from __future__ import annotations

from elyra_neurodesk.backend.home import find_home
from elyra_neurodesk.settings import RuntimeConfiguration

NAME = "elyra-neurodesk"
"""The pages are below ``<base URL>elyra-neurodesk/``."""

SETTING = "elyra_neurodesk_pages"
"""The setting of Jupyter's web application that has this path."""


def run_page(configuration: RuntimeConfiguration, run_id: str) -> str | None:
    """Return the path of a run's page below this process's Jupyter server, for a browser that is there.

    Args:
        configuration: what the run was submitted with.
        run_id: KFP's id of the run.

    Returns:
        None when this process is not a Jupyter server with the pages, or the configuration is not of the
        embedded backend whose pages it serves.
    """
    from jupyter_server.serverapp import ServerApp

    if not ServerApp.initialized():
        return None
    application = getattr(ServerApp.instance(), "web_app", None)  # None while the server starts
    pages = application.settings.get(SETTING) if application is not None else None
    state = find_home().state()
    if not pages or state is None or state.api_url != configuration.api_endpoint:
        return None
    return f"{pages}runs/{run_id}"
