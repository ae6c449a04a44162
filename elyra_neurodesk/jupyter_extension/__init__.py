"""The run pages in Jupyter Server, behind its login and below its base URL.

Jupyter Server loads it by ``jupyter-config/elyra_neurodesk.json``, which the wheel installs into
``etc/jupyter/jupyter_server_config.d``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: ServerApp) -> None:
    from elyra_neurodesk.jupyter_extension.handlers import add_handlers

    add_handlers(server)
