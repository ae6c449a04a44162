"""Is CVMFS there? Asked so that a mount that hangs cannot hang the task."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from elyra_neurodesk.errors import NeurodeskError

DEFAULT_ROOT = "/cvmfs/neurodesk.ardc.edu.au"
DEFAULT_TIMEOUT = 40.0  # seconds

# Runs in a process of its own: one that waits in the kernel for a dead mount can be left behind, a thread
# of ours could not. Listing both kinds of directory is what makes an automount happen.
_PROBE = """
import json, os, sys
root = sys.argv[1]
found = {"categories": [], "revision": None, "layout": []}
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
try:
    found["revision"] = os.getxattr(root, "user.revision").decode()
except (OSError, AttributeError):
    pass
print(json.dumps(found))
"""


class CvmfsUnavailable(NeurodeskError):
    """The Neurodesk repository cannot be read."""

    code = "ND-CVMFS-001"
    exit_status = 11


@dataclass(frozen=True)
class Repository:
    """What the check saw.

    Attributes:
        root: where the repository is.
        categories: absolute paths of the directories in ``neurodesk-modules``.
        revision: CVMFS's revision number, None where the file system does not tell (not a real CVMFS).
    """

    root: str
    categories: tuple[str, ...] = ()
    revision: str | None = None


def root_of(environment: Mapping[str, str], mounted: str) -> str:
    """Return where the repository is: the environment's word, else where the task mounts it."""
    return (environment.get("NEURODESK_CVMFS_ROOT") or mounted or DEFAULT_ROOT).rstrip("/") or "/"


def timeout_of(environment: Mapping[str, str]) -> float:
    """Return how long to wait (s): ``NEURODESK_CVMFS_TIMEOUT``, else 40."""
    try:
        seconds = float(environment.get("NEURODESK_CVMFS_TIMEOUT", ""))
    except ValueError:
        return DEFAULT_TIMEOUT
    return seconds if seconds >= 0 else DEFAULT_TIMEOUT


def wait_for(root: str, claim: str, timeout: float) -> Repository:
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
            return Repository(root, tuple(seen["categories"]), seen["revision"])
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


def _probe(root: str, seconds: float) -> dict[str, Any] | None:
    """Return what the probe printed, or None when it hung or broke; a hung one is abandoned."""
    probe = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _PROBE, root],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, _ = probe.communicate(timeout=seconds)
        seen: dict[str, Any] = json.loads(output)
        return seen
    except (subprocess.TimeoutExpired, ValueError):
        return None
    finally:
        if probe.poll() is None:
            probe.kill()  # no wait: a process in uninterruptible sleep would not go
            with contextlib.suppress(subprocess.TimeoutExpired):
                probe.wait(0.2)
