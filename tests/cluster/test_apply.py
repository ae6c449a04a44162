"""The set-up on a real node: applied, used by a task as KFP makes it, and taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from elyra_neurodesk.cluster.api import Api, Reference
from tests.cluster.node import Cluster
from tests.cluster.objects import Manifest, apply, delete_namespace, run_pod
from tests.cluster.test_connect import deployment, service
from tests.cluster.test_pods import task_pod
from tests.support.backend import command
from tests.support.cluster_snapshot import Object, snapshot
from tests.support.jupyter import JupyterHome
from tests.support.objectstore import ObjectStore, running_nanio

NAMESPACE = "kubeflow"
ROOT = "/cvmfs/neurodesk.ardc.edu.au"


@dataclass
class Kubeflow:
    """A cluster with the workloads and services of KFP that a set-up meets, and an empty home."""

    cluster: Cluster
    api: Api
    store: ObjectStore
    jupyter: JupyterHome

    def run(self, *words: str, check: bool = True) -> Any:
        return self.jupyter.run(*command("cluster", *words), check=check)


def workload(name: str, container: str) -> Manifest:
    """Return a Deployment whose container has this name and does nothing."""
    return deployment(NAMESPACE, name, ["sleep", "3600"], container={"name": container})


@pytest.fixture
def kubeflow(cluster: Cluster, tmp_path: Path) -> Iterator[Kubeflow]:
    api = Api(cluster.client)
    with ExitStack() as stack:
        store = stack.enter_context(running_nanio(tmp_path))
        account = {"name": "pipeline-runner", "namespace": NAMESPACE}
        keys = {"accesskey": store.access_key, "secretkey": store.secret_key}
        secret = {"name": "mlpipeline-minio-artifact", "namespace": NAMESPACE}
        apply(
            cluster.client,
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
            {"apiVersion": "v1", "kind": "Secret", "metadata": secret, "stringData": keys},
            service(NAMESPACE, "seaweedfs", 9000, urlsplit(store.endpoint).port or 0),
            service(NAMESPACE, "ml-pipeline", 8888, 8888),
            service(NAMESPACE, "ml-pipeline-ui", 80, 3000),
            deployment(NAMESPACE, "seaweedfs", ["sleep", "3600"], hostNetwork=True),
            workload("ml-pipeline", "ml-pipeline-api-server"),
            workload("ml-pipeline-ui", "ml-pipeline-ui"),
            workload("workflow-controller", "workflow-controller"),
        )
        stack.callback(lambda: delete_namespace(cluster.client, NAMESPACE))
        jupyter = JupyterHome(tmp_path / "home", forks=False)  # the kubeconfig counts at the start
        jupyter.env |= {"KUBECONFIG": str(cluster.control_plane.kubeconfig)}
        yield Kubeflow(cluster, api, store, jupyter)


def wait_for_pods(api: Api) -> None:
    import time

    deadline = time.monotonic() + 90
    while True:
        found = api.items(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments")
        if all(one.get("status", {}).get("availableReplicas") for one in found):
            return
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def make_volume(kubeflow: Kubeflow) -> None:
    """Make the volume that a CSI driver would make for the claim: a directory like the repository."""
    repository = kubeflow.cluster.directory("repository")
    (repository / "neurodesk-modules").mkdir(exist_ok=True)
    apply(
        kubeflow.cluster.client,
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": "repository"},
            "spec": {
                "accessModes": ["ReadOnlyMany"],
                "capacity": {"storage": "1Gi"},
                "storageClassName": "cvmfs-neurodesk",
                "hostPath": {"path": str(repository)},
                "claimRef": {"name": "cvmfs-neurodesk", "namespace": NAMESPACE},
            },
        },
    )


def labelled_task() -> Manifest:
    """Return a task that reads the repository, with the label of tasks and without a sidecar."""
    mount = {"name": "cvmfs-neurodesk", "mountPath": ROOT}
    claim = {"name": "cvmfs-neurodesk", "persistentVolumeClaim": {"claimName": "cvmfs-neurodesk"}}
    pod = task_pod(
        NAMESPACE,
        *("sh", "-c", f"ls {ROOT}; touch {ROOT}/x 2>/dev/null || echo read-only"),
        spec={"volumes": [claim], "serviceAccountName": "pipeline-runner"},
        volumeMounts=[mount],
    )
    pod["metadata"]["labels"] = {"neurodesk.org/cvmfs": "enabled"}
    return pod


def environment(api: Api, name: str) -> list[Object]:
    item = api.read(Reference("apps/v1", "Deployment", name, NAMESPACE)) or {}
    found: list[Object] = item["spec"]["template"]["spec"]["containers"][0].get("env", [])
    return found


def test_apply_makes_a_cluster_in_which_a_task_succeeds_and_remove_leaves_it_as_it_was(
    kubeflow: Kubeflow,
) -> None:
    api = kubeflow.api
    wait_for_pods(api)
    make_volume(kubeflow)
    before = snapshot(api)
    first = kubeflow.run("apply")
    assert "Deployment kubeflow/workflow-controller: " in first.stderr  # waited for
    assert environment(api, "workflow-controller") == [{"name": "DEFAULT_REQUEUE_TIME", "value": "1s"}]
    status = (api.read(Reference("apps/v1", "Deployment", "workflow-controller", NAMESPACE)) or {})["status"]
    assert (status["updatedReplicas"], status["replicas"]) == (1, 1)
    assert "Created the runtime configuration neurodesk_tests" in first.stdout
    assert "The object store has the bucket mlpipeline." in first.stdout
    assert kubeflow.store.client.bucket_exists("mlpipeline")
    doctor = first.stdout.splitlines()
    for check in ("store-keys", "bucket", "store-secret-keys", "claim-bound", "policy-effect"):
        assert any(line.startswith("  ✓") and line.endswith(f"[{check}]") for line in doctor), first.stdout
    assert kubeflow.run("connect", "--status", check=False).stdout == "Nothing is forwarded.\n"

    finished = run_pod(kubeflow.cluster.client, labelled_task())
    assert finished.phase == "Succeeded", finished
    assert finished.logs["main"].split() == ["neurodesk-modules", "read-only"]
    assert set(finished.logs["neurodesk-cvmfs"].splitlines()) == {f"{ROOT}/neurodesk-modules"}

    applied = snapshot(api)
    second = kubeflow.run("apply")
    assert "Nothing to do." in second.stdout
    assert "waiting" not in second.stderr
    assert snapshot(api) == applied
    api.delete(Reference("v1", "Pod", "task", NAMESPACE))
    kubeflow.run("remove", "--yes")
    assert snapshot(api) == before
