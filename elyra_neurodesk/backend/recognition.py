"""Connections to our own server, recognized by its token: any account can listen on a port that is free."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager

from elyra_neurodesk.backend.access_token import proof, same
from elyra_neurodesk.backend.ports import LOOPBACK
from elyra_neurodesk.errors import NeurodeskError

PROOF_SECONDS = 10.0
"""Seconds for which `prove` takes a server's proof as good."""

_TIMEOUT_SECONDS = 2.0
_MAX_BYTES = 65536
_proven: dict[tuple[int, str], float] = {}  # port and token, to the time of the proof (monotonic clock)


class NotOurServer(NeurodeskError):
    """What answers on the embedded backend's port does not have its token, or nothing answers."""

    code = "ND-LOCAL-032"
    hint = "Type `elyra-neurodesk local up`: it starts the backend where no other program listens."


@contextmanager
def recognized(port: int, token: str) -> Iterator[http.client.HTTPConnection]:
    """Connect to the server that has this token. The token is not sent: the server answers a challenge.

    Args:
        port: loopback port.
        token: the backend's token.

    Yields:
        The connection that was answered on. It is not opened again if the server closes it, so what is sent
        over it goes to no other program.

    Raises:
        NotOurServer: nothing answers, or something else.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=_TIMEOUT_SECONDS)
    try:
        challenge = secrets.token_hex(16)
        try:
            connection.request("GET", f"/pipeline/apis/v2beta1/healthz?challenge={challenge}")
            content = json.loads(connection.getresponse().read(_MAX_BYTES))
            given = str(content.get("proof", ""))
        except (OSError, http.client.HTTPException, ValueError, AttributeError) as problem:
            raise NotOurServer(f"the embedded backend does not answer on port {port}.") from problem
        if not same(given, proof(token, port, challenge)):
            raise NotOurServer(f"port {port} is used by a program that is not this user's embedded backend.")
        connection.auto_open = 0
        yield connection
    finally:
        connection.close()


def prove(port: int, token: str) -> None:
    """Have the server prove that it has this token, unless it has within the last `PROOF_SECONDS`.

    For commands, which choose a configuration, see that its backend is up, and then send it the token.

    Raises:
        NotOurServer: as `recognized`.
    """
    proven = _proven.get((port, token))
    if proven is not None and time.monotonic() - proven < PROOF_SECONDS:
        return
    with recognized(port, token):
        _proven[port, token] = time.monotonic()


def server_healthy(port: int, token: str) -> bool:
    """Return whether the server with this token answers on this port."""
    try:
        with recognized(port, token):
            return True
    except NotOurServer:
        return False
