"""Ask the cluster about the pods of a run.

Answers are read as JSON and not as models of the client, which takes several times as long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.pods import (
    MAIN,
    RUN_LABEL,
    Json,
    PodReport,
    needs_taints,
    newest_by_task,
    refusals,
    report,
    with_taints,
)
from elyra_neurodesk.errors import one_line
from elyra_neurodesk.settings import KFP_NAMESPACE

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

TIMEOUT = (5.0, 20.0)
"""Seconds to connect and seconds to wait for an answer."""

_MAX_EXPLAINED = 20  # pods whose events are asked for
_PAGE = 200
_TAIL = 50  # lines of a driver's log


class ClusterUnreachable(ClusterError):
    """The Kubernetes API cannot be reached, or failed."""

    code = "ND-CLUSTER-010"
    hint = (
        "Check the context of the kubeconfig, the VPN and the credentials: `kubectl --context NAME get pods`."
    )


class ClusterDenied(ClusterError):
    """The Kubernetes API does not let this account read the pods of the namespace."""

    code = "ND-CLUSTER-011"
    hint = "Ask the cluster's administrator for a role that may list pods and events in the namespace."


@dataclass(frozen=True)
class RunPods:
    """The pods of runs in one namespace.

    Attributes:
        client: of the cluster (`connection.connect`).
        namespace: where KFP runs the pods.
    """

    client: ApiClient
    namespace: str = KFP_NAMESPACE

    def by_task(self, run_id: str, tasks: Iterable[str]) -> dict[str, PodReport]:
        """Return what the newest pod of each task of a run says, by the tasks' names in the pipeline spec.

        Under "" is what prepares the pipeline as a whole.

        Args:
            run_id: the run.
            tasks: those that may wait for a pod: where they have none, the run's workflow is asked, in which
                Argo writes why it cannot create one.

        Raises:
            ClusterUnreachable, ClusterDenied: the pods cannot be listed. What adds to them (events, workflow,
                a driver's log) is left out where it cannot be read.
        """
        pods = self._list("list_namespaced_pod", label_selector=f"{RUN_LABEL}={run_id}")
        by_name = {pod["metadata"]["name"]: pod for pod in pods}
        found = newest_by_task(map(report, pods))
        asked = 0
        for task, one in found.items():
            if one.state == "PENDING" and one.reason is None and asked < _MAX_EXPLAINED:
                asked += 1
                found[task] = report(by_name[one.name], self._events_of(one.name))
            elif one.driver and one.state == "FAILED" and one.reason:
                said = self._last_error(one.name)
                if said:
                    message = f"{one.reason.message.rstrip('.')}: {said}."
                    found[task] = replace(one, reason=replace(one.reason, message=message))
        found = self._with_taints(found)
        if any(task not in found or found[task].driver for task in tasks):
            for task, reason in self._refusals(run_id).items():
                if task not in found or found[task].driver:
                    found[task] = PodReport("", task, False, "PENDING", reason=reason)
        return found

    def _with_taints(self, found: dict[str, PodReport]) -> dict[str, PodReport]:
        """Return the reports with the taints that keep pods from nodes, where the nodes may be read."""
        waiting = [task for task, one in found.items() if needs_taints(one.reason)]
        if not waiting:
            return found
        try:
            nodes = self._list("list_node", namespaced=False)
        except ClusterError:
            return found
        changed = {
            task: replace(one, reason=with_taints(one.reason, nodes))
            for task in waiting
            if (one := found[task]).reason is not None
        }
        return {**found, **changed}

    def _list(self, method: str, namespaced: bool = True, **selectors: str) -> list[Json]:
        from kubernetes import client

        call = getattr(client.CoreV1Api(self.client), method)
        where = [self.namespace] if namespaced else []
        items: list[Json] = []
        token = ""
        while True:
            page = self._ask(call, *where, limit=_PAGE, _continue=token, **selectors)
            items += page.get("items") or []
            token = str((page.get("metadata") or {}).get("continue") or "")
            if not token:
                return items

    def _events_of(self, pod: str) -> list[Json]:
        try:
            return self._list("list_namespaced_event", field_selector=f"involvedObject.name={pod}")
        except ClusterError:
            return []

    def _refusals(self, run_id: str) -> dict[str, Any]:
        from kubernetes import client

        call = client.CustomObjectsApi(self.client).list_namespaced_custom_object
        kind = ("argoproj.io", "v1alpha1", self.namespace, "workflows")
        try:
            found = self._ask(call, *kind, label_selector=f"{RUN_LABEL}={run_id}")
        except ClusterError:
            return {}
        return {task: reason for one in found.get("items") or () for task, reason in refusals(one).items()}

    def _last_error(self, pod: str) -> str:
        """Return the last error in a driver's log, "" where the log cannot be read."""
        from kubernetes import client

        try:
            answer = client.CoreV1Api(self.client).read_namespaced_pod_log(
                pod,
                self.namespace,
                container=MAIN,
                tail_lines=_TAIL,
                _preload_content=False,
                _request_timeout=TIMEOUT,
            )
        except Exception as problem:
            translated(problem, self.namespace, self.client.configuration.host)
            return ""
        lines = answer.data.decode("utf-8", "replace").splitlines()
        # glog: severity, date, time, thread, file and line, then the text
        errors = [line for line in lines if re.match(r"[EF][0-9]{4} ", line)] or [
            line for line in lines if line.strip()
        ]
        return (
            one_line(re.sub(r"^[EF][0-9]{4} [^\]]*\] ", "", errors[-1]))[:500].rstrip(".") if errors else ""
        )

    def _ask(self, call: Callable[..., Any], *arguments: str, **options: Any) -> dict[str, Any]:
        try:
            answer = call(*arguments, _preload_content=False, _request_timeout=TIMEOUT, **options)
            content = json.loads(answer.data)
        except Exception as problem:
            raise translated(problem, self.namespace, self.client.configuration.host) from problem
        return content if isinstance(content, dict) else {}


def translated(problem: Exception, namespace: str, host: str) -> ClusterError:
    """Return what the client raised as an error of one line; programming errors are raised again."""
    import urllib3.exceptions
    from kubernetes.client import ApiException
    from kubernetes.config import ConfigException

    if isinstance(problem, ApiException):
        if problem.status in (401, 403):
            return ClusterDenied(
                f"{host} does not let this account read the pods of namespace {namespace} ({problem.status})."
            )
        return ClusterUnreachable(f"{host} answered {problem.status}: {problem.reason}.")
    if isinstance(problem, (urllib3.exceptions.HTTPError, ConfigException, OSError, ValueError)):
        return ClusterUnreachable(f"{host} cannot be reached: {one_line(str(problem))[:300]}.")
    raise problem
