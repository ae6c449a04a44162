"""From a service of the cluster to a pod behind it, as ``kubectl port-forward service/NAME`` finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from elyra_neurodesk.cluster.api import Api, Object
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.port_forward.targets import Target


class ServiceUnusable(ClusterError):
    """The service does not lead to pods, or has no such port."""

    code = "ND-CLUSTER-041"
    hint = "Name the service as it is in the cluster: `kubectl get services --all-namespaces`."


class NoReadyPod(ClusterError):
    """The service has no pod that is ready."""

    code = "ND-CLUSTER-042"
    hint = "See what its pods wait for: `kubectl --namespace NAMESPACE get pods`."


@dataclass(frozen=True)
class PodPort:
    """A port of a pod."""

    namespace: str
    pod: str
    port: int


def find_pod(api: Api, target: Target) -> PodPort:
    """Return the newest ready pod behind a service, and the port that the service leads to.

    Raises:
        ServiceUnusable: the service selects no pods, or has no such port.
        NoReadyPod: none is ready.
        ClusterUnreachable, KubernetesForbidden, ObjectNotFound, KubernetesRefused: see `Api.get`.
    """
    namespace = f"/api/v1/namespaces/{quote(target.namespace)}"
    spec = api.get(f"{namespace}/services/{quote(target.service)}")["spec"]
    port = next((one for one in spec.get("ports", ()) if one["port"] == target.service_port), None)
    name = f"service {target.namespace}/{target.service}"
    if port is None:
        raise ServiceUnusable(f"{name} has no port {target.service_port}.")
    if not spec.get("selector"):
        raise ServiceUnusable(f"{name} selects no pods: what it leads to is outside of the cluster.")
    selector = ",".join(f"{label}={value}" for label, value in spec["selector"].items())
    pods = [pod for pod in api.items(f"{namespace}/pods", labelSelector=selector) if _is_ready(pod)]
    if not pods:
        raise NoReadyPod(f"{name} has no pod that is ready.")
    newest = max(pods, key=lambda pod: str(pod["metadata"]["creationTimestamp"]))
    number = _number(port.get("targetPort", port["port"]), newest)
    if number is None:
        raise ServiceUnusable(f"{name} leads to the port {port['targetPort']}, which its pods do not name.")
    return PodPort(target.namespace, newest["metadata"]["name"], number)


def _is_ready(pod: Object) -> bool:
    if pod["metadata"].get("deletionTimestamp"):
        return False
    conditions = pod.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _number(target_port: int | str, pod: Mapping[str, Any]) -> int | None:
    """Return the number of a service's target port, which may be the name of a container's port."""
    if isinstance(target_port, int):
        return target_port
    for container in pod["spec"]["containers"]:
        for port in container.get("ports", ()):
            if port.get("name") == target_port:
                return int(port["containerPort"])
    return None
