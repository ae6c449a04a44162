"""Health checks of the object store, and waiting for what was just started."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from pathlib import Path

from elyra_neurodesk.backend.home import BUCKET, BackendState, StoreAccount
from elyra_neurodesk.backend.ports import LOOPBACK
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.errors import NeurodeskError, one_line

_SECONDS = 20.0
_LOG_LINES = 5


class DidNotStart(NeurodeskError):
    """A server of the embedded backend ended, or does not answer."""

    code = "ND-LOCAL-008"
    hint = "See its log."


class StoreUnusable(NeurodeskError):
    """The object store runs, but its bucket cannot be created."""

    code = "ND-LOCAL-009"
    hint = "Check the disk; see store.log."


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
