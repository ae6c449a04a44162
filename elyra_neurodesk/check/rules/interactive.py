"""Code that needs a user or a display."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from elyra_neurodesk.check.events import Event, Interact
from elyra_neurodesk.check.report import Finding, Severity, finding

_PROBLEMS = {
    "input": ("ND-CHECK-401", "waits for input, which a batch job never gets"),
    "debugger": ("ND-CHECK-402", "opens a debugger, which cannot be used in a batch job"),
    "confirm": ("ND-CHECK-403", "asks for confirmation, which a batch job cannot give"),
    "display": ("ND-CHECK-404", "opens a window, and a batch job has no display"),
    "leave": ("ND-CHECK-405", "does not end a batch job: the cells after it run, too"),
}


def interactive_findings(node: str, events: Iterable[Event]) -> Iterator[Finding]:
    """Yield a finding for each call that needs a user; a warning where a failure is handled."""
    for event in events:
        if isinstance(event, Interact):
            code, problem = _PROBLEMS[event.kind]
            severity: Severity | None = "warning" if event.guarded else None
            yield finding(code, node, event.at, f"{event.what} {problem}", severity)
