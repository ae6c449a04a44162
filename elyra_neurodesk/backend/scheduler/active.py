"""A run in the scheduler's memory: who waits for whom."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from elyra_neurodesk.backend.db.rows import FINAL, PENDING, RUNNING, SUCCEEDED, RunRow, TaskRow
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
        canceling: whether it is being ended.
        outputs: what the succeeded tasks handed on, by task.
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
        """Return whether a task waits for nothing but a place."""
        return not self.canceling and self.tasks[name].state == PENDING and self._missing[name] == 0

    def change(self, name: str, **changes: Any) -> list[str]:
        """Set fields of a task, after the database has them.

        Returns:
            The tasks that may start because this one has succeeded.
        """
        before = self.tasks[name]
        after = self.tasks[name] = replace(before, **changes)
        if after.state != RUNNING:
            self.handles.pop(name, None)
        if before.state not in FINAL and after.state in FINAL:
            self._unfinished -= 1
        if before.state == SUCCEEDED or after.state != SUCCEEDED:
            return []
        self.outputs[name] = after.outputs
        freed = []
        for child in self._children.get(name, ()):
            self._missing[child] -= 1
            if self.may_start(child):
                freed.append(child)
        return freed

    def descendants(self, name: str) -> list[str]:
        """Return the tasks below ``name`` that have not ended."""
        seen: set[str] = set()
        queue = deque(self._children.get(name, ()))
        while queue:
            child = queue.popleft()
            if child not in seen and self.tasks[child].state not in FINAL:
                seen.add(child)
                queue.extend(self._children.get(child, ()))
        return sorted(seen, key=lambda child: self.tasks[child].position)

    def waiting(self) -> list[str]:
        """Return the tasks that have not begun."""
        return [task.name for task in self.tasks.values() if task.state == PENDING]

    def directory(self, name: str) -> Path:
        """Return the work directory of the latest attempt of a task."""
        return Path(self.tasks[name].directory)
