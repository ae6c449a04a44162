"""Ports on the loopback interface."""

from __future__ import annotations

import socket
import time

from elyra_neurodesk.errors import NeurodeskError

LOOPBACK = "127.0.0.1"
_MAX_PORTS_TRIED = 200
_FREE_SECONDS = 3.0


class PortInUse(NeurodeskError):
    """A port named by the user is in use."""

    code = "ND-LOCAL-001"
    hint = "End the program that listens there, or choose another port."


class NoFreePort(NeurodeskError):
    """No port from the preferred one on is free."""

    code = "ND-LOCAL-002"
    hint = "Name a free port with --port."


def port_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def wait_until_free(port: int) -> None:
    """Wait up to three seconds until nothing listens on a port.

    A server that was killed leaves its socket to processes that it was starting, for a moment.
    """
    end = time.monotonic() + _FREE_SECONDS
    while not port_free(port) and time.monotonic() < end:
        time.sleep(0.05)


def choose_port(wanted: int | None, preferred: int, option: str) -> int:
    """Return the port to listen on.

    Args:
        wanted: the port the user named with ``option``, or None.
        preferred: where to begin looking when the user named none.
        option: name of the option, for the message.

    Raises:
        PortInUse: the port the user named is taken.
        NoFreePort: nothing is free in the 200 ports from ``preferred`` on.
    """
    if wanted is not None:
        if not 0 < wanted < 65536 or not port_free(wanted):
            raise PortInUse(f"port {wanted} on {LOOPBACK} is not available ({option} {wanted}).")
        return wanted
    for port in range(preferred, min(preferred + _MAX_PORTS_TRIED, 65536)):
        if port_free(port):
            return port
    raise NoFreePort(f"no free port from {preferred} to {preferred + _MAX_PORTS_TRIED - 1} on {LOOPBACK}.")
