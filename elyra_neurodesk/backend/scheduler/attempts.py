"""Single attempts of tasks: starting, polling and stopping them, and the task state that follows."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.backend.db.rows import TaskRow, now
from elyra_neurodesk.backend.db.state import RunStore
from elyra_neurodesk.backend.db.states import CANCELED, FAILED, PENDING, RUNNING, SUCCEEDED, TaskChange
from elyra_neurodesk.backend.home import Home
from elyra_neurodesk.backend.package.inputs import resolve_inputs
from elyra_neurodesk.backend.pod.errors import PodNotMade
from elyra_neurodesk.backend.pod.model import Attempt, Result
from elyra_neurodesk.backend.process_handle import ProcessHandle
from elyra_neurodesk.backend.runtime import Runtime
from elyra_neurodesk.backend.scheduler.active import ActiveRun, advance
from elyra_neurodesk.backend.scheduler.budget import Cost
from elyra_neurodesk.errors import NeurodeskError, one_line

if TYPE_CHECKING:
    from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineTaskSpec

MAX_LOST_ATTEMPTS = 20
STOPPED = "stopped with the backend; it will run again"
DEFAULT_BACKOFF_FACTOR, DEFAULT_MAX_BACKOFF = 2.0, 3600.0  # pipeline_spec.proto, RetryPolicy
_STOP_MARGIN = 5.0  # seconds beyond the grace period
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What the end of an attempt means for its task.

    Attributes:
        state: the state that the task gets.
        columns: other columns that change with it.
        delay: seconds until the next attempt when the task is pending again.
    """

    state: str
    columns: Mapping[str, Any]
    delay: float = 0.0

    def change(self, name: str) -> TaskChange:
        """Return it as a change of the task ``name``."""
        return TaskChange((name,), self.state, self.columns)

    @classmethod
    def refused(cls, message: str) -> Outcome:
        """Return the end of a task that cannot start, and could not at another attempt."""
        return cls(FAILED, {"finished_at": now(), "message": one_line(message)})


class Attempts:
    """Starts and watches attempts through the runner.

    Args:
        home: where the work directories are.
        runs: the database's runs.
        runtime: the runner.
    """

    def __init__(self, home: Home, runs: RunStore, runtime: Runtime) -> None:
        self._home, self._runs, self._runtime = home, runs, runtime

    def cost(self, active: ActiveRun, name: str) -> Cost:
        """Return what a task holds while it runs."""
        return Cost.of(active.package.tasks[name].resources, self._runtime.machine)

    def start(self, active: ActiveRun, name: str) -> Outcome | None:
        """Begin the next attempt of a task.

        The attempt is in the database before its process exists: after a crash in between, the next server
        finds the process by the attempt's directory instead of starting the task twice.

        Returns:
            None, or how the task ended when it could not be started.
        """
        run, task, node = active.run, active.tasks[name], active.package.tasks[name]
        number = task.attempt + 1
        directory = self._home.run_directory(run.run_id) / directory_name(task) / str(number)
        try:
            inputs = resolve_inputs(node, active.parameters, active.outputs)
        except NeurodeskError as problem:
            return Outcome.refused(str(problem))
        begun: dict[str, Any] = {
            "attempt": number,
            "directory": str(directory),
            "started_at": now(),
            "pid": 0,
            "pid_started": "",
            "exit_code": None,
            "message": "",
        }
        self._runs.advance(run.run_id, RUNNING, started_at=begun["started_at"])
        advance(self._runs, active, TaskChange((name,), RUNNING, begun))
        attempt = Attempt(run.run_id, run.display_name, run.pipeline_name, node, number, inputs, directory)
        try:
            directory.mkdir(parents=True, exist_ok=True)
            handle = self._runtime.runner.start(attempt)
        except NeurodeskError as problem:
            return Outcome.refused(str(problem))
        except OSError as problem:
            message = f"task {name!r} could not be started in {directory}: {problem.strerror or problem}."
            return Outcome.refused(str(PodNotMade(message)))
        # before the database, whose failure must not hide the process
        active.handles[name] = handle
        found = {"pid": handle.pid, "pid_started": handle.started}
        advance(self._runs, active, TaskChange((name,), RUNNING, found))
        return None

    def poll(self, active: ActiveRun, name: str) -> Outcome | None:
        """Return the outcome of an attempt; None while it runs."""
        try:
            result = self._runtime.runner.poll(active.directory(name), active.handles[name])
        except NeurodeskError as problem:
            return Outcome.refused(str(problem))
        if result is None:
            return None
        return outcome_of(
            active.tasks[name], result, active.package.tasks[name].spec.retry_policy, active.canceling
        )

    def terminate(self, active: ActiveRun) -> None:
        """Send SIGTERM to every attempt of a run."""
        for name, handle in active.handles.items():
            self._end(active.directory(name), handle)

    def stop(self, runs: Iterable[ActiveRun]) -> None:
        """End all attempts and wait for them; a task that did not succeed meanwhile will run again."""
        waiting = [(active, name) for active in runs for name in active.handles]
        for active, name in waiting:
            self._end(active.directory(name), active.handles[name])
        end = time.monotonic() + self._runtime.config.grace_seconds + _STOP_MARGIN
        while waiting and time.monotonic() < end:
            waiting = [pair for pair in waiting if not self._stopped(*pair)]
            time.sleep(0.02)
        for active, name in waiting:
            _log.error("task %s of run %s does not end", name, active.run.run_id)

    def _stopped(self, active: ActiveRun, name: str) -> bool:
        try:
            result = self._runtime.runner.poll(active.directory(name), active.handles[name])
            if result is None:
                return False
            outcome = Outcome(PENDING, {"message": STOPPED})
            if result.succeeded or active.canceling:
                retry = active.package.tasks[name].spec.retry_policy
                outcome = outcome_of(active.tasks[name], result, retry, active.canceling)
            advance(self._runs, active, outcome.change(name))
        except Exception:  # the next server polls it again; the others must end
            _log.exception("the end of task %s of run %s cannot be noted", name, active.run.run_id)
        return True

    def _end(self, directory: Path, handle: ProcessHandle) -> None:
        try:
            self._runtime.runner.terminate(directory, handle)
        except (NeurodeskError, OSError):
            _log.exception("the attempt in %s cannot be ended", directory)


def outcome_of(
    task: TaskRow, result: Result, retry: PipelineTaskSpec.RetryPolicy, canceling: bool
) -> Outcome:
    """Return the task state that follows from the result of an attempt.

    An attempt that was lost (its processes are gone and left no result: the machine went down) does not count
    as one of the task's own retries, but is repeated at most MAX_LOST_ATTEMPTS times.
    """
    ended: dict[str, Any] = {"finished_at": now(), "exit_code": result.exit_code}
    if result.succeeded:
        return Outcome(SUCCEEDED, {**ended, "message": "", "outputs": dict(result.outputs)})
    message = one_line(result.message)
    if canceling:
        return Outcome(CANCELED, {**ended, "message": message})
    if result.reason == "canceled":  # by a server that ended before it could write so
        return Outcome(PENDING, {"message": STOPPED})
    if result.reason == "lost":
        lost = task.lost + 1
        if lost > MAX_LOST_ATTEMPTS:
            message = f"its processes disappeared {lost} times without a result"
            return Outcome(FAILED, {**ended, "lost": lost, "message": message})
        delay = 0.0 if lost == 1 else min(0.5 * 2 ** (lost - 2), 30.0)
        return Outcome(PENDING, {"lost": lost, "message": message}, delay)
    failures = task.failures + 1
    if failures <= retry.max_retry_count:
        delay = retry_delay(retry, failures)
        message = f"attempt {task.attempt} failed, another follows: {message}"
        return Outcome(PENDING, {"failures": failures, "message": message}, delay)
    return Outcome(FAILED, {**ended, "failures": failures, "message": message})


def retry_delay(policy: PipelineTaskSpec.RetryPolicy, failures: int) -> float:
    """Return the seconds to wait after a task has failed for the ``failures``-th time (KFP's defaults)."""
    longest = policy.backoff_max_duration.ToTimedelta().total_seconds() or DEFAULT_MAX_BACKOFF
    first = policy.backoff_duration.ToTimedelta().total_seconds()
    return float(min(first * (policy.backoff_factor or DEFAULT_BACKOFF_FACTOR) ** (failures - 1), longest))


def directory_name(task: TaskRow) -> str:
    """Return the name of a task's directory: its own name where that is a plain file name."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}", task.name):
        return task.name
    return f"_{task.position}"
