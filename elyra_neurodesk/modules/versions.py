"""Lmod's order of versions, and its choice of the one that a request resolves to.

The order is that of Lmod's ``parseVersion.lua`` (8.6.19), the choice that of ``MName.lua`` and
``collectionFileA.lua`` with its default setting ``LMOD_EXTENDED_DEFAULT=yes``: tests compare both with Lmod
itself where it is installed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from functools import lru_cache

REQUEST = re.compile(r"(?P<tool>[A-Za-z0-9_][\w.+-]*)(?:/(?P<version>[\w.+-]+))?", re.ASCII)
"""What a module may be asked for by: ``tool`` or ``tool/version``."""

_PART = re.compile(r"(?P<number>[0-9]+)|(?P<slash>/)|(?P<word>[a-z]+)|(?P<patch>-p)|(?P<other>.)", re.DOTALL)
_MEANINGS = {"pre": "c", "preview": "c", "rc": "c", "-": "zfinal-", "p": "zfinal-", "dev": "@"}
_ZERO = "0" * 9
_BOUNDARIES = "-+_.="


@lru_cache(maxsize=8192)
def order_key(version: str) -> str:
    """Return the text by which Lmod compares a version: greater text, later version.

    Numbers count by value, words before numbers, pre-releases (``rc``, ``dev``, ``alpha``) before the
    version that they precede, and a trailing ``.0`` not at all.
    """
    parts: list[str] = []
    for part in _parts(version.lower()):
        if part.startswith("*"):
            if part != "*zfinal":
                _drop(parts, "*zfinal-")
            _drop(parts, _ZERO)
            if part == "*zfinal":
                _drop(parts, "*zfinal-")
        parts.append(part)
    return ".".join(parts).replace("./.", "/")


def split(request: str) -> tuple[str, str] | None:
    """Return tool and version ("" for none, or ``default``) of a request, None if it cannot name a module."""
    match = REQUEST.fullmatch(request.strip().rstrip("/").removesuffix(".lua"))
    if match is None:
        return None
    return match["tool"], "" if match["version"] in (None, "default") else match["version"]


def begins_with(version: str, wanted: str) -> bool:
    """Say whether a request for ``wanted`` may resolve to ``version`` when it is not there as written.

    >>> begins_with("6.0.7.22", "6.0.7"), begins_with("6.0.70", "6.0.7"), begins_with("r7771", "r")
    (True, False, True)
    """
    if not wanted:
        return True
    if not version.startswith(wanted):
        return False
    last, rest = wanted[-1], version[len(wanted) :]
    free = last in _BOUNDARIES or (last.isascii() and last.isalpha())
    return free or rest[:1] in tuple(_BOUNDARIES)


def choose(versions: Iterable[str], wanted: str, default: str = "", hidden: Iterable[str] = ()) -> str | None:
    """Return the version that Lmod loads, or None.

    The exact one; else, among those that begin with ``wanted`` and are not hidden, the marked default, else
    the highest.

    Args:
        versions: what there is.
        wanted: "" or ``default`` for a request without a version.
        default: the version that the tree marks as the tool's default, "" if it marks none.
        hidden: versions that must be asked for exactly; those that begin with a dot are hidden anyway.
    """
    known = list(versions)
    if wanted in known:
        return wanted
    start = "" if wanted == "default" else wanted
    unseen = set(hidden)
    fitting = [one for one in known if begins_with(one, start) and one not in unseen and one[:1] != "."]
    if default and default in known and begins_with(default, start):
        return default
    return max(fitting, key=order_key, default=None)


def in_order(versions: Iterable[str]) -> list[str]:
    """Return the versions from the lowest to the highest as Lmod sorts them."""
    return sorted(versions, key=lambda version: (order_key(version), version))


def near_versions(wanted: str, known: Iterable[str], limit: int = 5) -> list[str]:
    """Return the versions that may be meant: first those that look like ``wanted``, then the newest."""
    names = in_order(known)
    like = difflib.get_close_matches(wanted, names, n=limit, cutoff=0.7) if wanted else []
    return [*like, *(name for name in reversed(names) if name not in like)][:limit]


def near_tools(name: str, known: Iterable[str]) -> list[str]:
    """Return the tools that may be meant by an unknown name, best first."""
    lower = {tool.lower(): tool for tool in known if tool != name}
    return [lower[found] for found in difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.6)]


def _parts(text: str) -> Iterable[str]:
    place = 0
    if text.startswith("."):
        yield _ZERO
        place = 1
    while place < len(text):
        if text[place] == ".":
            place += 1
            if place >= len(text):
                break
        match = _PART.match(text, place)
        assert match is not None  # noqa: S101 - the last alternative matches anything
        place, found = match.end(), match[0]
        if match.lastgroup == "number":
            yield f"{int(found):09d}"
        elif match.lastgroup == "slash":
            yield "/"
        elif match.lastgroup == "patch":
            yield "*zfinal-"
        else:
            yield "*" + _MEANINGS.get(found, found)
    yield "*zfinal"


def _drop(parts: list[str], what: str) -> None:
    while parts and parts[-1] == what:
        parts.pop()
