"""Health checks of the API server and the object store."""

from __future__ import annotations

import http.client
import json
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from elyra_neurodesk.backend.access_token import proof, same
from elyra_neurodesk.backend.home import BUCKET, BackendState, StoreAccount
from elyra_neurodesk.backend.ports import LOOPBACK
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.errors import NeurodeskError, one_line

_SECONDS = 20.0
_LOG_LINES = 5
_MAX_BYTES = 65536


class DidNotStart(NeurodeskError):
    """A server of the embedded backend ended, or does not answer."""

    code = "ND-LOCAL-008"
    hint = "See its log."


class StoreUnusable(NeurodeskError):
    """The object store runs, but its bucket cannot be created."""

    code = "ND-LOCAL-009"
    hint = "Check the disk; see store.log."


def server_healthy(port: int, token: str) -> bool:
    """Return whether the server with this token answers on this port; the token itself is not sent."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    challenge = secrets.token_hex(16)
    try:
        connection.request("GET", f"/pipeline/apis/v2beta1/healthz?challenge={challenge}")
        answer = json.loads(connection.getresponse().read(_MAX_BYTES))
        return same(str(answer.get("proof", "")), proof(token, port, challenge))
    except (OSError, http.client.HTTPException, ValueError, AttributeError):
        return False
    finally:
        connection.close()


def store_healthy(port: int) -> bool:
    """Return whether an object store answers on this port: any HTTP response counts."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def wait_healthy(what: str, process: ProcessHandle, healthy: Callable[[], bool], log: Path) -> None:
    """Wait until a server that was just started answers.

    Raises:
        DidNotStart: it ended, or does not answer within 20 seconds; the message has the end of its log.
    """
    end = time.monotonic() + _SECONDS
    while not healthy():
        gone = not process.alive()
        if gone or time.monotonic() > end:
            problem = "ended at once" if gone else f"does not answer after {_SECONDS:.0f} s"
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
            raise DidNotStart(f"the {what} {problem}; the end of {log}: {one_line(' | '.join(lines))}")
        time.sleep(0.05)


def ensure_bucket(state: BackendState, credentials: StoreAccount) -> None:
    """Create the bucket when it is missing.

    Raises:
        StoreUnusable: the object store refuses.
    """
    from minio import Minio

    try:
        client = Minio(
            endpoint=f"{LOOPBACK}:{state.store_port}",
            access_key=credentials.access_key,
            secret_key=credentials.secret_key,
            secure=False,
        )
        if not client.bucket_exists(bucket_name=BUCKET):
            client.make_bucket(bucket_name=BUCKET)
    except Exception as problem:  # minio's errors and urllib3's have no common class
        raise StoreUnusable(
            f"the bucket {BUCKET!r} cannot be created: {one_line(str(problem))}."
        ) from problem
