"""Objects through curl, for an image that lacks minio: nothing need be installed before the first cell."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

from elyra_neurodesk.storage.errors import ErrorClass, Failure, classify_answer
from elyra_neurodesk.storage.interface import Progress, Transfer, file_sha256
from elyra_neurodesk.storage.location import StorageLocation, split_endpoint
from elyra_neurodesk.storage.transport import CONNECT_TIMEOUT, READ_TIMEOUT, Credentials

# exit statuses of curl(1)
_CLASSES = {6: ErrorClass.UNKNOWN_HOST, 7: ErrorClass.REFUSED, 28: ErrorClass.TIMEOUT}
_RETRIED = frozenset((5, 6, 7, 18, 28, 52, 55, 56))  # proxy to receive: network, not request
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

    Raises:
        ValueError: the endpoint is not one.
    """

    def __init__(
        self, location: StorageLocation, credentials: Credentials, read_timeout: float = READ_TIMEOUT
    ) -> None:
        host, secure = split_endpoint(location.endpoint)
        self._read_timeout = read_timeout
        self._base = f"{'https' if secure else 'http'}://{host}/{quote(location.bucket)}/"
        options = {
            "user": f"{credentials.access_key}:{credentials.secret_key}",
            "aws-sigv4": f"aws:amz:{location.region}:s3",
        }
        if credentials.session_token:
            options["header"] = f"x-amz-security-token: {credentials.session_token}"
        # curl reads quoted strings with the escapes of JSON
        self._config = "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items())

    def get(self, key: str) -> bytes:
        """Return a small object's content."""
        return self._curl(key)

    def download(self, key: str, path: Path) -> Transfer:
        """Write an object to ``path``."""
        self._curl(key, "--output", str(path))
        return Transfer(path.stat().st_size, file_sha256(path))

    def put(
        self, key: str, content: bytes | Path, content_type: str, progress: Progress | None = None
    ) -> None:
        """Store an object (S3 takes up to 5 GB in one request)."""
        if isinstance(content, Path):
            self._upload(key, content, content_type)
            size = content.stat().st_size
        else:
            self._upload_bytes(key, content, content_type)
            size = len(content)
        if progress:
            progress(size)

    def _upload(self, key: str, path: Path, content_type: str) -> None:
        self._curl(key, "--upload-file", str(path), "--header", f"Content-Type: {content_type}")

    def _upload_bytes(self, key: str, content: bytes, content_type: str) -> None:
        # curl signs what it uploads from a file; this one is in memory
        descriptor = os.memfd_create("object")
        try:
            os.write(descriptor, content)
            os.lseek(descriptor, 0, os.SEEK_SET)
            self._upload(key, Path(f"/proc/{os.getpid()}/fd/{descriptor}"), content_type)
        finally:
            os.close(descriptor)

    def delete(self, key: str) -> None:
        """Remove an object; S3 answers 204 also where there is none."""
        self._curl(key, "--request", "DELETE")

    def classify_error(self, problem: Exception) -> Failure | None:
        """Return what a `CurlFailed` means."""
        if isinstance(problem, FileNotFoundError) and problem.filename == "curl":
            return Failure(ErrorClass.OTHER, "this image has neither the Python package minio nor curl")
        if not isinstance(problem, CurlFailed):
            return None
        if problem.exit == 0:
            code, message = _element("Code", problem.answer), _element("Message", problem.answer)
            if problem.status == 404 and not code:
                code = "NoSuchKey"
            return classify_answer(code, problem.status, message)
        if problem.exit == _NO_SIGV4:
            return Failure(
                ErrorClass.OTHER, "this image lacks the Python package minio, and its curl is older than 7.75"
            )
        if problem.exit in _TLS:
            return Failure(ErrorClass.TLS, problem.words)
        error_class = _CLASSES.get(problem.exit, ErrorClass.FAILED)
        return Failure(error_class, problem.words, problem.exit in _RETRIED)

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
                    *("--speed-limit", "1", "--speed-time", str(int(self._read_timeout))),
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
