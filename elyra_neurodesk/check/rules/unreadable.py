"""Files and cells that cannot be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elyra_neurodesk.check.events import Event, ReadFailure
from elyra_neurodesk.check.report import Finding, finding

_CODES = {"file": "ND-CHECK-010", "notebook": "ND-CHECK-011", "syntax": "ND-CHECK-012"}


def unreadable_findings(node: str, events: Iterable[Event]) -> Iterator[Finding]:
    """Yield a finding for each read failure; a warning where the task may succeed all the same."""
    for event in events:
        if isinstance(event, ReadFailure):
            yield finding(
                _CODES[event.what], node, event.at, event.problem, None if event.certain else "warning"
            )
