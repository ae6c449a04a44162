"""The process that forwards ports, in a terminal or in the background.

In the background: ``python -m elyra_neurodesk.port_forward.program DIRECTORY CONTEXT IDLE TARGET…``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from elyra_neurodesk.backend.file_lock import try_lock
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.cluster.api import Api
from elyra_neurodesk.cluster.connection import ClusterError, connect
from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.port_forward.forward import Forwarder, Status
from elyra_neurodesk.port_forward.state import ForwardHome, ForwardState
from elyra_neurodesk.port_forward.targets import Target

LOG_BYTES = 1 << 18
"""Size of the log of a process in the background, of which the one before is kept."""

_CHECK = 1.0  # seconds between two looks whether it is still needed

Say = Callable[[str], None]


class AlreadyForwarding(ClusterError):
    """The ports of the runtime configuration are forwarded by another process."""

    code = "ND-CLUSTER-045"
    hint = "`elyra-neurodesk cluster connect --status` shows it, `--stop` ends it."


def forward(
    home: ForwardHome, context: str, targets: Sequence[Target], say: Say, idle_seconds: float | None = None
) -> None:
    """Forward ports until SIGTERM or SIGINT, or until they have not been used for some time.

    Args:
        home: where the process is known.
        context: of the kubeconfig.
        targets: what is forwarded.
        say: is called with a line for each change.
        idle_seconds: without a connection or a command that needs the ports; None for ever.

    Raises:
        AlreadyForwarding: another process does.
        NeurodeskError: see `Forwarder.run` and `cluster.connection.connect`.
    """
    home.make()
    lock = try_lock(home.lock)
    if lock is None:
        raise AlreadyForwarding(f"the ports of runtime configuration '{home.name}' are forwarded already.")
    try:
        asyncio.run(_forward(home, context, targets, say, idle_seconds))
    finally:
        home.forget_state()
        os.close(lock)


async def _forward(
    home: ForwardHome, context: str, targets: Sequence[Target], say: Say, idle_seconds: float | None
) -> None:
    statuses = {one: Status(one) for one in targets}
    process = ProcessHandle.of(os.getpid())

    def keep() -> None:
        home.write_state(ForwardState(process, context, tuple(statuses.values()), idle_seconds))

    def changed(status: Status) -> None:
        statuses[status.target] = status
        say(str(status))
        keep()

    forwarder = Forwarder(Api(connect(context)), targets, changed)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, forwarder.stop)
    keep()
    watcher = asyncio.create_task(_end_when_idle(home, forwarder, idle_seconds, say))
    try:
        await forwarder.run()
    finally:
        watcher.cancel()


async def _end_when_idle(
    home: ForwardHome, forwarder: Forwarder, idle_seconds: float | None, say: Say
) -> None:
    while idle_seconds is not None:
        await asyncio.sleep(_CHECK)
        if min(forwarder.idle, _unused(home)) < idle_seconds:
            continue
        # a command that has just found this process holds the lock until it has said so
        lock = try_lock(home.start_lock)
        if lock is None:
            continue
        try:
            if _unused(home) >= idle_seconds:
                say(f"not used for {idle_seconds:.0f} s: ended")
                home.forget_state()
                forwarder.stop()
                return
        finally:
            os.close(lock)


def _unused(home: ForwardHome) -> float:
    """Return the seconds since a command needed the ports."""
    with suppress(OSError):
        return time.time() - home.used.stat().st_mtime
    return float("inf")


def main(arguments: Sequence[str]) -> int:
    """Forward ports in the background, and return the exit status."""
    directory, context, idle, *targets = arguments
    home = ForwardHome(Path(directory))
    handler = RotatingFileHandler(home.log, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger(__name__)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        forward(home, context, [Target.parse(one) for one in targets], log.info, float(idle))
    except NeurodeskError as problem:
        log.error("%s", problem)
        return problem.exit_status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
