"""Starts and stops the process that forwards the ports of a runtime configuration in the background."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from elyra_neurodesk.backend.file_lock import locked
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.port_forward.state import ForwardHome, ForwardState, forward_home
from elyra_neurodesk.port_forward.targets import targets
from elyra_neurodesk.settings import RuntimeConfiguration

IDLE_SECONDS = 1800.0
"""Time without a connection after which the process ends."""

READY_WITHIN = 40.0
"""Seconds in which all ports lead to a pod, at most."""

_STOP_GRACE = 5.0
_POLL = 0.1
_LOG_LINES = 3

Say = Callable[[str], None]


class NotForwarded(ClusterError):
    """The ports of the runtime configuration do not lead to the cluster in time."""

    code = "ND-CLUSTER-046"
    hint = "`elyra-neurodesk cluster connect` in a terminal shows what it waits for."


def start(
    configuration: RuntimeConfiguration, context: str, say: Say, idle_seconds: float = IDLE_SECONDS
) -> ForwardState:
    """Start the process in the background, unless it runs, and return it when all ports lead to a pod.

    One that forwards other ports, or to another cluster, is replaced.

    Raises:
        NothingToForward, NotForwarded: see there.
        Busy: another command is starting it and does not end.
    """
    wanted = targets(configuration)
    home = forward_home(configuration.name)
    home.make()
    with locked(home.start_lock, 2 * READY_WITHIN):
        home.used.touch()
        state = home.state()
        if state and (state.targets, state.context) != (wanted, context):
            _end(state)
            state = None
        if state is None:
            say(
                f"Forwarding {', '.join(str(one.port) for one in wanted)} of this machine to the cluster of "
                f"context {context} (`elyra-neurodesk cluster connect --stop` ends it)."
            )
            child = _spawn(home, [context, str(idle_seconds), *map(str, wanted)])
        else:
            child = None
        return _wait_until_ready(home, child)


@contextmanager
def forwarding(configuration: RuntimeConfiguration, context: str, say: Say) -> Iterator[None]:
    """Forward the ports of a configuration in the block; a process that ran before goes on afterwards.

    One that does not forward ports on demand is reached as it is.

    Raises:
        NothingToForward, NotForwarded, Busy: see `start`.
    """
    home = forward_home(configuration.name)
    if not configuration.forwards_ports or home.state() is not None:
        yield
        return
    start(configuration, context, say)
    try:
        yield
    finally:
        stop(home)


def stop(home: ForwardHome) -> bool:
    """End the process, and return whether there was one.

    Raises:
        NotForwarded: it does not end.
    """
    if home.state() is None:
        return False
    with locked(home.start_lock, 2 * READY_WITHIN):
        state = home.state()
        if state is not None:
            _end(state)
            home.forget_state()
        return state is not None


def _end(state: ForwardState) -> None:
    if not state.process.stop(_STOP_GRACE):
        raise NotForwarded(f"the process {state.process.pid} that forwards ports does not end.")


def _spawn(home: ForwardHome, arguments: list[str]) -> subprocess.Popen[bytes]:
    """Start the program in a session of its own: it outlives this command and its terminal."""
    environment = dict(os.environ)
    if files := environment.get("KUBECONFIG"):
        environment["KUBECONFIG"] = os.pathsep.join(
            str(Path(file).expanduser().absolute()) for file in files.split(os.pathsep) if file
        )
    command = [sys.executable, "-P", "-m", "elyra_neurodesk.port_forward.program", str(home.path)]
    descriptor = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            [*command, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=home.path,
            env=environment,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)


def _wait_until_ready(home: ForwardHome, child: subprocess.Popen[bytes] | None) -> ForwardState:
    deadline = time.monotonic() + READY_WITHIN
    while True:
        state = home.state()
        if state and state.ready:
            return state
        if child and child.poll() is not None:
            raise NotForwarded(f"the process that forwards ports ended: {_end_of(home.log)}")
        if time.monotonic() > deadline:
            waiting = [str(one) for one in state.statuses if one.state != "forwarding"] if state else []
            raise NotForwarded(f"after {READY_WITHIN:.0f} s {'; '.join(waiting) or 'there is no answer'}.")
        time.sleep(_POLL)


def _end_of(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    return " | ".join(lines[-_LOG_LINES:])
