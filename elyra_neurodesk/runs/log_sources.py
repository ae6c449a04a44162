"""Where the log of a task is: in the object store, in its pod, or at KFP's API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO

from elyra_neurodesk.bootstrapper.log import PREFIX
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.pod_log import PodLog
from elyra_neurodesk.cluster.run_pods import RunPods
from elyra_neurodesk.record.log_so_far import MAX_LINE, split_left_out
from elyra_neurodesk.runs.logs import GrowingLog, Write
from elyra_neurodesk.runs.results import RunResults
from elyra_neurodesk.runs.summary import TaskSummary

_OWN = PREFIX.encode()
"""How the log that a task stores begins; in its pod's log, KFP's launcher comes before."""


@dataclass
class RunLogs:
    """The logs of a run's tasks.

    The stored log is the better one: it stays, and has nothing of KFP's launcher. A task that has not stored
    one yet, and a catalog node that runs, have one in their pods alone.

    Attributes:
        results: the run.
        pods: the cluster's; None where it cannot be asked.
        on_problem: called with the first failure to ask the cluster.
    """

    results: RunResults
    pods: RunPods | None = None
    on_problem: Callable[[ClusterError], object] = lambda problem: None
    _followed: dict[str, _FollowedLog] = field(default_factory=dict)
    _failed: bool = False

    def read(self, task: TaskSummary, write: Write) -> bool:
        """Pass on a task's log as far as it is known; return whether there is one, which may be empty.

        Raises:
            StorageError: the store cannot be read.
        """
        return (
            self.results.stored_log(task, write)
            or self._of_pod(self._pod_log(task), write)
            or self.results.live_log(task.node_id, write)
        )

    def pass_on_new(self, task: TaskSummary, write: Write) -> None:
        """Pass on what has come of a task's log since the last call.

        A log that was begun in the pod goes on there, also after the task's end. When the pod is gone, the
        stored log goes on where the pod's ended.

        Raises:
            StorageError: the store cannot be read.
        """
        log = self._followed.setdefault(task.name, _FollowedLog())
        if log.pod is None and self._stored(task, log, write):
            return
        pod = self._pod_log(task)
        if pod is not None and (log.pod is None or log.pod.name != pod.name):
            log.start_pod(pod)
        if self._of_pod(log.pod, lambda piece: log.add_of_pod(piece, write)):
            return
        if not log.begun:
            log.pod = None
            log.known.pass_on_new(
                lambda begin, end, take: self.results.live_log(task.node_id, take, begin, end), write
            )
        elif self._length(task) >= log.known.length:
            self._stored(task, log, write)

    def _stored(self, task: TaskSummary, log: _FollowedLog, write: Write) -> bool:
        return log.known.pass_on_new(
            lambda begin, end, take: self.results.stored_log(task, take, begin, end), write
        )

    def _length(self, task: TaskSummary) -> int:
        """Return the bytes of the stored log, which lags behind the pod's; 0 where there is none."""
        head = bytearray()
        if not self.results.stored_log(task, head.extend, 0, MAX_LINE):
            return 0
        left_out, line = split_left_out(bytes(head))
        return left_out - line + self.results.stored_log_size(task)

    def _pod_log(self, task: TaskSummary) -> PodLog | None:
        if self.pods is None or not task.pod:
            return None
        return PodLog(self.pods.client, self.pods.namespace, task.pod)

    def _of_pod(self, log: PodLog | None, write: Write) -> bool:
        if log is None:
            return False
        try:
            return log.pass_on_new(write)
        except ClusterError as problem:
            if not self._failed:
                self.on_problem(problem)
            self._failed = True
            return False


@dataclass
class _FollowedLog:
    """What was passed on of one task's log.

    Attributes:
        known: of it, what is, or will be, in the stored log.
        pod: the pod's log, None while there is none.
        begun: whether something came from that pod.
    """

    known: GrowingLog = field(default_factory=GrowingLog)
    pod: PodLog | None = None
    begun: bool = False
    _own: bool = False  # whether the task's own log has begun
    _line_start: bool = True

    def start_pod(self, log: PodLog) -> None:
        """Begin with a pod: the first one, or that of another attempt."""
        if self.begun:
            self.known = GrowingLog()
        self.pod, self.begun, self._own, self._line_start = log, False, False, True

    def add_of_pod(self, piece: bytes, write: Write) -> None:
        """Pass on a piece of the pod's log."""
        self.begun = True
        for part in [piece] if self._own else BytesIO(piece):  # a line, or its rest
            self._own = self._own or (self._line_start and part.startswith(_OWN))
            self._line_start = part.endswith(b"\n")
            if self._own:
                self.known.add(part, write)
            else:
                write(part)
