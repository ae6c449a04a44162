"""Objects through curl, for an image that lacks minio: nothing need be installed before the first cell."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

from elyra_neurodesk.bootstrapper.disk import naming_full_disk
from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.bootstrapper.store_errors import StoreError, StoreUnreachable, Verdict, judge_answer
from elyra_neurodesk.bootstrapper.transport import CONNECT_TIMEOUT, READ_TIMEOUT, Access, Fetched, file_sha256

# exit statuses of curl(1): proxy, host, connect, partial file, timeout, empty reply, send, receive
_AGAIN = {5, 6, 7, 18, 28, 52, 55, 56}
_TLS = {35, 51, 53, 54, 58, 59, 60, 66, 77, 80, 82, 83, 91}
_WRITE_ERROR = 23
_NO_SIGV4 = 2


def usable() -> bool:
    """Return whether there is a curl that can sign requests."""
    try:
        done = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return False
    version = re.match(r"curl (\d+)\.(\d+)", done.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= (7, 75)


class CurlFailed(Exception):
    """curl could not talk to the store, or the store answered with an error.

    Attributes:
        exit: curl's exit status.
        status: HTTP status, 0 for none.
        answer: the beginning of what the store sent.
        words: what curl printed.
    """

    def __init__(self, exit: int, status: int, answer: bytes, words: str) -> None:
        self.exit = exit
        self.status = status
        self.answer = answer.decode("utf-8", "replace")
        self.words = words
        super().__init__(words)


class CurlTransport:
    """Downloads and uploads with ``curl --aws-sigv4`` (curl 7.75 or newer), each tried once.

    The credentials reach curl through a pipe: they are in no process's command line.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._base = f"{'https' if access.secure else 'http'}://{access.host}/{quote(store.bucket)}/"
        options = {"user": f"{access.key}:{access.secret}", "aws-sigv4": f"aws:amz:{store.region}:s3"}
        if access.token:
            options["header"] = f"x-amz-security-token: {access.token}"
        # curl reads quoted strings with the escapes of JSON
        self._config = "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items())

    def fetch(self, key: str, path: Path) -> Fetched:
        """Write an object to ``path``."""
        with naming_full_disk(path.parent):
            self._curl(key, "--output", str(path))
            return Fetched(path.stat().st_size, file_sha256(path))

    def read(self, key: str) -> bytes:
        """Return a small object's content."""
        return self._curl(key)

    def store(self, key: str, path: Path, content_type: str) -> None:
        """Store the file ``path`` (S3 takes up to 5 GB in one request)."""
        self._curl(key, "--upload-file", str(path), "--header", f"Content-Type: {content_type}")

    def store_bytes(self, key: str, content: bytes, content_type: str) -> None:
        """Store a small object."""
        # curl signs what it uploads from a file; this one is in memory
        descriptor = os.memfd_create("object")
        try:
            os.write(descriptor, content)
            os.lseek(descriptor, 0, os.SEEK_SET)
            self.store(key, Path(f"/proc/{os.getpid()}/fd/{descriptor}"), content_type)
        finally:
            os.close(descriptor)

    def judge(self, problem: Exception) -> Verdict:
        """Return what a `CurlFailed` means."""
        if isinstance(problem, FileNotFoundError) and problem.filename == "curl":
            return Verdict(StoreError, "this image has neither the Python package minio nor curl")
        if not isinstance(problem, CurlFailed):
            return Verdict(None)
        if problem.exit == 0:
            code, message = _element("Code", problem.answer), _element("Message", problem.answer)
            if problem.status == 404 and not code:
                code = "NoSuchKey"
            return judge_answer(code, problem.status, message)
        if problem.exit == _NO_SIGV4:
            return Verdict(
                StoreError, "this image lacks the Python package minio, and its curl is older than 7.75"
            )
        if problem.exit in _TLS:
            return Verdict(StoreUnreachable, f"TLS failed: {problem.words}")
        return Verdict(StoreUnreachable, problem.words, problem.exit in _AGAIN)

    def _curl(self, key: str, *options: str) -> bytes:
        read_end, write_end = os.pipe()
        try:
            os.write(write_end, self._config.encode())  # far below a pipe's capacity
            os.close(write_end)
            done = subprocess.run(
                [
                    "curl",
                    *("--config", f"/dev/fd/{read_end}"),
                    *("--silent", "--show-error", "--globoff", "--path-as-is"),
                    *("--connect-timeout", str(CONNECT_TIMEOUT)),
                    # slower than a byte per second for that long counts as no answer
                    *("--speed-limit", "1", "--speed-time", str(int(READ_TIMEOUT))),
                    *("--write-out", "%{stderr}\n%{http_code}"),
                    *options,
                    "--url",
                    self._base + quote(key),
                ],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                pass_fds=(read_end,),
                check=False,
            )
        finally:
            os.close(read_end)
        words, _, status = done.stderr.decode("utf-8", "replace").rpartition("\n")
        if done.returncode == _WRITE_ERROR:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if done.returncode or not status.startswith("2"):
            answer = done.stdout or _beginning(options)
            raise CurlFailed(done.returncode, int(status or 0), answer[:4096], _words(words))
        return done.stdout


def _beginning(options: tuple[str, ...]) -> bytes:
    """Return the error answer that was written to the output file."""
    if options[:1] == ("--output",) and Path(options[1]).is_file():
        with Path(options[1]).open("rb") as answer:
            return answer.read(4096)
    return b""


def _words(text: str) -> str:
    """Return curl's message without its number: ``curl: (7) Failed to connect ...``."""
    line = next((line for line in reversed(text.splitlines()) if line.strip()), "no answer")
    return re.sub(r"^curl: \(\d+\) ", "", line).rstrip(".").lower()


def _element(name: str, xml: str) -> str:
    """Return the text of the first element called ``name``; S3's error answers are flat."""
    found = re.search(rf"<{name}>([^<]*)</{name}>", xml)
    return found.group(1) if found else ""
