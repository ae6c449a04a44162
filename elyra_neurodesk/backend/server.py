"""The server process: ``python -m elyra_neurodesk.backend.server --home DIR --port PORT``."""

from __future__ import annotations

import argparse
import logging
import os
import sys
import threading
from pathlib import Path

import uvicorn

from elyra_neurodesk.backend.app import build_app
from elyra_neurodesk.backend.backend import Backend
from elyra_neurodesk.backend.file_lock import locked
from elyra_neurodesk.backend.home import BackendState, Home
from elyra_neurodesk.backend.memory_limits import memory_limits
from elyra_neurodesk.backend.ports import LOOPBACK
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.storage.partfile import remove_leftovers

_TIMEOUT_SECONDS = 5.0  # for a previous server to end
_log = logging.getLogger(__name__)


def serve(home: Home, port: int) -> None:
    """Serve the API and run tasks until SIGTERM; then stop the tasks, which run again at the next start.

    Args:
        home: the directory to work in.
        port: loopback port.

    Raises:
        NeurodeskError: the settings or the database cannot be used.
    """
    limits = memory_limits()
    state = BackendState(ProcessHandle.of(os.getpid()), port, limits.kind)
    # two schedulers would start every task twice
    with locked(home.server_lock, _TIMEOUT_SECONDS, state.to_json()):
        _serve(Backend(home, limits.groups), port)


def _serve(backend: Backend, port: int) -> None:
    # in a thread: reading a large store takes a while, and nobody waits for it
    threading.Thread(target=remove_leftovers, args=(backend.home.store,), daemon=True).start()
    config = uvicorn.Config(
        build_app(backend), host=LOOPBACK, port=port, access_log=False, timeout_graceful_shutdown=2
    )
    uvicorn.Server(config).run()


def main(arguments: list[str] | None = None) -> int:
    """Run the server; return an exit status."""
    parser = argparse.ArgumentParser(prog="elyra_neurodesk.backend.server")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    os.umask(0o077)  # work directories hold what tasks were given
    try:
        serve(Home(given.home), given.port)
    except NeurodeskError as problem:
        _log.error("%s", problem)
        return problem.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main())
