"""What Kubeflow Pipelines would do with an exported package, as far as the tests need it.

KFP's own images are in no registry of packages: its API is answered here from the pods of the cluster, and
its pods are the recorded ones (tests/data/kubeflow) with a task of the package in them. What is Argo's and
KFP's in them is replaced by a program that ends at once, and KFP's launcher by what it would execute.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tests.cluster.image import NEURODESKTOP
from tests.cluster.node import Cluster
from tests.cluster.objects import Manifest
from tests.integration.runs.servers import HEALTHZ, Reply, Server, answering, healthy, serving
from tests.support.recorded_pods import container, recorded_pod

RUN_ID_LABEL = "pipeline/runid"
NODE_NAME = "workflows.argoproj.io/node-name"
_STATES = {"Pending": "RUNNING", "Running": "RUNNING", "Succeeded": "SUCCEEDED", "Failed": "FAILED"}
_PARAMETER = re.compile(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")
_NOBODY = 65532  # KFP's and Argo's own images run as it


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass
class Run:
    """A run of a package.

    Attributes:
        spec: the pipeline spec.
        namespace: of its pods.
        run_id: as KFP makes them.
        cluster: where its pods are.
        cancelled: when it was; KFP then says FAILED.
    """

    spec: dict[str, Any]
    namespace: str
    cluster: Cluster
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    cancelled: str = ""
    created: str = field(default_factory=_now)
    _details: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def tasks(self) -> dict[str, Any]:
        """Return the tasks of the pipeline by their names."""
        found: dict[str, Any] = self.spec["root"]["dag"]["tasks"]
        return found

    def pod(self, task: str, **security: Any) -> Manifest:
        """Return the pod that KFP and Argo would send to the API server for a task.

        Args:
            task: its name in the pipeline spec.
            security: fields of the pod's security context.
        """
        pod = recorded_pod("task-admission")
        metadata, spec = pod["metadata"], pod["spec"]
        metadata |= {"name": f"run-{self.run_id[:8]}-{task}", "namespace": self.namespace}
        metadata["labels"][RUN_ID_LABEL] = self.run_id
        metadata["annotations"] |= {NODE_NAME: f"run(0).root(0).{task}(0).executor(0)"}
        metadata["annotations"]["neurodesk.org/sidecar-image"] = NEURODESKTOP
        spec["securityContext"] |= security
        spec["terminationGracePeriodSeconds"] = 5
        for one in (*spec["initContainers"], container(pod, "wait")):
            one |= {"image": NEURODESKTOP, "command": ["true"], "args": [], "resources": {}}
            one["securityContext"]["runAsUser"] = _NOBODY
        main, executor = container(pod, "main"), self._executor(task)
        given = self.tasks[task].get("inputs", {}).get("parameters", {})
        values = {
            name: one["runtimeValue"]["constant"] for name, one in given.items() if "runtimeValue" in one
        }
        values = {
            name: self.run_id if value == "{{$.pipeline_job_uuid}}" else value
            for name, value in values.items()
        }
        words = [*executor.get("command", ()), *executor.get("args", ())]
        main["command"] = [_PARAMETER.sub(lambda found: values[found[1]], word) for word in words]
        main["args"] = []
        main["image"] = executor["image"]
        main["resources"] = {"requests": {"cpu": "100m", "memory": "128Mi"}}
        known = {one["name"]: one for one in main["env"]}
        known |= {one["name"]: one for one in executor.get("env", ())}
        main["env"] = list(known.values())
        return pod

    def _executor(self, task: str) -> dict[str, Any]:
        label = self.spec["components"][self.tasks[task]["componentRef"]["name"]]["executorLabel"]
        found: dict[str, Any] = self.spec["deploymentSpec"]["executors"][label]["container"]
        return found

    def cancel(self) -> None:
        """Kill the pods at once, as KFP's cancel does: a task has no time to store anything."""
        from kubernetes.client import CoreV1Api

        self.answer()  # what KFP has seen until now
        CoreV1Api(self.cluster.client).delete_collection_namespaced_pod(
            self.namespace, label_selector=f"{RUN_ID_LABEL}={self.run_id}", grace_period_seconds=0
        )
        self.cancelled = _now()

    def answer(self) -> dict[str, Any]:
        """Return what KFP's API says of the run now."""
        from kubernetes.client import CoreV1Api

        core = CoreV1Api(self.cluster.client)
        pods = core.list_namespaced_pod(self.namespace, label_selector=f"{RUN_ID_LABEL}={self.run_id}").items
        for pod in pods:
            task = pod.metadata.annotations[NODE_NAME].split(".")[2].removesuffix("(0)")
            state = _STATES.get(pod.status.phase, "RUNNING")
            ended = {"end_time": _now()} if state != "RUNNING" else {}
            known = {"display_name": task, "task_id": task, "start_time": self.created}
            self._details[task] = {**known, "state": state, **ended}
        states = [one["state"] for one in self._details.values()]
        state = "RUNNING"
        if states and "RUNNING" not in states:
            state = "FAILED" if "FAILED" in states else "SUCCEEDED"
        history = [{"state": "RUNNING", "update_time": self.created}]
        if self.cancelled:
            state = "FAILED"
            history += [{"state": one, "update_time": self.cancelled} for one in ("CANCELING", "FAILED")]
            for one in self._details.values():
                if one["state"] == "RUNNING":
                    one |= {"state": "FAILED", "end_time": self.cancelled}
        ended = {"finished_at": _now()} if state != "RUNNING" else {}
        return {
            "run_id": self.run_id,
            "display_name": "a run",
            "state": state,
            "created_at": self.created,
            "pipeline_spec": self.spec,
            "state_history": history,
            "run_details": {"task_details": list(self._details.values())},
            **ended,
        }


def run_of(package: Path, namespace: str, cluster: Cluster) -> Run:
    """Return a new run of an exported package."""
    spec, *_ = yaml.safe_load_all(package.read_text("utf-8"))
    return Run(spec, namespace, cluster)


@contextmanager
def kfp_api(*runs: Run) -> Iterator[Server]:
    """Serve KFP's API, as far as commands on runs ask, until the block ends."""

    def answer(method: str, path: str, headers: dict[str, str]) -> Reply:
        replies = {HEALTHZ: healthy(), "/": Reply(404)}
        for run in runs:
            if run.run_id in path:
                replies[f"/apis/v2beta1/runs/{run.run_id}"] = Reply(content=run.answer())
        return answering(replies)(method, path, headers)

    with serving(answer) as server:
        yield server
