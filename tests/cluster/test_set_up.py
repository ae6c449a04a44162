"""`cluster apply` on a cluster that has nothing: a task runs, and `cluster remove` leaves what was before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elyra_neurodesk.cli.main import run as command
from elyra_neurodesk.cluster.api import Api
from tests.cluster.node import Cluster
from tests.cluster.objects import run_pod
from tests.cluster.tasks import Tasks, applied, runtime_configuration, use_cluster
from tests.support.objectstore import running_nanio

KINDS = (
    "/api/v1/namespaces",
    "/api/v1/persistentvolumes",
    "/api/v1/persistentvolumeclaims",
    "/api/v1/serviceaccounts",
    "/api/v1/secrets",
    "/apis/apps/v1/deployments",
    "/apis/storage.k8s.io/v1/storageclasses",
    "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies",
    "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings",
    "/apis/rbac.authorization.k8s.io/v1/roles",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
)


def snapshot(cluster: Cluster) -> dict[tuple[str, str, str], object]:
    """Return all that a set-up could have changed, with the numbers of their last changes."""
    api = Api(cluster.client)
    return {
        (path, item["metadata"].get("namespace", ""), item["metadata"]["name"]): item
        for path in KINDS
        for item in api.items(path)
    }


def test_a_task_runs_after_apply_which_changes_nothing_the_second_time_and_remove_takes_all_away(
    cluster: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use_cluster(cluster, tmp_path, monkeypatch)
    before = snapshot(cluster)
    assert command(["cluster", "plan"]) == 2
    assert snapshot(cluster) == before
    with running_nanio(tmp_path, host=cluster.address) as store:
        with applied(cluster, store):
            runtime_configuration(tmp_path, store)
            tasks = Tasks(cluster, store, tmp_path)
            run = tasks.export("first", "print(6 * 7)")
            finished = run_pod(cluster.client, run.pod("first-ipynb"))
            assert finished.phase == "Succeeded", finished.logs
            assert "42" in finished.logs["main"].splitlines()
            assert finished.container("neurodesk-cvmfs")["state"]["terminated"]["exitCode"] == 0
            (key,) = (key for key in store.keys("") if key.endswith("/first-ipynb/task-record.json"))
            assert json.loads(store.get(key))["exit_status"] == 0
            after = snapshot(cluster)
            capsys.readouterr()
            assert command(["cluster", "plan"]) == 0
            assert command(["cluster", "apply"]) == 0
            assert "Nothing to do." in capsys.readouterr().out
            assert snapshot(cluster) == after
            assert command(["cluster", "remove", "--dry-run"]) == 0
            kept = f"(stays: pods that are not ours mount it, such as {finished.pod['metadata']['name']}"
            assert f"= PersistentVolumeClaim kubeflow/cvmfs-neurodesk {kept}" in capsys.readouterr().out
        assert snapshot(cluster) == before
