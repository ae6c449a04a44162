"""Runs tasks: parents first, the oldest run first, as many at once as cores and memory allow."""

from __future__ import annotations

import heapq
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable

from elyra_neurodesk.backend.db.catalog import Catalog, NotFound
from elyra_neurodesk.backend.db.rows import now
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import (
    CANCELED,
    CANCELING,
    FAILED,
    PENDING,
    RUNNING,
    SKIPPED,
    SUCCEEDED,
    TaskChange,
)
from elyra_neurodesk.backend.package.cache import PackageCache
from elyra_neurodesk.backend.package.inputs import check_run_parameters
from elyra_neurodesk.backend.runtime import Runtime
from elyra_neurodesk.backend.scheduler.active import ActiveRun, advance
from elyra_neurodesk.backend.scheduler.attempts import Attempts, Outcome
from elyra_neurodesk.backend.scheduler.budget import Budget, Cost, TooLarge
from elyra_neurodesk.errors import NeurodeskError

_POLL_SECONDS = 0.05
_IDLE_SECONDS = 60.0
_TROUBLE_SECONDS = 1.0
_MAX_LOOK_AHEAD = 64  # ready tasks considered in one pass
_MAX_TIMES_OVERTAKEN = 16  # then the large task is started next
_log = logging.getLogger(__name__)

Entry = tuple[int, int, str, str]  # order of the run, position in it, run id, task name


class Scheduler(threading.Thread):
    """One thread that starts, polls and stops attempts. Other threads only put messages into its queue.

    Args:
        runs: the database's runs.
        catalog: for the packages' texts.
        packages: parsed packages.
        runtime: the runner and the machine.
        attempts: starts and polls single attempts.
        on_run_ended: is called with the id of each run that has ended.
    """

    def __init__(
        self,
        runs: RunStore,
        catalog: Catalog,
        packages: PackageCache,
        runtime: Runtime,
        attempts: Attempts,
        on_run_ended: Callable[[str], None] = lambda run_id: None,
    ) -> None:
        super().__init__(name="scheduler", daemon=True)
        self._runs, self._catalog, self._packages = runs, catalog, packages
        self._runtime, self._attempts, self._on_run_ended = runtime, attempts, on_run_ended
        self._messages: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._active: dict[str, ActiveRun] = {}
        self._ready: list[Entry] = []
        self._delayed: list[tuple[float, Entry]] = []
        self._passed: dict[tuple[str, str], int] = {}
        self._budget = Budget(runtime.machine, runtime.config.parallelism)
        self._order = 0
        self._changed = True
        self._stopping = False

    def submit(self, run_id: str) -> None:
        """Schedule a run that the database holds."""
        self._messages.put(("submit", run_id))

    def cancel(self, run_id: str) -> None:
        """Cancel a run that the database has as CANCELING."""
        self._messages.put(("cancel", run_id))

    def stop(self) -> None:
        """Stop all attempts, whose tasks run again at the next start, and end the thread."""
        self._messages.put(("stop", ""))

    def run(self) -> None:
        """Work until `stop`; errors of the disk delay it and never end it."""
        for run_id in self._runs.active():
            self._messages.put(("submit", run_id))
        while not self._stopping:
            self._receive(self._timeout())
            try:
                self._refresh()
                trouble = self._poll()
                self._start()
                if trouble is not None:
                    raise trouble
            except Exception:  # mostly a full disk; the other runs must go on
                _log.exception("scheduling failed; trying again")
                self._changed = True
                time.sleep(_TROUBLE_SECONDS)
        self._attempts.stop(self._active.values())

    def _timeout(self) -> float:
        """Return the seconds to wait for a message before the next poll."""
        if self._budget or any(run.handles for run in self._active.values()):
            return _POLL_SECONDS
        if self._delayed:
            return min(max(self._delayed[0][0] - time.monotonic(), 0.0), _IDLE_SECONDS)
        return _POLL_SECONDS if self._changed else _IDLE_SECONDS

    def _receive(self, timeout_seconds: float) -> None:
        try:
            message = self._messages.get(timeout=timeout_seconds)
            while True:
                self._handle(*message)
                message = self._messages.get_nowait()
        except queue.Empty:
            return

    def _handle(self, kind: str, run_id: str) -> None:
        actions: dict[str, Callable[[str], None]] = {"submit": self._admit, "cancel": self._cancel}
        if kind == "stop":
            self._stopping = True
            return
        try:
            actions[kind](run_id)
        except (sqlite3.Error, OSError):
            _log.exception("%s of run %s failed; trying again", kind, run_id)
            time.sleep(_TROUBLE_SECONDS)
            self._messages.put((kind, run_id))
        except Exception as problem:  # a bug: this run ends, the others go on
            _log.exception("%s of run %s failed", kind, run_id)
            message = f"internal error: {type(problem).__name__}; see server.log"
            self._runs.advance(run_id, FAILED, finished_at=now(), message=message)

    def _refresh(self) -> None:
        try:
            if self._runtime.refresh():
                self._budget.machine = self._runtime.machine
                self._budget.parallelism = self._runtime.config.parallelism
                self._changed = True
        except NeurodeskError as problem:
            _log.error("%s", problem)

    def _admit(self, run_id: str) -> None:
        """Load a run: adopt its running attempts, queue its ready tasks."""
        try:
            run = self._runs.run(run_id)
            package = self._packages.load(self._catalog.package_text(run.package))
            parameters = check_run_parameters(package, run.parameters)
        except NotFound:
            return  # deleted meanwhile
        except NeurodeskError as problem:
            self._runs.advance(run_id, FAILED, finished_at=now(), message=str(problem))
            return
        self._order += 1
        tasks = {task.name: task for task in self._runs.tasks(run_id)}
        active = ActiveRun(self._order, run, package, parameters, tasks)
        self._active[run_id] = active
        for name in active.handles:
            self._budget.reserve((run_id, name), self._attempts.cost(active, name))
        if run.state == CANCELING:
            self._cancel(run_id)
            return
        for name in active.ready():
            self._queue(active, name)
        self._settle(active)

    def _cancel(self, run_id: str) -> None:
        active = self._active.get(run_id)
        if active is None or active.canceling:
            return
        active.canceling = True
        advance(self._runs, active, TaskChange(active.waiting(), CANCELED, {"finished_at": now()}))
        self._attempts.terminate(active)
        self._settle(active)

    def _queue(self, active: ActiveRun, name: str, delay: float = 0.0) -> None:
        entry = (active.order, active.tasks[name].position, active.run.run_id, name)
        if delay > 0:
            heapq.heappush(self._delayed, (time.monotonic() + delay, entry))
        else:
            heapq.heappush(self._ready, entry)
            self._changed = True

    def _poll(self) -> Exception | None:
        """Poll every running attempt, and queue the tasks whose delay has passed.

        Returns:
            What went wrong with one of them; the others were polled all the same.
        """
        while self._delayed and self._delayed[0][0] <= time.monotonic():
            heapq.heappush(self._ready, heapq.heappop(self._delayed)[1])
            self._changed = True
        trouble: Exception | None = None
        for active in list(self._active.values()):
            for name in list(active.handles):
                try:
                    outcome = self._attempts.poll(active, name)
                    if outcome is not None:
                        self._apply(active, name, outcome)
                except Exception as problem:
                    trouble = problem
        return trouble

    def _apply(self, active: ActiveRun, name: str, outcome: Outcome) -> None:
        """Note what became of an attempt; the descendants of a task that failed are skipped with it."""
        changes = [outcome.change(name)]
        if outcome.state == FAILED:
            skipped = {"finished_at": now(), "message": f"the task {name!r} failed before it"}
            changes.append(TaskChange(active.descendants(name), SKIPPED, skipped))
        freed = advance(self._runs, active, *changes)
        self._budget.release((active.run.run_id, name))
        self._changed = True
        if outcome.state == PENDING:
            self._queue(active, name, outcome.delay)
        for child in freed:
            self._queue(active, child)
        self._settle(active)

    def _settle(self, active: ActiveRun) -> None:
        """Conclude a run whose tasks have all ended."""
        if not active.finished:
            return
        failed = [task for task in active.tasks.values() if task.state == FAILED]
        state = CANCELED if active.canceling else FAILED if failed else SUCCEEDED
        message = f"task {failed[0].name!r}: {failed[0].message}" if failed and state == FAILED else ""
        self._runs.advance(active.run.run_id, state, finished_at=now(), message=message)
        self._active.pop(active.run.run_id, None)
        self._on_run_ended(active.run.run_id)

    def _start(self) -> None:
        """Start ready tasks in order while they fit.

        A limited number of smaller tasks may overtake one that does not fit; then it is started next.
        """
        if not self._changed:
            return
        self._changed = False
        kept: list[Entry] = []
        try:
            while self._ready and not self._budget.full() and len(kept) < _MAX_LOOK_AHEAD:
                entry = heapq.heappop(self._ready)
                kept.append(entry)
                active, name = self._active.get(entry[2]), entry[3]
                if active is None or not active.may_start(name):
                    kept.pop()
                    continue
                cost = self._attempts.cost(active, name)
                key = (entry[2], name)
                if self._too_large(active, name, cost):
                    kept.pop()
                elif self._budget.fits(cost):
                    self._launch(active, name, cost)
                    kept.pop()
                    self._passed = {key: count + 1 for key, count in self._passed.items()}
                    self._passed.pop(key, None)
                elif self._passed.setdefault(key, 0) >= _MAX_TIMES_OVERTAKEN:
                    break
        finally:
            for entry in kept:
                heapq.heappush(self._ready, entry)

    def _too_large(self, active: ActiveRun, name: str, cost: Cost) -> bool:
        try:
            self._budget.check(active.tasks[name].display_name, cost)
        except TooLarge as problem:
            self._apply(active, name, Outcome.refused(str(problem)))
            return True
        return False

    def _launch(self, active: ActiveRun, name: str, cost: Cost) -> None:
        self._budget.reserve((active.run.run_id, name), cost)
        try:
            problem = self._attempts.start(active, name)
        except BaseException:
            if active.tasks[name].state != RUNNING:
                self._budget.release((active.run.run_id, name))
            raise
        if problem is not None:
            self._apply(active, name, problem)
