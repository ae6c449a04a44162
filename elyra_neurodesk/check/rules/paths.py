"""Paths that exist on a desktop and not in a batch job."""

from __future__ import annotations

import re
from collections.abc import Sequence

from elyra_neurodesk.check.events import Event, UseString
from elyra_neurodesk.check.report import Finding, finding
from elyra_neurodesk.paths import SCRATCH

_OUTSIDE = re.compile(
    r"(~|/home/[^/]+|/Users/[^/]+|/root|/data|/neurodesktop-storage|/storage|/mnt|/media|/scratch|/projects?|/work|"
    r"/Volumes)(?=/|$)"
)
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]\S")
# Neurodesktop's images have these, empty and writable
_PRESENT = ("~", "/home/jovyan", "/data", "/neurodesktop-storage")
_HOME = ("~", "/home/jovyan")  # the same, in Neurodesktop
# files that images have in their user's home directory
_STARTUP = re.compile(
    r"(~|/home/jovyan)/\.(bashrc|bash_profile|profile|cache|local|config|conda|jupyter|ipython)(/|$)"
)
_MAX_PATH = 500  # characters


def path_findings(node: str, events: Sequence[Event], volumes: Sequence[str]) -> list[Finding]:
    """Return a finding for each path that will not exist, or is lost, in a batch job.

    Args:
        node: its label.
        events: what it does.
        volumes: paths where volumes are mounted.
    """
    texts = [event for event in events if isinstance(event, UseString) and event.use not in ("quiet", "test")]
    outside = [(event, path) for event in texts if (path := _path(event))]
    made = {_absolute(path) for event, path in outside if event.use in ("create", "write")}
    used = {
        _absolute(path) for event, path in outside if event.use != "unknown" and not _OUTSIDE.fullmatch(path)
    }
    findings: list[Finding] = []
    reported: set[tuple[str, str]] = set()
    for event, path in outside:
        if any(_is_below(_absolute(path), volume) for volume in volumes) or _STARTUP.match(path):
            continue
        if any((event.at.file, part) in reported for part in _ancestors(_absolute(path))):
            continue
        if event.use == "unknown" and _is_related(_absolute(path), used):
            continue  # what is done elsewhere to it, or around it, tells more
        code = _judge(event, _absolute(path), made)
        if code:
            reported.add((event.at.file, _absolute(path)))
            what = (
                "will not exist in the batch job" if code == "ND-CHECK-301" else "is lost when the task ends"
            )
            findings.append(finding(code, node, event.at, f"'{path}' {what}"))
    return findings


def _path(event: UseString) -> str:
    """Return the path that a string is, without a slash at its end, "" if it is not a path of a desktop."""
    text = event.text
    if not text or len(text) > _MAX_PATH or (text[0] not in "~/" and text[1:2] != ":"):
        return ""
    if any(char in text for char in "\n\r\t<>|;") or (" " in text and event.use == "unknown"):
        return ""
    if _WINDOWS.match(text):
        return text
    if ":" in text or not _OUTSIDE.match(text):
        return ""
    return text.rstrip("/") or "/"


def _judge(event: UseString, path: str, made: set[str]) -> str:
    """Return the code of the finding, "" if the path is right."""
    place = _OUTSIDE.match(path)
    top = place[1] if place else path
    writable = top in _PRESENT
    if path == top and place:
        if event.use == "read" and top not in (*_HOME, SCRATCH):
            return "ND-CHECK-301"
        return "" if writable or event.use == "unknown" else "ND-CHECK-301"
    if event.use == "create":
        return "ND-CHECK-302"
    if event.use == "write":
        parent = path.rpartition("/")[0]
        there = parent == top or _is_related(parent, made - {path})
        return "ND-CHECK-302" if there and (writable or parent != top) else "ND-CHECK-301"
    return "" if _is_related(path, made) else "ND-CHECK-301"


def _is_related(path: str, others: set[str]) -> bool:
    """Return whether a path is one of the others, or above or below one."""
    return any(_is_below(path, one) or _is_below(one, path) for one in others)


def _absolute(path: str) -> str:
    return f"{_HOME[1]}{path[1:]}" if path.startswith("~") else path


def _is_below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory.rstrip('/')}/")


def _ancestors(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
