"""A service leads to the newest of its pods that is ready, at the port that the pod names."""

from __future__ import annotations

from typing import Any, cast

import pytest

from elyra_neurodesk.cluster.api import Api, ObjectNotFound
from elyra_neurodesk.port_forward.service import NoReadyPod, PodPort, ServiceUnusable, find_pod
from elyra_neurodesk.port_forward.targets import Target

TARGET = Target(19000, "kubeflow", "seaweedfs", 9000)
PORTS = [{"port": 9000, "targetPort": "s3"}, {"port": 8333, "targetPort": 8333}]
SPEC: dict[str, Any] = {"selector": {"app": "seaweedfs", "tier": "store"}, "ports": PORTS}


class Answers:
    """The two questions that are asked, answered from objects."""

    def __init__(self, spec: dict[str, Any], *pods: dict[str, Any]) -> None:
        self.spec, self.pods = spec, pods

    def get(self, path: str) -> dict[str, Any]:
        if path != "/api/v1/namespaces/kubeflow/services/seaweedfs":
            raise ObjectNotFound(path)
        return {"spec": self.spec}

    def items(self, path: str, labelSelector: str) -> list[dict[str, Any]]:  # noqa: N803 as in the API
        assert (path, labelSelector) == ("/api/v1/namespaces/kubeflow/pods", "app=seaweedfs,tier=store")
        return list(self.pods)


def pod(name: str, ready: str = "True", created: int = 1, **metadata: Any) -> dict[str, Any]:
    container = {
        "name": "s3",
        "ports": [{"name": "metrics", "containerPort": 1}, {"name": "s3", "containerPort": 7}],
    }
    return {
        "metadata": {"name": name, "creationTimestamp": f"2026-11-30T20:00:0{created}Z", **metadata},
        "spec": {"containers": [{"name": "other"}, container]},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


def found(*pods: dict[str, Any], spec: dict[str, Any] = SPEC, target: Target = TARGET) -> PodPort:
    return find_pod(cast(Api, Answers(spec, *pods)), target)


def test_the_newest_ready_pod_is_taken_and_its_port_by_name() -> None:
    gone = pod("gone", created=4, deletionTimestamp="2026-11-30T20:01:00Z")
    pods = [pod("old"), pod("new", created=2), pod("starting", "False", 3), gone]
    assert found(*pods) == PodPort("kubeflow", "new", 7)


def test_a_target_port_may_be_a_number_or_the_port_itself() -> None:
    assert found(pod("a"), target=Target(1, "kubeflow", "seaweedfs", 8333)).port == 8333
    assert found(pod("a"), spec={**SPEC, "ports": [{"port": 9000}]}).port == 9000


@pytest.mark.parametrize("pods", [(), (pod("a", "False"),), ({**pod("a"), "status": {}},)])
def test_without_a_ready_pod_that_is_said(pods: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(NoReadyPod, match="kubeflow/seaweedfs has no pod that is ready"):
        found(*pods)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({**SPEC, "ports": [{"port": 1}]}, "has no port 9000"),
        ({"ports": PORTS}, "selects no pods"),
        ({**SPEC, "ports": [{"port": 9000, "targetPort": "web"}]}, "leads to the port web"),
    ],
)
def test_a_service_that_leads_nowhere_is_said_to(spec: dict[str, Any], text: str) -> None:
    with pytest.raises(ServiceUnusable, match=text):
        found(pod("a"), spec=spec)
