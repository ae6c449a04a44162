"""Run a probe pod to its end, or to what keeps it from starting, and delete it."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from elyra_neurodesk.cluster.api import Api, Object
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.doctor.model import ProbeReport
from elyra_neurodesk.cluster.doctor.probe.pod import DEADLINE, TaskPod, probe_command, task_pod
from elyra_neurodesk.cluster.pod_changes import MAIN
from elyra_neurodesk.cluster.pods import PodReport, explain_refusal, report
from elyra_neurodesk.cluster.run_pods import ClusterUnreachable
from elyra_neurodesk.settings import RuntimeConfiguration

STUCK = 20.0
"""Seconds after which a reason that does not pass by itself counts: mounts and pulls are tried again."""

_POLL = 1.0
_SAY_EVERY = 15.0  # seconds
_ENDED = ("Succeeded", "Failed")


def run_probe(
    api: Api,
    task: TaskPod,
    configuration: RuntimeConfiguration | None,
    say: Callable[[str], None],
    within: float = DEADLINE,
    stuck: float = STUCK,
) -> ProbeReport:
    """Create a probe pod, wait for what it says, and delete it, also when this is interrupted.

    Args:
        api: of the cluster.
        task: what tasks' pods are made of there.
        configuration: whose object store is tried, None for none.
        say: takes a line of progress.
        within: seconds to wait at most.
        stuck: seconds after which the pod's reason for not starting is believed.
    """
    name = f"neurodesk-probe-{secrets.token_hex(4)}"
    path = f"/api/v1/namespaces/{task.namespace}/pods"
    say(f"Probe pod {name}: up to {within:.0f} s, then it is deleted")
    try:
        api.post(path, task_pod(task, name, probe_command(configuration)))
        return _wait(api, task, name, say, within, stuck)
    except ClusterError as problem:
        refused = explain_refusal(problem.message)
        code, hint = (refused.code, refused.hint) if refused else (problem.code, problem.hint)
        return ProbeReport(name, task.image, None, code, problem.message, hint)
    finally:
        _delete(api, f"{path}/{name}", say)


def _delete(api: Api, path: str, say: Callable[[str], None]) -> None:
    try:
        api.delete_at(path, gracePeriodSeconds="1")
    except ClusterError as problem:
        name = path.rpartition("/")[2]
        say(f"Probe pod {name} was not deleted ({problem.message.rstrip('.')}); it ends after {DEADLINE} s")


def _wait(
    api: Api, task: TaskPod, name: str, say: Callable[[str], None], within: float, stuck: float
) -> ProbeReport:
    begin = said_at = time.monotonic()
    said, stuck_since = "", begin
    while True:
        pod, seen = _look(api, task.namespace, name)
        if (answer := _answer(pod)) is not None:
            return ProbeReport(name, task.image, answer)
        now = time.monotonic()
        if seen.reason is None:
            stuck_since = now
        ended = pod.get("status", {}).get("phase") in _ENDED
        late = now - begin > within
        if seen.reason and (ended or late or now - stuck_since > stuck):
            reason = seen.reason
            return ProbeReport(name, task.image, None, reason.code, reason.message, reason.hint)
        if ended or late:
            return _silent(task, name, ended, within)
        state = seen.reason.message if seen.reason else seen.waiting or seen.state.lower()
        if state != said or now - said_at > _SAY_EVERY:
            say(f"Probe pod {name}, {now - begin:.0f} s: {state}")
            said, said_at = state, now
        time.sleep(_POLL)


def _look(api: Api, namespace: str, name: str) -> tuple[Object, PodReport]:
    """Return the pod, and what it says; a cluster that does not answer once is asked again."""
    core = f"/api/v1/namespaces/{namespace}"
    try:
        pod = api.get(f"{core}/pods/{name}")
        events: list[Object] = []
        if pod.get("status", {}).get("phase") == "Pending":
            events = api.items(f"{core}/events", fieldSelector=f"involvedObject.name={name}")
    except ClusterUnreachable:
        return {}, PodReport(name, "", False, "PENDING", waiting="the cluster's API server does not answer")
    return pod, report(pod, events)


def _answer(pod: Object) -> Mapping[str, Any] | None:
    """Return what the script wrote, None before its end, and where it wrote nothing that can be read."""
    for status in pod.get("status", {}).get("containerStatuses") or ():
        end = status.get("state", {}).get("terminated")
        if status["name"] == MAIN and end and end.get("exitCode") == 0:
            try:
                return dict(json.loads(end.get("message") or ""))
            except (ValueError, TypeError):
                return None
    return None


def _silent(task: TaskPod, name: str, ended: bool, within: float) -> ProbeReport:
    if ended:
        message = "the probe has ended and said nothing that can be read."
    else:
        message = f"the probe has not ended within {within:.0f} s."
    hint = f"Its log says more, with --pod again: kubectl --namespace {task.namespace} logs -f {name}"
    return ProbeReport(name, task.image, None, "", message, hint)
