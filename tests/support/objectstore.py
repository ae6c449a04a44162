"""Real S3 servers for tests, on a free port of the loopback interface or another address: nanio, and rclone.

nanio starts sooner. It refuses line breaks in names, needs 5 bytes of each for itself, and its listings omit
``sub-01.html`` beside ``sub-01/``; rclone does all of that as Amazon does.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

START_TIMEOUT = 30.0  # seconds


@dataclass
class ObjectStore:
    """A running store.

    Attributes:
        endpoint: ``http://HOST:PORT``.
        access_key: made for this store.
        secret_key: made for this store.
        bucket: exists already.
        client: a ``minio.Minio`` that may do everything.
        data: the directory in which the server keeps its objects.
    """

    endpoint: str
    access_key: str
    secret_key: str
    bucket: str
    client: Any
    data: Path
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """Return the credentials as a task gets them."""
        return {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}

    def stop(self) -> None:
        """Stop the store, as a crash would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def put(self, key: str, content: bytes) -> None:
        """Store an object."""
        from io import BytesIO

        self.client.put_object(self.bucket, key, BytesIO(content), len(content))

    def get(self, key: str) -> bytes:
        """Return an object's content."""
        response = self.client.get_object(self.bucket, key)
        try:
            content: bytes = response.read()
            return content
        finally:
            response.close()
            response.release_conn()

    def keys(self, prefix: str = "") -> list[str]:
        """Return the names of all objects below ``prefix``, sorted."""
        found = self.client.list_objects(self.bucket, prefix=prefix, recursive=True)
        return sorted(item.object_name for item in found)


@contextmanager
def running_nanio(directory: Path, bucket: str = "test", host: str = "127.0.0.1") -> Iterator[ObjectStore]:
    """Run nanio with its data below ``directory`` until the ``with`` ends.

    Args:
        directory: made for this store.
        bucket: made in it.
        host: this machine's address to listen on.
    """
    data = directory / "nanio-data"
    access, secret, port = secrets.token_hex(8), secrets.token_hex(16), free_port(host)
    keys = {"NANIO_ACCESS_KEY": access, "NANIO_SECRET_KEY": secret}
    command = [sys.executable, "-m", "nanio", "serve", "--data-dir", str(data), "--host", host]
    command += ["--port", str(port), "--log-level", "warning", "--no-access-log"]
    with _running(command, keys, data, (host, port), (access, secret), bucket) as store:
        yield store


@contextmanager
def running_rclone(directory: Path, bucket: str = "test") -> Iterator[ObjectStore]:
    """Run ``rclone serve s3`` with its data below ``directory`` until the ``with`` ends."""
    data = directory / "rclone-data"
    access, secret, port = secrets.token_hex(8), secrets.token_hex(16), free_port()
    program = Path(sysconfig.get_path("scripts")) / "rclone"
    command = [str(program), "serve", "s3", "--addr", f"127.0.0.1:{port}", "--config", os.devnull, str(data)]
    keys = {"RCLONE_AUTH_KEY": f'"{access},{secret}"'}  # one entry of a list in CSV
    with _running(command, keys, data, ("127.0.0.1", port), (access, secret), bucket) as store:
        yield store


@contextmanager
def _running(
    command: list[str],
    keys: dict[str, str],
    data: Path,
    address: tuple[str, int],
    account: tuple[str, str],
    bucket: str,
) -> Iterator[ObjectStore]:
    from minio import Minio

    access, secret = account
    data.mkdir(parents=True, exist_ok=True)
    output = data.with_suffix(".log")
    with output.open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **keys}, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(address, process, output)
        host, port = address
        client = Minio(f"{host}:{port}", access, secret, secure=False, region="us-east-1")
        client.make_bucket(bucket)
        yield ObjectStore(f"http://{host}:{port}", access, secret, bucket, client, data, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port of this machine's address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(address: tuple[str, int], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            socket.create_connection(address, timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"the store did not start: {log.read_text(errors='replace')}")
