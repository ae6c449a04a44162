"""A run in the scheduler's memory: its tasks and their dependencies."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.db.rows import RunRow, TaskRow
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import FINAL, PENDING, RUNNING, SUCCEEDED, TaskChange, check_task
from elyra_neurodesk.backend.package.model import Package
from elyra_neurodesk.backend.process_handle import ProcessHandle


@dataclass
class ActiveRun:
    """A run that has not ended, its package, and the state of its tasks as the database has it.

    Attributes:
        order: place among the active runs; older runs go first.
        run: as it was when it was loaded.
        package: parsed.
        parameters: the run's parameters with the package's defaults.
        tasks: by name, parents before children.
        handles: of the attempts that run.
        canceling: whether it is being canceled.
        outputs: ``Result.outputs`` of the tasks that succeeded, by task.
    """

    order: int
    run: RunRow
    package: Package
    parameters: dict[str, Any]
    tasks: dict[str, TaskRow]
    handles: dict[str, ProcessHandle] = field(default_factory=dict)
    canceling: bool = False
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    _children: dict[str, list[str]] = field(default_factory=dict)
    _missing: dict[str, int] = field(default_factory=dict)
    _unfinished: int = 0

    def __post_init__(self) -> None:
        """Index the graph; time and space grow with its edges."""
        for task in self.tasks.values():
            self._missing[task.name] = sum(self.tasks[p].state != SUCCEEDED for p in task.parents)
            for parent in task.parents:
                self._children.setdefault(parent, []).append(task.name)
            if task.state == SUCCEEDED:
                self.outputs[task.name] = task.outputs
            if task.state == RUNNING:
                self.handles[task.name] = ProcessHandle(task.pid, task.pid_started)
        self._unfinished = sum(task.state not in FINAL for task in self.tasks.values())

    @property
    def finished(self) -> bool:
        """Whether every task has reached its last state."""
        return self._unfinished == 0

    def ready(self) -> list[str]:
        """Return the tasks that could start at once."""
        return [name for name in self.tasks if self.may_start(name)]

    def may_start(self, name: str) -> bool:
        """Return whether a task could start if the machine has room for it."""
        return not self.canceling and self.tasks[name].state == PENDING and self._missing[name] == 0

    def apply(self, change: TaskChange) -> list[str]:
        """Make a change of tasks; use `advance`, which makes it in the database first.

        Returns:
            The tasks that may start because others have succeeded.

        Raises:
            InvalidTransition: a task may not get the state.
        """
        return [freed for name in change.names for freed in self._apply(name, change)]

    def _apply(self, name: str, change: TaskChange) -> list[str]:
        before = self.tasks[name]
        check_task(name, before.state, change.state)
        after = self.tasks[name] = replace(before, **change.values())
        if after.state == RUNNING:
            self.handles[name] = ProcessHandle(after.pid, after.pid_started)
        else:
            self.handles.pop(name, None)
        if before.state not in FINAL and after.state in FINAL:
            self._unfinished -= 1
        if after.state != SUCCEEDED:
            return []
        self.outputs[name] = after.outputs
        freed = []
        for child in self._children.get(name, ()):
            self._missing[child] -= 1
            if self.may_start(child):
                freed.append(child)
        return freed

    def descendants(self, name: str) -> tuple[str, ...]:
        """Return the tasks below ``name`` that have not ended."""
        seen: set[str] = set()
        queue = deque(self._children.get(name, ()))
        while queue:
            child = queue.popleft()
            if child not in seen and self.tasks[child].state not in FINAL:
                seen.add(child)
                queue.extend(self._children.get(child, ()))
        return tuple(sorted(seen, key=lambda child: self.tasks[child].position))

    def waiting(self) -> tuple[str, ...]:
        """Return the tasks that have not begun."""
        return tuple(task.name for task in self.tasks.values() if task.state == PENDING)

    def directory(self, name: str) -> Path:
        """Return the work directory of the latest attempt of a task."""
        return Path(self.tasks[name].directory)


def advance(runs: RunStore, active: ActiveRun, *changes: TaskChange) -> list[str]:
    """Make changes of a run's tasks: all of them in the database, then in memory.

    Returns:
        The tasks that may start because others have succeeded.

    Raises:
        InvalidTransition: a task may not get the state; nothing is changed.
        sqlite3.Error: the database does not take them; nothing is changed.
    """
    runs.advance_tasks(active.run.run_id, *changes)
    return [freed for change in changes for freed in active.apply(change)]
