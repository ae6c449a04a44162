"""States of runs and tasks (KFP's V2beta1RuntimeState), and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PENDING = "PENDING"
RUNNING = "RUNNING"
CANCELING = "CANCELING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
SKIPPED = "SKIPPED"
CANCELED = "CANCELED"
FINAL = frozenset({SUCCEEDED, FAILED, SKIPPED, CANCELED})

RUN_PREDECESSORS: Mapping[str, frozenset[str]] = {
    PENDING: frozenset({FAILED, CANCELED}),  # the user retries it
    RUNNING: frozenset({PENDING}),
    CANCELING: frozenset({PENDING, RUNNING}),
    # the last task may end before the cancellation reaches the scheduler
    SUCCEEDED: frozenset({PENDING, RUNNING, CANCELING}),
    FAILED: frozenset({PENDING, RUNNING, CANCELING}),
    CANCELED: frozenset({PENDING, RUNNING, CANCELING}),
}
"""For each state of a run, the states that it may follow."""

TASK_PREDECESSORS: Mapping[str, frozenset[str]] = {
    # another attempt follows, or the user retries the run, in which some may never have begun
    PENDING: frozenset({PENDING, RUNNING, FAILED, SKIPPED, CANCELED}),
    # RUNNING again: its process is known, or the attempt is begun again after a failed write
    RUNNING: frozenset({PENDING, RUNNING}),
    SUCCEEDED: frozenset({RUNNING}),
    FAILED: frozenset({PENDING, RUNNING}),  # PENDING: it cannot start
    SKIPPED: frozenset({PENDING}),
    CANCELED: frozenset({PENDING, RUNNING}),
}
"""For each state of a task, the states that it may follow."""


class InvalidTransition(RuntimeError):
    """A state was to follow another that it must not follow: a bug of the scheduler."""


@dataclass(frozen=True)
class TaskChange:
    """One change of tasks of a run.

    Attributes:
        names: the tasks.
        state: the state that they get.
        columns: other columns that change with it.
    """

    names: tuple[str, ...]
    state: str
    columns: Mapping[str, Any] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """Return all columns that change."""
        return {"state": self.state, **self.columns}


def check_task(name: str, before: str, after: str) -> None:
    """Raise InvalidTransition when ``after`` may not follow ``before``."""
    if before not in TASK_PREDECESSORS[after]:
        raise InvalidTransition(f"task {name!r} is {before} and cannot become {after}")
