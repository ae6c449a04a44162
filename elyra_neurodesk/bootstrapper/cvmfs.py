"""Waits for CVMFS, such that a mount that hangs cannot hang the task."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.paths import CVMFS_ROOT

DEFAULT_TIMEOUT = 40.0  # seconds

# Runs in a process of its own: one that waits in the kernel for a dead mount can be left behind, a thread
# of ours could not. Listing both kinds of directory is what makes an automount happen.
_PROBE = r"""
import json, os, sys
root = sys.argv[1]
found = {"categories": [], "attributes": {}, "layout": []}
for part in ("neurodesk-modules", "containers/modules"):
    try:
        names = sorted(os.listdir(os.path.join(root, part)))
    except OSError as problem:
        found.setdefault("problem", "%s: %s" % (os.path.join(root, part), problem.strerror))
        continue
    found["layout"].append(part)
    if part == "neurodesk-modules":
        paths = [os.path.join(root, part, name) for name in names]
        found["categories"] = [path for path in paths if os.path.isdir(path)]
for name in ("revision", "root_hash", "host", "proxy"):
    try:
        value = os.getxattr(root, "user." + name).decode(errors="replace")
    except (OSError, AttributeError):
        continue
    found["attributes"][name] = value.strip("\0\n ")
print(json.dumps(found))
"""

# The first lines of the manifest that the mount's own server publishes, asked the way the mount asks it.
_MANIFEST = """
import sys, urllib.request
host, proxy, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
direct = proxy.upper() in ("", "DIRECT")
opener = urllib.request.build_opener(urllib.request.ProxyHandler({} if direct else {"http": proxy}))
with opener.open(host.rstrip("/") + "/.cvmfspublished", timeout=seconds) as answer:
    sys.stdout.buffer.write(answer.read(4096))
"""
_MANIFEST_TIMEOUT = 3.0  # seconds


class CvmfsUnavailable(NeurodeskError):
    """The Neurodesk repository cannot be read."""

    code = "ND-CVMFS-001"
    exit_status = 11


@dataclass(frozen=True)
class CvmfsMount:
    """The repository as it is mounted.

    Attributes:
        root: where the repository is.
        categories: absolute paths of the directories in ``neurodesk-modules``.
        revision: CVMFS's revision number, None where the file system does not have it (not a real CVMFS).
        root_hash: hash of the root catalog, which stands for all that the repository holds; None likewise.
    """

    root: str
    categories: tuple[str, ...] = ()
    revision: str | None = None
    root_hash: str | None = None
    _publication: Future[str | None] | None = field(default=None, compare=False, repr=False)

    @property
    def published(self) -> str | None:
        """When this revision was published (RFC 3339, UTC), None where that is not known.

        A server is asked while the notebook runs; what has not answered yet is waited for (4 s at most).
        """
        if self._publication is None:
            return None
        try:
            return self._publication.result()
        except OSError:  # no process could be started to ask
            return None


def root_of(environment: Mapping[str, str], mounted: str) -> str:
    """Return where the repository is: the environment's word, else where the task mounts it."""
    return (environment.get("NEURODESK_CVMFS_ROOT") or mounted or CVMFS_ROOT).rstrip("/") or "/"


def timeout_of(environment: Mapping[str, str]) -> float:
    """Return how long to wait (s): ``NEURODESK_CVMFS_TIMEOUT``, else 40."""
    try:
        seconds = float(environment.get("NEURODESK_CVMFS_TIMEOUT", ""))
    except ValueError:
        return DEFAULT_TIMEOUT
    return seconds if seconds >= 0 else DEFAULT_TIMEOUT


def wait_for(root: str, claim: str, timeout: float) -> CvmfsMount:
    """Wait until the module tree below ``root`` is readable.

    Args:
        root: the repository's directory.
        claim: name of the PVC that carries it, for the message.
        timeout: how long to wait at most (s).

    Raises:
        CvmfsUnavailable: neither ``neurodesk-modules`` nor ``containers/modules`` could be read in time.
    """
    deadline = time.monotonic() + timeout
    pause, problem = 0.2, "it did not answer"
    while True:
        seen = _probe(root, max(deadline - time.monotonic(), 0.5))
        if seen is not None and seen["layout"]:
            return _mount(root, tuple(seen["categories"]), seen["attributes"])
        problem = seen["problem"] if seen is not None else f"{root} did not answer"
        if time.monotonic() + pause > deadline:
            break
        time.sleep(pause)
        pause = min(pause * 2, 2.0)
    source = f"the volume claim {claim!r}" if claim else "the volume"
    raise CvmfsUnavailable(
        f"CVMFS was not readable within {timeout:g} s: {source} is mounted at {root}, but {problem}.",
        "Check that the claim is bound and that the cvmfs-csi node plugin runs on the node "
        "(`kubectl get pvc`; `elyra-neurodesk local status` on this machine). "
        "NEURODESK_CVMFS_TIMEOUT sets how long to wait.",
    )


def _mount(root: str, categories: tuple[str, ...], attributes: Mapping[str, str]) -> CvmfsMount:
    """Return the mount; when it was published is asked in a thread, so that the first cell does not wait."""
    root_hash = attributes.get("root_hash")
    arguments = (root_hash or "", attributes.get("host", ""), attributes.get("proxy", ""), dict(os.environ))
    pool = ThreadPoolExecutor(1, "cvmfs-publication")
    publication = pool.submit(published_at, *arguments)
    pool.shutdown(wait=False)
    return CvmfsMount(root, categories, attributes.get("revision"), root_hash, publication)


def published_at(
    root_hash: str, host: str, proxy: str, environment: Mapping[str, str] | None = None
) -> str | None:
    """Return when the mounted content was published (RFC 3339, UTC), None where that is not known.

    No extended attribute says it (the client's ``magic_xattr.cc`` registers none). The repository's manifest
    does, on the server that the mount itself names; it counts only if it is about the same content.

    Args:
        root_hash: of the mounted root catalog (``user.root_hash``).
        host: URL of the repository on the server in use (``user.host``).
        proxy: the proxy in use, or ``DIRECT`` (``user.proxy``).
        environment: of the process that asks; this process's own when left out. Modules that are loaded
            meanwhile must not change which libraries its Python finds.
    """
    if not root_hash or not host.startswith("http://"):
        return None
    output = _run([_MANIFEST, host, proxy, str(_MANIFEST_TIMEOUT)], _MANIFEST_TIMEOUT + 1, environment)
    # one field a line: C is the root catalog's hash, T the time in seconds since 1970
    head = (b"\n" + (output or b"")).partition(b"\n--")[0].decode("ascii", "replace")
    fields = {line[:1]: line[1:].strip() for line in head.splitlines()}
    if fields.get("C") != root_hash or not re.fullmatch(r"[0-9]{1,11}", fields.get("T", "")):
        return None
    moment = datetime.fromtimestamp(int(fields["T"]), timezone.utc)
    return moment.isoformat().replace("+00:00", "Z")


def _probe(root: str, seconds: float) -> dict[str, Any] | None:
    """Return what the probe printed, or None when it hung or broke."""
    try:
        seen: dict[str, Any] = json.loads(_run([_PROBE, root], seconds) or b"")
        return seen
    except ValueError:
        return None


def _run(arguments: list[str], seconds: float, environment: Mapping[str, str] | None = None) -> bytes | None:
    """Run a script of ours in a process of its own; one that hangs is abandoned."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            process.kill()  # no wait: a process in uninterruptible sleep would not go
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.2)
