"""What applying changes is shown without secrets, and waited for until pods are new and available."""

from __future__ import annotations

from typing import Any, cast

import pytest

from elyra_neurodesk.cluster.api import Api, Object, Reference
from elyra_neurodesk.cluster.changes import NotReadyInTime, plan, wait_for_rollout
from elyra_neurodesk.cluster.setup import Planned

CONTROLLER = Reference("apps/v1", "Deployment", "workflow-controller", "kubeflow")


class Cluster:
    """Answers with one object after the other, the last one for ever; applying replaces nothing."""

    def __init__(self, *objects: Object, after: Object | None = None) -> None:
        self.objects, self.after = list(objects), after

    def read(self, which: Reference) -> Object:
        return self.objects.pop(0) if len(self.objects) > 1 else self.objects[0]

    def apply(self, item: Object, dry_run: bool = False, force: bool = False) -> Object:
        assert dry_run
        return self.after or {}


def secret(value: str) -> Object:
    metadata = {"name": "keys", "namespace": "kubeflow"}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {"a": "same", "b": value}}


def test_a_changed_secret_is_a_change_and_its_values_are_not_shown() -> None:
    api = cast(Api, Cluster(secret("b2xk"), after=secret("bmV3")))
    (change,) = plan(api, [Planned(secret("bmV3"), "why")])
    assert change.action == "update"
    assert "+  b: … (changed)" in change.diff
    assert not {"b2xk", "bmV3", "same"} & set(change.diff.split())
    api = cast(Api, Cluster(secret("b2xk"), after=secret("b2xk")))
    assert plan(api, [Planned(secret("b2xk"), "why")])[0].action == "unchanged"


def deployment(seen: int = 2, **status: int) -> Object:
    return {
        "kind": "Deployment",
        "metadata": {"generation": 2},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": seen, **status},
    }


def daemon_set(**status: int) -> Object:
    status = {"observedGeneration": 1, "desiredNumberScheduled": 2, **status}
    return {"kind": "DaemonSet", "metadata": {"generation": 1}, "status": status}


DONE = deployment(replicas=2, updatedReplicas=2, availableReplicas=2)


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (deployment(seen=1, replicas=2, updatedReplicas=2, availableReplicas=2), "has not seen the change"),
        (deployment(replicas=2, updatedReplicas=1, availableReplicas=2), "1 of 2 pods are new"),
        (deployment(replicas=3, updatedReplicas=2, availableReplicas=2), "1 old pods are ending"),
        (deployment(replicas=2, updatedReplicas=2, availableReplicas=1), "1 of 2 pods are available"),
        (daemon_set(updatedNumberScheduled=1, numberAvailable=2), "1 of 2 pods are new"),
        (daemon_set(updatedNumberScheduled=2, numberAvailable=1), "1 of 2 pods are available"),
        ({}, "has not seen the change"),
    ],
)
def test_a_rollout_is_waited_for_with_a_line_for_each_state_and_not_without_end(
    item: Object, text: str
) -> None:
    said: list[str] = []
    wait_for_rollout(cast(Api, Cluster(item, item, DONE)), CONTROLLER, said.append, poll=0)
    (line,) = said
    assert line.startswith("Deployment kubeflow/workflow-controller: ")
    assert text in line
    with pytest.raises(NotReadyInTime, match=text):
        wait_for_rollout(cast(Api, Cluster(item)), CONTROLLER, said.append, within=-1, poll=0)


@pytest.mark.parametrize("item", [DONE, daemon_set(updatedNumberScheduled=2, numberAvailable=2)])
def test_what_is_done_is_not_waited_for(item: Any) -> None:
    wait_for_rollout(cast(Api, Cluster(item)), CONTROLLER, pytest.fail, within=-1)
