"""Connections to our own server, recognized by its token: any account can listen on a port that is free."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from elyra_neurodesk.backend.access_token import proof, same
from elyra_neurodesk.backend.ports import LOOPBACK
from elyra_neurodesk.errors import NeurodeskError

_TIMEOUT_SECONDS = 2.0
_MAX_BYTES = 65536


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


def server_healthy(port: int, token: str) -> bool:
    """Return whether the server with this token answers on this port."""
    try:
        with recognized(port, token):
            return True
    except NotOurServer:
        return False
