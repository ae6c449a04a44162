"""Paths that need no cookie: an HTML output's images and styles.

The run pages show HTML outputs in a sandbox with an opaque origin, so that their scripts reach nothing else.
From there the browser asks for images without cookies. So the page is shown at a path that begins with a
signature, which opens the files of its own task for a while; its relative links lead below the same path.
"""

from __future__ import annotations

import re
import time

from elyra_neurodesk.backend.access_token import is_signed, sign_directory

PREFIX = "signed"
"""``/pipeline/signed/<signature>/<run>/<task>/<path>``."""

_PATH = re.compile(rf"/pipeline/{PREFIX}/([0-9a-f-]+)/([^/]+)/([^/]+)/.+", re.DOTALL)


def signature(token: str, run_id: str, task: str) -> str:
    """Return the signature that opens the files of a task's directory from now on.

    Args:
        token: the backend's token.
        run_id: the run's id.
        task: name of the task's directory.
    """
    return sign_directory(token, f"{run_id}/{task}", time.time())


def opens(token: str, path: str) -> bool:
    """Return whether a request's path is signed, and not too long ago.

    Args:
        token: the backend's token.
        path: not percent-encoded, as the router reads it.
    """
    found = _PATH.fullmatch(path)
    return found is not None and is_signed(token, f"{found[2]}/{found[3]}", found[1], time.time())
