"""The pods of a run, asked for over HTTP as Kubernetes' API has them."""

from __future__ import annotations

import copy

import pytest
from kubernetes import client

from elyra_neurodesk.cluster.run_pods import ClusterDenied, ClusterUnreachable, RunPods
from tests.integration.runs.servers import Server, closed_port
from tests.support.kubeflow import Recording, recording
from tests.support.kubernetes_api import Cluster, serving_cluster


def recorded(name: str, **more: object) -> tuple[Recording, Cluster]:
    found = recording(name)
    workflows = [found.workflow] if found.workflow else []
    cluster = Cluster(list(found.pods), list(found.events), workflows)
    for field, value in more.items():
        setattr(cluster, field, value)
    return found, cluster


def pods_at(server: Server) -> RunPods:
    return RunPods(client.ApiClient(client.Configuration(host=server.url)))


def test_the_pods_of_the_run_are_asked_for_page_by_page() -> None:
    run, cluster = recorded("chain", page=2)
    other = copy.deepcopy(cluster.pods[0])
    other["metadata"] |= {"name": "other", "labels": {"pipeline/runid": "another"}}
    cluster.pods.insert(0, other)
    with serving_cluster(cluster) as server:
        found = pods_at(server).by_task(run.run_id, ())
    assert {task: one.state for task, one in found.items()} == {
        **dict.fromkeys(("", "acquire", "take", "inform", "tostore"), "SUCCEEDED"),
        "strip": "FAILED",
    }
    assert len(server.asked) > 2


def test_events_are_asked_for_where_the_pod_itself_does_not_say_enough() -> None:
    run, cluster = recorded("pending-no-room")
    pod = next(pod for pod in cluster.pods if pod["status"]["phase"] == "Pending")
    silent = {**pod, "status": {"phase": "Pending"}}
    cluster.pods = [silent]
    with serving_cluster(cluster) as server:
        found = pods_at(server).by_task(run.run_id, ())
    assert found["big"].reason is not None
    assert found["big"].reason.code == "ND-KUBE-003"
    cluster.denied = frozenset({"events"})
    with serving_cluster(cluster) as server:
        found = pods_at(server).by_task(run.run_id, ())
    assert (found["big"].state, found["big"].waiting) == ("PENDING", "waiting for a Kubernetes node")


def test_a_failed_driver_is_explained_by_the_last_error_in_its_log() -> None:
    run, cluster = recorded("chain")
    name = next(pod["metadata"]["name"] for pod in cluster.pods if pod["status"]["phase"] == "Failed")
    cluster.logs = {
        name: "I1124 12:16:39.1 1 main.go:79] input\n"
        "F1124 12:16:39.123456       1 main.go:9] driver failed: parameter More not found in executor input\n"
        "time=now msg=done\n"
    }
    with serving_cluster(cluster) as server:
        reason = pods_at(server).by_task(run.run_id, ())["strip"].reason
    assert reason is not None
    assert reason.message.endswith(": driver failed: parameter More not found in executor input.")
    assert f"logs {name} -c main" in reason.hint


def test_a_quota_that_keeps_a_pod_from_being_created_is_read_from_the_workflow() -> None:
    run, cluster = recorded("pending-no-room")
    quota = 'pods "x" is forbidden: exceeded quota: team, requested: cpu=64, used: cpu=0, limited: cpu=2'
    (workflow,) = cluster.workflows
    cluster.workflows = [copy.deepcopy(workflow)]
    for node in cluster.workflows[0]["status"]["nodes"].values():
        if node.get("message"):
            node["message"] = quota
    cluster.pods = [pod for pod in cluster.pods if pod["status"]["phase"] != "Pending"]
    with serving_cluster(cluster) as server:
        pods = pods_at(server)
        reason = pods.by_task(run.run_id, ["big"])["big"].reason
        assert reason is not None
        assert reason.code == "ND-KUBE-013"
        cluster.denied = frozenset({"workflows"})
        assert pods.by_task(run.run_id, ["big"])["big"].reason is None


def test_an_account_that_may_not_list_pods_is_told_so() -> None:
    _, cluster = recorded("hello", denied=frozenset({"pods"}))
    with serving_cluster(cluster) as server, pytest.raises(ClusterDenied, match="pods of namespace kubeflow"):
        pods_at(server).by_task("x", ())


def test_a_cluster_that_does_not_answer_is_an_error_of_one_line() -> None:
    configuration = client.Configuration(host=f"http://127.0.0.1:{closed_port()}")
    configuration.retries = 0
    with pytest.raises(ClusterUnreachable) as caught:
        RunPods(client.ApiClient(configuration)).by_task("x", ())
    assert "\n" not in str(caught.value)
    assert "cannot be reached" in str(caught.value)
