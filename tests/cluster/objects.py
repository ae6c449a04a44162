"""Create Kubernetes objects as manifests, run pods to their end, and read what became of them."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

Manifest = dict[str, Any]
FIELD_MANAGER = "tests"
ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class FinishedPod:
    """A pod as it was after its end, or when a condition was met.

    Attributes:
        pod: the object, as JSON.
        logs: output of each container that ran, by name.
        events: the events about the pod, as JSON, the oldest first.
    """

    pod: Manifest
    logs: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Manifest, ...] = ()

    @property
    def phase(self) -> str:
        """Return ``Pending``, ``Running``, ``Succeeded`` or ``Failed``."""
        return str(self.pod["status"].get("phase"))

    def container(self, name: str) -> Manifest:
        """Return the status of a container or init container."""
        status = self.pod["status"]
        found = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
        return next(one for one in found if one["name"] == name)

    def reasons(self) -> list[str]:
        """Return the reasons of the events, each once, the oldest first."""
        return list(dict.fromkeys(event["reason"] for event in self.events))


def apply(client: ApiClient, *manifests: Manifest) -> list[Manifest]:
    """Apply each manifest on the server's side, as the field manager ``tests``, and return the objects."""
    from kubernetes.dynamic import DynamicClient

    dynamic = DynamicClient(client)
    applied = []
    for manifest in manifests:
        resource = dynamic.resources.get(api_version=manifest["apiVersion"], kind=manifest["kind"])
        metadata = manifest["metadata"]
        answer = resource.server_side_apply(
            body=manifest,
            name=metadata["name"],
            namespace=metadata.get("namespace"),
            field_manager=FIELD_MANAGER,
            force_conflicts=True,
        )
        applied.append(answer.to_dict())
    return applied


def create_namespace(client: ApiClient, labels: Mapping[str, str] | None = None) -> str:
    """Create a namespace of a new name, with the service account that pods need, and return the name.

    Args:
        client: of an administrator.
        labels: such as those of Pod Security.
    """
    name = f"test-{secrets.token_hex(4)}"
    apply(
        client,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels or {})}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}},
    )
    return name


def create_pod(client: ApiClient, pod: Manifest, dry_run: bool = False) -> Manifest:
    """Create the pod, or ask what admission would make of it, and return what the API server answers.

    Raises:
        kubernetes.client.ApiException: it is refused.
    """
    from kubernetes.client import CoreV1Api

    options = {"dry_run": "All"} if dry_run else {}
    created = CoreV1Api(client).create_namespaced_pod(pod["metadata"]["namespace"], pod, **options)
    answer: Manifest = client.sanitize_for_serialization(created)
    return answer


def delete_pods(client: ApiClient, namespace: str) -> None:
    """Delete all pods of a namespace at once, and return when they are gone.

    Raises:
        TimeoutError: one is not gone after a minute.
    """
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(client)
    api.delete_collection_namespaced_pod(namespace, grace_period_seconds=0)
    deadline = time.monotonic() + 60
    while left := api.list_namespaced_pod(namespace).items:
        if time.monotonic() > deadline:
            raise TimeoutError(f"pod {left[0].metadata.name} is not gone after 60 s")
        time.sleep(0.2)


def delete_namespace(client: ApiClient, name: str) -> None:
    """Delete a namespace with its pods, and return when it is gone: nothing can be made in it before.

    Raises:
        TimeoutError: it is not gone after a minute.
    """
    from kubernetes.client import ApiException, CoreV1Api

    api = CoreV1Api(client)
    api.delete_namespace(name)
    # those of Deployments cannot come again now
    api.delete_collection_namespaced_pod(name, grace_period_seconds=0)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            api.read_namespace(name)
        except ApiException as problem:
            if problem.status == 404:
                return
            raise
        time.sleep(0.2)
    raise TimeoutError(f"namespace {name} is not gone after 60 s")


def run_pod(client: ApiClient, pod: Manifest, timeout: float = 120) -> FinishedPod:
    """Create the pod, wait for its end, and return it with logs and events.

    Raises:
        TimeoutError: it has not ended after ``timeout`` seconds; the message has its status and events.
    """
    name, namespace = create_pod(client, pod)["metadata"]["name"], pod["metadata"]["namespace"]
    return wait_for_pod(client, namespace, name, lambda seen: seen.phase in ENDED, timeout)


def wait_for_pod(
    client: ApiClient,
    namespace: str,
    name: str,
    condition: Callable[[FinishedPod], object],
    timeout: float = 120,
) -> FinishedPod:
    """Return the pod with its logs and events when ``condition``, which gets pod and events, is true.

    Raises:
        TimeoutError: it is not true after ``timeout`` seconds; the message has the pod's status and events.
    """
    deadline = time.monotonic() + timeout
    while not condition(seen := read_pod(client, namespace, name)):
        if time.monotonic() > deadline:
            messages = [f"{event['reason']}: {event.get('message')}" for event in seen.events]
            raise TimeoutError(f"pod {name} after {timeout:.0f} s: {seen.pod['status']}; {messages}")
        time.sleep(0.2)
    return FinishedPod(seen.pod, read_logs(client, seen.pod), seen.events)


def read_pod(client: ApiClient, namespace: str, name: str) -> FinishedPod:
    """Return the pod and its events, without logs."""
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(client)
    pod = client.sanitize_for_serialization(api.read_namespaced_pod(name, namespace))
    selector = f"involvedObject.uid={pod['metadata']['uid']}"
    events = client.sanitize_for_serialization(api.list_namespaced_event(namespace, field_selector=selector))
    when = sorted(events["items"], key=lambda event: event.get("firstTimestamp") or event["eventTime"])
    return FinishedPod(pod, events=tuple(when))


def read_logs(client: ApiClient, pod: Manifest) -> dict[str, str]:
    """Return the output of each container that has started, by name."""
    from kubernetes.client import CoreV1Api

    metadata, status = pod["metadata"], pod["status"]
    statuses = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    started = [one["name"] for one in statuses if "waiting" not in one["state"]]
    api = CoreV1Api(client)
    return {
        name: api.read_namespaced_pod_log(metadata["name"], metadata["namespace"], container=name)
        for name in started
    }
