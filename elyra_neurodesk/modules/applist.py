"""Neurocommand's list of tools, ``apps.json``: fetched when it must be, kept, and read.

Its shape: ``{"fsl": {"apps": {"fsl 6.0.3": {"version": "20200905", "exec": ""}}, "categories": […]}}``. An
app whose ``exec`` is empty is a container for the command line; its ``version`` is the date of the build.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from elyra_neurodesk.errors import one_line
from elyra_neurodesk.modules import cache
from elyra_neurodesk.modules.model import ModuleEntry
from elyra_neurodesk.modules.timeouts import run_with_timeout

DEFAULT_URL = "https://raw.githubusercontent.com/neurodesk/neurocommand/main/neurodesk/apps.json"
MAX_AGE = timedelta(days=1)
RETRY_AFTER = timedelta(minutes=10)
CONNECT_TIMEOUT, READ_TIMEOUT, TOTAL_TIMEOUT = 3.0, 5.0, 15.0  # seconds
MAX_BYTES = 20_000_000  # the real list has 100,000


@dataclass(frozen=True)
class AppList:
    """The list and where it came from; ``read`` and ``problem`` as in `model.Origin`."""

    entries: tuple[ModuleEntry, ...] = ()
    place: str = ""
    read: datetime | None = None
    problem: str = ""


def app_list(source: str | None, environment: Mapping[str, str], refresh: bool = False) -> AppList:
    """Return the list from a file, or from a URL by way of the cache; nothing is raised.

    A URL's copy is used for a day, then asked for anew (only if it has changed); after a failure the old copy
    is used, and the URL left alone for ten minutes. The public URL is only asked when ``refresh`` says so.

    Args:
        source: file or URL; None for the public list.
        environment: says where the cache is.
        refresh: ask the URL now.
    """
    place = source or DEFAULT_URL
    if urlsplit(place).scheme not in ("http", "https"):
        return _from_file(place)
    path = cache.directory(environment) / f"apps-{hashlib.sha256(place.encode()).hexdigest()[:16]}.json"
    kept = cache.load(path) or {}
    now = datetime.now(timezone.utc)
    due = source is not None and _is_due(kept, now)
    if refresh or due:
        # a name server that hangs is beyond the limits below
        late = {
            **kept,
            "tried": now.isoformat(),
            "problem": _failed(place, kept, "it did not answer in time"),
        }
        kept = run_with_timeout(TOTAL_TIMEOUT, lambda: _fetched(place, kept, now)) or late
        cache.save(path, kept)
    return AppList(
        entries=entries_of(kept.get("content")),
        place=_public(place),
        read=_moment(kept.get("read")) if kept.get("content") else None,
        problem=str(kept.get("problem") or ""),
    )


def entries_of(content: object) -> tuple[ModuleEntry, ...]:
    """Return the modules in the content of an ``apps.json``; what is not of its shape is passed over."""
    entries: dict[str, ModuleEntry] = {}
    for group in content.values() if isinstance(content, dict) else ():
        apps = group.get("apps") if isinstance(group, dict) else None
        if not isinstance(apps, dict):
            continue
        named = group.get("categories")
        labels = [item for item in named if isinstance(item, str)] if isinstance(named, list) else []
        categories = tuple(sorted(label.strip().replace(" ", "_") for label in labels))
        for title, app in apps.items():
            if isinstance(app, dict) and app.get("exec") == "":
                entry = _entry(title, app, categories)
                if entry is not None and entry.date >= entries.get(entry.name, entry).date:
                    entries[entry.name] = entry
    return tuple(entries.values())


def _entry(title: str, app: Mapping[str, Any], categories: tuple[str, ...]) -> ModuleEntry | None:
    tool, _, version = title.partition(" ")
    date = str(app.get("version") or "")
    version = version.strip().replace(" ", "_")
    if not tool or not version or "/" in title:
        return None
    known = re.fullmatch(r"\d{8}", date) is not None
    container = f"{title.replace(' ', '_')}_{date}" if known else ""
    return ModuleEntry(tool, version, container, date if known else "", categories)


def _from_file(place: str) -> AppList:
    path = Path(place.removeprefix("file://")).expanduser()
    try:
        content = json.loads(path.read_bytes())
        read = datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    except OSError as problem:
        return AppList(place=place, problem=f"{place} cannot be read: {problem.strerror}")
    except (ValueError, RecursionError):
        return AppList(place=place, problem=f"{place} is not JSON")
    entries = entries_of(content)
    return AppList(entries, str(path), read, "" if entries else f"{place} lists no tools")


def _is_due(kept: Mapping[str, Any], now: datetime) -> bool:
    read, tried = _moment(kept.get("read")), _moment(kept.get("tried"))
    fresh = read is not None and timedelta(0) <= now - read < MAX_AGE
    just_failed = tried is not None and timedelta(0) <= now - tried < RETRY_AFTER
    return not fresh and not just_failed


def _fetched(url: str, kept: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Ask the URL and return what to keep: the new list, or the old one and what went wrong."""
    import requests  # not at the top: the cached answer must not pay for it

    headers = {}
    if kept.get("content"):
        for header, name in (("If-None-Match", "etag"), ("If-Modified-Since", "modified")):
            if kept.get(name):
                headers[header] = str(kept[name])
    moment = now.isoformat()
    try:
        timeout = (CONNECT_TIMEOUT, READ_TIMEOUT)
        with requests.get(url, headers=headers, timeout=timeout, stream=True) as answer:
            if answer.status_code == 304 and kept.get("content"):
                return {**kept, "read": moment, "tried": moment, "problem": ""}
            answer.raise_for_status()
            content = json.loads(_body(answer))
            if not entries_of(content):
                raise ValueError("it lists no tools")
            return {
                "content": content,
                "etag": answer.headers.get("ETag", ""),
                "modified": answer.headers.get("Last-Modified", ""),
                "read": moment,
                "tried": moment,
                "problem": "",
            }
    except (requests.RequestException, ValueError, RecursionError) as problem:
        return {**kept, "tried": moment, "problem": _failed(url, kept, _reason(problem))}


def _failed(url: str, kept: Mapping[str, Any], reason: str) -> str:
    what = "a newer one" if kept.get("content") else _public(url)
    return f"{what} could not be fetched: {reason}"


def _body(answer: Any) -> bytes:
    """Read the answer's body; a server that drips or floods is given up."""
    deadline, body = time.monotonic() + TOTAL_TIMEOUT, b""
    for chunk in answer.iter_content(65536):
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError(f"it is longer than {MAX_BYTES} bytes")
        if time.monotonic() > deadline:
            raise ValueError(f"it took longer than {TOTAL_TIMEOUT:g} s")
    return body


def _reason(problem: Exception) -> str:
    import requests

    if isinstance(problem, requests.HTTPError) and problem.response is not None:
        return f"HTTP status {problem.response.status_code}"
    if isinstance(problem, requests.Timeout):
        return "it did not answer in time"
    if isinstance(problem, requests.ConnectionError):
        return "it did not answer"
    if isinstance(problem, json.JSONDecodeError):
        return "its answer is not JSON"
    return one_line(str(problem))[:200]


def _public(url: str) -> str:
    """Return the URL without user name, password and query: messages and records show it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
