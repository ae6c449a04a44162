"""Sizes, durations, times and counts for people: logs, the command line and the pages show them alike.

Standard library of Python 3.10 only: tasks import this.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone, tzinfo


def format_bytes(number: int) -> str:
    """Return a size in binary units: ``1.5 GiB``."""
    size = float(number)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def format_duration(seconds: float | None) -> str:
    """Return a duration: ``0.4 s``, ``48 s``, ``3 min 05 s``, ``2 h 10 min``; "" for None."""
    if seconds is None:
        return ""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def format_time(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """Return a time to the second: ``2026-11-22 12:00:05``; "" for None.

    Args:
        moment: with its time zone.
        zone: the time zone to show it in; this machine's own when left out. ``UTC`` is added for UTC.
    """
    if moment is None:
        return ""
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}{' UTC' if zone is timezone.utc else ''}"


def format_succeeded(states: Iterable[str]) -> str:
    """Return how many tasks have succeeded, of all: ``1 of 3``.

    Args:
        states: the state of each task (KFP's V2beta1RuntimeState).
    """
    known = list(states)
    return f"{known.count('SUCCEEDED')} of {len(known)}"
