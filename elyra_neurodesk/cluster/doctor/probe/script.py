"""What a probe pod does: look at everything that a task needs, and say it as JSON.

This file is sent to the pod as it is (``python3 -c``) and imported by tests: nothing but the standard library
of Python 3.10. Its one argument is JSON, see `main`. The answer is the last line on standard output and the
container's termination message (4096 bytes at most), so that reading it needs no right to read logs.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import hmac
import http.client
import json
import os
import platform
import re
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PATIENCE = 15.0  # seconds for one question
MAX_MESSAGE = 4096  # bytes; what the kubelet keeps
MAX_TEXT = 200

Answer = dict[str, Any]


def main(arguments: list[str]) -> int:
    """Look, and say it.

    Args:
        arguments: one, JSON with ``root`` (of the repository), ``wait`` (seconds until it must be there),
            ``scratch`` (directory), ``message`` (file of the termination message), and for an object store
            ``endpoint``, ``bucket``, ``region``; its keys are in the environment as AWS names them.
    """
    asked = json.loads(arguments[0])
    found: Answer = {
        "version": 1,
        "python": platform.python_version(),
        "architecture": platform.machine(),
        "time": time.time(),
        "process": look_at_process(),
        # before there are threads: a process with several may not make a user namespace
        "user_namespace": try_user_namespace(),
        "fuse": look_at_fuse(),
    }
    questions: dict[str, Callable[[], Answer]] = {
        "cvmfs": lambda: look_at_mount(asked["root"], asked["wait"]),
        "scratch": lambda: look_at_scratch(asked["scratch"]),
    }
    if asked.get("endpoint"):
        questions["dns"] = lambda: look_at_names(asked["endpoint"])
        questions["store"] = lambda: look_at_store(asked["endpoint"], asked["bucket"], asked["region"])
    print(f"looking at {', '.join(questions)}", flush=True)
    found.update(ask_at_once(questions, asked["wait"] + PATIENCE))
    text = json.dumps(found, separators=(",", ":"))
    print(text, flush=True)
    with contextlib.suppress(OSError):
        Path(asked["message"]).write_text(text[:MAX_MESSAGE], "utf-8")
    return 0


def ask_at_once(questions: dict[str, Callable[[], Answer]], within: float) -> dict[str, Answer]:
    """Return the answers; where one does not come in time, or fails, ``error`` says so."""
    answers: dict[str, Answer] = {
        name: {"error": "TIMEOUT", "reason": f"no answer within {within:.0f} s"} for name in questions
    }

    def ask(name: str) -> None:
        try:
            answers[name] = questions[name]()
        except Exception as problem:
            answers[name] = failure(problem)

    threads = [threading.Thread(target=ask, args=(name,), daemon=True) for name in questions]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + within
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return dict(answers)


def failure(problem: BaseException) -> Answer:
    """Return what an exception says: the name of its errno where it has one, and its text."""
    number = getattr(problem, "errno", None)
    name = errno.errorcode.get(number, "") if isinstance(number, int) else ""
    return {"error": name or type(problem).__name__, "reason": str(problem)[:MAX_TEXT]}


# --- CVMFS


def look_at_mount(root: str, wait: float) -> Answer:
    """Return whether the repository is readable, its revision, and how many modules it has.

    Args:
        root: directory of the repository.
        wait: seconds until it must be there; other errors than "not there" are final.
    """
    begin = time.monotonic()
    while True:
        answer = _read_modules(root)
        late = time.monotonic() - begin > wait
        if answer["modules"] or answer.get("error", "ENOENT") != "ENOENT" or late:
            return answer | {"seconds": round(time.monotonic() - begin, 1)}
        time.sleep(0.5)


def _read_modules(root: str) -> Answer:
    found: Answer = {"root": root, "modules": 0, "entries": 0}
    try:
        found["entries"] = len(list(Path(root).iterdir()))
        modules = list(_module_files(Path(root, "neurodesk-modules")))
        found["modules"] = len(modules)
        _read_one(modules)
    except OSError as problem:
        found.update(failure(problem))
    with contextlib.suppress(OSError):
        found["revision"] = os.getxattr(root, "user.revision").decode("ascii", "replace").strip("\0\n ")
    return found


def _module_files(directory: Path) -> Iterator[Path]:
    """Yield the module files: ``<category>/<tool>/<version>``, with or without ``.lua``."""
    for category in directory.iterdir():
        for tool in category.iterdir() if category.is_dir() else ():
            yield from tool.iterdir() if tool.is_dir() else ()


def _read_one(modules: list[Path]) -> None:
    """Read the beginning of one module file: a cache that is too small gives its error only here."""
    if modules:
        with modules[0].open("rb") as module:
            module.read(1024)


# --- the container


def look_at_process() -> Answer:
    """Return user, group, seccomp mode, no_new_privs and AppArmor profile of this process."""
    status = {}
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        status[name] = value.strip()
    return {
        "uid": os.getuid(),
        "gid": os.getgid(),
        "no_new_privs": status.get("NoNewPrivs", ""),
        "seccomp": status.get("Seccomp", ""),
        "capabilities": status.get("CapEff", ""),
        "apparmor": _first_line("/proc/self/attr/current"),
        "max_user_namespaces": _first_line("/proc/sys/user/max_user_namespaces"),
        "apparmor_restricts": _first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
    }


def _first_line(path: str) -> str:
    try:
        return Path(path).read_bytes().partition(b"\n")[0].decode("ascii", "replace").strip("\0 ")
    except OSError:
        return ""


def try_user_namespace() -> Answer:
    """Do in a child what apptainer does first, ``unshare -Urm`` and a bind mount; say what failed."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            answer = _unshare_and_mount()
        except OSError as problem:
            answer = {"step": "", **failure(problem)}
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answers:
        text = answers.read()
    os.waitpid(child, 0)
    return dict(json.loads(text)) if text else {"step": "unshare", "error": "KILLED", "reason": "killed"}


def _unshare_and_mount() -> Answer:
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    here = str(Path.cwd()).encode()
    steps: list[tuple[str, Callable[[], int]]] = [
        ("unshare", lambda: libc.unshare(CLONE_NEWUSER | CLONE_NEWNS)),
        ("uid_map", lambda: _write("/proc/self/uid_map", f"0 {uid} 1")),
        ("setgroups", lambda: _write("/proc/self/setgroups", "deny")),
        ("gid_map", lambda: _write("/proc/self/gid_map", f"0 {gid} 1")),
        ("private", lambda: libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)),
        ("mount", lambda: libc.mount(here, here, None, MS_BIND, None)),
    ]
    for name, step in steps:
        try:
            if step() < 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number))
        except OSError as problem:
            return {"step": name, **failure(problem)}
    return {"step": "", "error": ""}


def _write(path: str, text: str) -> int:
    return Path(path).write_text(text)


def look_at_fuse() -> Answer:
    """Return whether ``/dev/fuse`` can be opened."""
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as problem:
        return failure(problem)
    return {"error": ""}


def look_at_scratch(directory: str) -> Answer:
    """Return how many bytes are free, and whether a file can be written."""
    path = Path(directory, f".neurodesk-probe-{os.getpid()}")
    try:
        space = os.statvfs(directory)
        path.write_bytes(b"probe")
        path.unlink()
    except OSError as problem:
        return {"path": directory, **failure(problem)}
    return {"path": directory, "error": "", "free": space.f_bavail * space.f_frsize}


# --- the network


def look_at_names(endpoint: str) -> Answer:
    """Return whether the object store's host is known, and whether any name of the cluster is."""
    host = urlsplit(endpoint).hostname or ""
    return {"host": host, "known": _is_known(host), "cluster": _is_known("kubernetes.default.svc")}


def _is_known(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None))
    except OSError:
        return False


def look_at_store(endpoint: str, bucket: str, region: str) -> Answer:
    """List one object of the bucket with the keys of the environment; say what the store answers.

    ``error`` is S3's error code, ``HTTP 404`` for an answer that is not S3's, or what kept the request from
    being answered; ``skew`` is how many seconds the store's clock is ahead.
    """
    parts = urlsplit(endpoint)
    keys = os.environ.get("AWS_ACCESS_KEY_ID", ""), os.environ.get("AWS_SECRET_ACCESS_KEY", "")
    if not all(keys):
        return {"error": "NO_KEYS", "reason": "AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not set"}
    query = "list-type=2&max-keys=1"
    path = "/" + quote(bucket)
    headers = signed_headers(parts.netloc, path, query, region, keys, datetime.now(timezone.utc))
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=PATIENCE / 3)
    try:
        connection.request("GET", f"{path}?{query}", headers=headers)
        answer = connection.getresponse()
        body = answer.read(65536).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as problem:
        reason = "the name is not known" if isinstance(problem, socket.gaierror) else str(problem)
        name = "TLS" if isinstance(problem, ssl.SSLError) else failure(problem)["error"]
        return {
            "error": "NAME" if isinstance(problem, socket.gaierror) else name,
            "reason": reason[:MAX_TEXT],
        }
    finally:
        connection.close()
    found: Answer = {"error": "", "reason": ""}
    if answer.status != 200:
        code = re.search(r"<Code>([^<]*)</Code>", body)
        found = {"error": code[1] if code else f"HTTP {answer.status}", "reason": answer.reason}
    with contextlib.suppress(TypeError, ValueError):
        moment = parsedate_to_datetime(answer.headers["Date"])
        found["skew"] = round(moment.timestamp() - time.time())
    return found


def signed_headers(
    host: str, path: str, query: str, region: str, keys: tuple[str, str], now: datetime
) -> dict[str, str]:
    """Return the headers of a GET request without a body, signed with AWS Signature Version 4.

    Args:
        host: with its port where the URL has one.
        path: quoted.
        query: quoted and in the order of its names.
        region: of the bucket.
        keys: access key and secret key.
        now: in UTC.
    """
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    body = hashlib.sha256(b"").hexdigest()
    headers = {"host": host, "x-amz-content-sha256": body, "x-amz-date": stamp}
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    request = "\n".join(("GET", path, query, lines, names, body))
    scope = f"{day}/{region}/s3/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = f"AWS4{keys[1]}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{keys[0]}/{scope}"
    return {
        "Host": host,
        "x-amz-content-sha256": body,
        "x-amz-date": stamp,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, "
        f"Signature={signature}",
    }


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # not waiting for a thread that hangs in a dead mount
