"""Code that needs a person or a screen, and code that cannot be parsed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from elyra_neurodesk.check.readers.events import Ask, Event, Unreadable
from elyra_neurodesk.check.report import Finding, Severity, finding

_CODES = {
    "input": ("ND-CHECK-401", "waits for an answer, which nobody gives in a batch job"),
    "debugger": ("ND-CHECK-402", "opens a debugger, which nobody attends to in a batch job"),
    "confirm": ("ND-CHECK-403", "asks for confirmation, which nobody gives in a batch job"),
    "display": ("ND-CHECK-404", "opens a window, and a batch job has no display"),
}


def asking_findings(node: str, events: Sequence[Event]) -> Iterator[Finding]:
    """Yield what cannot go on without a person, and what cannot be read."""
    for event in events:
        severity: Severity | None
        if isinstance(event, Ask):
            code, what = _CODES[event.kind]
            severity = "warning" if event.guarded else None
            yield finding(code, node, event.place, f"{event.what} {what}", severity)
        elif isinstance(event, Unreadable):
            severity = None if event.certain else "warning"
            yield finding(event.code, node, event.place, event.problem, severity)
