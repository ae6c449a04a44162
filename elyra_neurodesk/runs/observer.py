"""Asks KFP's API, the object store and the cluster about one run, and joins what they say."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from elyra_neurodesk.bootstrapper.spec import TASK_RECORD
from elyra_neurodesk.cluster.connection import ClusterError, connect
from elyra_neurodesk.cluster.pods import PodReport
from elyra_neurodesk.cluster.run_pods import RunPods
from elyra_neurodesk.record.life_sign import LIFE_SIGN, LifeSign
from elyra_neurodesk.record.model import TaskRecord
from elyra_neurodesk.record.task_record import TaskRecordFile, read_life_sign
from elyra_neurodesk.runs.evidence import Evidence, join
from elyra_neurodesk.runs.results import RunResults
from elyra_neurodesk.runs.summary import RunSummary
from elyra_neurodesk.settings import KFP_NAMESPACE
from elyra_neurodesk.storage.errors import NoSuchObject, StorageError
from elyra_neurodesk.storage.interface import PARALLEL

INTERVAL = 10.0
"""Seconds between two looks at store and cluster; tasks give signs of life as often."""

_AFTER_FAILURE = 60.0  # seconds until a store or cluster that did not answer is asked again


class Observer:
    """One run, seen by all who know of it.

    KFP's API is asked each time. Store and cluster are asked every `INTERVAL` seconds, and not at all where
    the API is the embedded backend's, which knows everything; one that cannot be asked becomes a note.

    Args:
        results: the run.
        kube_context: context of the kubeconfig; that of the runtime configuration when left out.
        only: directories of the tasks that the store is asked for; all when left out.
        clock: seconds.

    Attributes:
        results: the run.
        evidence: what was found until now.
        pods: the cluster's pods; None where there is no context.

    Raises:
        ClusterError: ``kube_context`` cannot be used.
    """

    def __init__(
        self,
        results: RunResults,
        kube_context: str | None = None,
        only: Collection[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.results = results
        self._only = only
        self._clock = clock
        mute = frozenset(task.directory for task in results.tasks if task.spec and not task.life_signs)
        self.evidence = Evidence(namespace=results.connection.config.namespace or KFP_NAMESPACE, mute=mute)
        self._settled: set[str] = set()  # tasks whose records will not change
        self._due = {"store": 0.0, "pods": 0.0}
        self._notes: dict[str, str] = {}
        self.pods: RunPods | None = None
        context = kube_context or results.connection.config.kube_context
        if context:
            try:
                self.pods = RunPods(connect(context), self.evidence.namespace)
            except ClusterError as problem:
                if kube_context:
                    raise
                self._note("pods", problem)

    def snapshot(self) -> RunSummary:
        """Return the run as it is now.

        Raises:
            ApiError: KFP's API cannot be asked.
        """
        summary = self.results.summary()
        if self.results.connection.config.stores_in_directory:
            return summary
        if summary.ended or self._clock() >= self._due["store"]:
            self._ask_store(summary)
        if self.pods is not None and (summary.ended or self._clock() >= self._due["pods"]):
            self._ask_cluster(self.pods, summary)
        return replace(join(summary, self.evidence), notes=tuple(self._notes.values()))

    def final(self) -> RunSummary:
        """Return the run as it is now with all that its tasks recorded.

        Raises:
            ApiError: KFP's API cannot be asked.
        """
        if self.results.connection.config.stores_in_directory:
            return self.results.full_summary()
        self._due = dict.fromkeys(self._due, 0.0)
        return self.snapshot()

    def _ask_store(self, summary: RunSummary) -> None:
        wanted = [
            task.task
            for task in summary.tasks
            if task.task
            and task.task not in self._settled
            and (self._only is None or task.task in self._only)
        ]
        self._due["store"] = self._clock() + INTERVAL
        if not wanted:
            return
        try:
            found = [self._read(wanted[0])]  # alone: a store that is down is reported once and soon
            with ThreadPoolExecutor(PARALLEL) as pool:
                found += pool.map(self._read, wanted[1:])
        except StorageError as problem:
            self._note("store", problem)
            self._due["store"] = self._clock() + _AFTER_FAILURE
            return
        self._notes.pop("store", None)
        records, signs = dict(self.evidence.records), dict(self.evidence.signs)
        ended = {task.task for task in summary.tasks if task.ended}
        for name, (record, sign) in zip(wanted, found, strict=True):
            if sign is not None:
                signs[name] = sign
            if record is not None:
                records[name] = record
                if name in ended:
                    self._settled.add(name)
        self.evidence = replace(self.evidence, records=records, signs=signs, stored=True)

    def _read(self, task: str) -> tuple[TaskRecord | None, LifeSign | None]:
        """Return record and sign of life of a task, None for what is not there or cannot be read."""
        content = self._object(task, TASK_RECORD)
        record = None if content is None else TaskRecordFile("", content).record()
        content = self._object(task, LIFE_SIGN)
        return record, None if content is None else read_life_sign(content)

    def _object(self, task: str, name: str) -> bytes | None:
        spec = self.results.specs[task]
        try:
            return self.results.storage.get(spec.run_key(self.results.run_id, task, name))
        except NoSuchObject:
            return None

    def _ask_cluster(self, pods: RunPods, summary: RunSummary) -> None:
        waiting = () if summary.ended else [task.name for task in summary.tasks if task.state == "RUNNING"]
        self._due["pods"] = self._clock() + INTERVAL
        try:
            found: dict[str, PodReport] = pods.by_task(self.results.run_id, waiting)
        except ClusterError as problem:
            self._note("pods", problem)
            self._due["pods"] = self._clock() + _AFTER_FAILURE
            return
        self._notes.pop("pods", None)
        if not found and not summary.ended:
            self._notes["pods"] = (
                f"namespace {pods.namespace} of the cluster has no pod of this run; user namespace and "
                "Kubernetes context in the runtime configuration say where they are looked for."
            )
        self.evidence = replace(self.evidence, pods=found)

    def _note(self, source: str, problem: Exception) -> None:
        what = {"store": "what tasks recorded", "pods": "what pods say"}[source]
        self._notes[source] = f"{what} is not known: {problem}"
