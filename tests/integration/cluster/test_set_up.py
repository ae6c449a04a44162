"""The set-up on a real API server (tests/cluster): pods are changed as stated, and nothing is left behind."""

from __future__ import annotations

import base64
import copy
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.cli.main import run
from elyra_neurodesk.cluster.api import Api, Object, Reference, reference
from elyra_neurodesk.cluster.deliveries.admission_policy import admission_policy, admission_policy_binding
from elyra_neurodesk.cluster.pod_changes import PodChanges, apply
from tests.support.cluster_snapshot import OF_THE_SERVER, snapshot
from tests.support.recorded_pods import container, recorded_pod, with_kfp_sidecar

control_planes = pytest.importorskip("tests.cluster.control_plane")
binaries = pytest.importorskip("tests.cluster.binaries")

pytestmark = pytest.mark.slow

IMAGE = "vnmd/neurodesktop:2026-09-23"
EVERYTHING = PodChanges("", "nd.json", "notebook", 1000, 100, "smarter-devices/fuse", "lab", "batch")
CLAIM = Reference("v1", "PersistentVolumeClaim", "cvmfs-neurodesk", "kubeflow")


@pytest.fixture(scope="module")
def plane() -> Iterator[Any]:
    try:
        with control_planes.running_control_plane() as running:
            yield running
    except binaries.NotBuilt as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def api(plane: Any) -> Api:
    """Return a cluster with a namespace, KFP's and Argo's Deployments, and the account of tasks."""
    from kubernetes import client

    found = Api(plane.client)
    apps = client.AppsV1Api(plane.client)
    found.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kubeflow"}})
    for name, only in (
        ("ml-pipeline", "ml-pipeline-api-server"),
        ("workflow-controller", "workflow-controller"),
    ):
        labels = {"app": name}
        one = {"name": only, "image": f"example.org/{only}:2.17.0", "env": [{"name": "A", "value": "b"}]}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [one]}}
        body = {
            "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
        apps.create_namespaced_deployment("kubeflow", body, field_manager="kubeflow")
    secret = {"name": "mlpipeline-minio-artifact", "namespace": "kubeflow"}
    keys = {"accesskey": "minio", "secretkey": "minio123"}
    found.apply({"apiVersion": "v1", "kind": "Secret", "metadata": secret, "stringData": keys})
    store = {"name": "seaweedfs", "namespace": "kubeflow"}
    ports = {"ports": [{"port": 9000}]}
    found.apply({"apiVersion": "v1", "kind": "Service", "metadata": store, "spec": ports})
    account = {"name": "pipeline-runner", "namespace": "kubeflow"}
    found.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    batch = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "batch"}}
    found.apply({**batch, "value": 7})
    return found


def stored(api: Api, pod: Object) -> Object:
    """Return a pod as the API server would store it, without what differs each time."""
    found = copy.deepcopy(api.create(pod, dry_run=True))
    for field in ("name", *OF_THE_SERVER):
        found["metadata"].pop(field, None)
    spec = found["spec"]
    spec["volumes"] = [one for one in spec["volumes"] if not one["name"].startswith("kube-api-access")]
    for one in (*spec["containers"], *spec["initContainers"]):
        mounts = one.get("volumeMounts", [])
        one["volumeMounts"] = [each for each in mounts if not each["name"].startswith("kube-api-access")]
    return found


def wait_until_in_effect(api: Api, changes: PodChanges) -> None:
    """Wait until the API server has compiled the policy of these changes."""
    deadline = time.monotonic() + 60
    while True:
        pod = stored(api, recorded_pod("task-admission"))
        names = [one["name"] for one in pod["spec"]["initContainers"]]
        queue = pod["metadata"]["labels"].get("kueue.x-k8s.io/queue-name", "")
        if "neurodesk-cvmfs" in names and queue == changes.queue:
            return
        assert time.monotonic() < deadline, "the policy has no effect"
        time.sleep(0.2)


@pytest.mark.parametrize("changes", [PodChanges(), EVERYTHING])
def test_policy_and_platform_spec_lead_to_the_same_whole_pod(api: Api, changes: PodChanges) -> None:
    raw, driver = recorded_pod("task-admission"), recorded_pod("driver")
    expected, unchanged = stored(api, apply(changes, raw)), stored(api, driver)
    policy, binding = admission_policy(changes), admission_policy_binding(["kubeflow"])
    api.apply(policy)
    api.apply(binding)
    try:
        wait_until_in_effect(api, changes)
        assert stored(api, raw) == expected
        assert stored(api, with_kfp_sidecar(recorded_pod("task-admission"), IMAGE)) == expected
        assert stored(api, driver) == unchanged
        assert container(expected, "main")["volumeMounts"][0]["readOnly"] is True
    finally:
        api.delete(reference(binding))
        api.delete(reference(policy))


def let_the_claim_go(api: Api) -> None:
    """Drop the claim's finalizer once it is deleted, as the controller does that does not run here."""
    from kubernetes import client

    for _ in range(600):
        claim = api.read(CLAIM)
        if claim and claim["metadata"].get("deletionTimestamp"):
            core = client.CoreV1Api(api.client)
            core.patch_namespaced_persistent_volume_claim(
                CLAIM.name, CLAIM.namespace, {"metadata": {"finalizers": None}}
            )
            return
        time.sleep(0.1)


def test_apply_twice_is_once_and_remove_leaves_the_cluster_as_it_was(
    plane: Any,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kubeconfig = str(plane.kubeconfig)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)
    monkeypatch.setenv("KUBECONFIG", kubeconfig)  # for the process that forwards ports
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    before = snapshot(api)
    assert run(["cluster", "plan"]) == 2
    assert snapshot(api) == before
    assert "+ PersistentVolumeClaim kubeflow/cvmfs-neurodesk" in capsys.readouterr().out
    assert run(["cluster", "apply"]) == 0
    output = capsys.readouterr()
    assert "Deployment kubeflow/workflow-controller was not ready before" in output.err
    assert "ND-CLUSTER-046" in output.err  # no node, so no pod of the object store
    assert output.out.splitlines()[-1].endswith("unknown")  # the doctor's last line
    assert "[csi-driver]" in output.out
    applied = snapshot(api)
    assert applied.keys() > before.keys()
    (written,) = (tmp_path / "metadata" / "runtimes").glob("*.json")
    content = json.loads(written.read_text("utf-8"))
    assert content["display_name"] == "Neurodesk (tests)"
    assert content["metadata"]["kube_context"] == "tests"
    assert content["metadata"]["cos_endpoint"] == "http://seaweedfs.kubeflow:9000"
    assert content["metadata"]["public_cos_endpoint"] == "http://127.0.0.1:19000"
    assert content["metadata"]["port_forward"] == "on-demand"
    assert run(["cluster", "plan"]) == 0
    assert run(["cluster", "apply"]) == 0
    assert snapshot(api) == applied
    assert json.loads(written.read_text("utf-8")) == content
    wait_until_in_effect(api, PodChanges())
    assert run(["cluster", "remove", "--dry-run"]) == 0
    assert snapshot(api) == applied
    thread = threading.Thread(target=let_the_claim_go, args=(api,), daemon=True)
    thread.start()
    assert run(["cluster", "remove", "--yes"]) == 0
    thread.join(60)
    assert snapshot(api) == before
    capsys.readouterr()
    assert run(["cluster", "remove", "--yes"]) == 0
    assert capsys.readouterr().out == "Nothing to remove.\n"


def test_a_configuration_is_made_of_what_the_cluster_says(
    plane: Any, api: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from elyra_neurodesk.elyra_adapter.runtime_configurations import runtime_configuration

    kubeconfig = str(plane.kubeconfig)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    old = {"name": "minio-service", "namespace": "kubeflow"}
    store = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "seaweedfs", "namespace": "kubeflow"},
    }
    ports = {"ports": [{"port": 9000}]}
    line = ["config", "create", "minikube", "--name", "asked", "--kube-context", "tests", "--force"]
    for service in ("seaweedfs", "minio-service"):
        assert run(line) == 0
        found = runtime_configuration("asked")
        assert found.object_store_endpoint == f"http://{service}.kubeflow:9000"
        assert (found.access_key, found.secret_key, found.kube_context) == ("minio", "minio123", "tests")
        # as in a cluster of an older release
        api.apply({"apiVersion": "v1", "kind": "Service", "metadata": old, "spec": ports})
        api.delete(reference(store))
    api.apply({**store, "spec": ports})
    api.delete(Reference("v1", "Service", "minio-service", "kubeflow"))


@pytest.mark.parametrize("more", [[], ["--delivery", "workflow-defaults", "--sidecar-image", "i"]])
def test_an_account_that_may_nothing_is_told_so_in_one_line(
    plane: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], api: Api, more: list[str]
) -> None:
    kubeconfig = str(plane.kubeconfig_of("ana"))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)
    assert run(["cluster", "plan", *more]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("ND-CLUSTER-021: ")
    assert "cluster render" in line


STORE = ["--object-store", "https://s3.example.org", "--bucket", "neurodesk", "--no-requeue"]
SECRET = Reference("v1", "Secret", "neurodesk-object-store", "kubeflow")


def test_the_keys_of_another_store_come_into_a_secret_of_ours_and_leave_with_it(
    plane: Any,
    api: Api,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kubeconfig = str(plane.kubeconfig)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    before = snapshot(api)
    more = [*STORE, "--delivery", "none"]
    applying = ["cluster", "apply", "--no-runtime-config", *more]
    assert run(applying) == 1
    assert "ND-CLUSTER-050" in capsys.readouterr().err
    assert run(["cluster", "plan", *more]) == 2
    for value in ("first", "second", "second"):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ana")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", f"the {value} words")
        assert run(applying) == 0
        stored_keys = (api.read(SECRET) or {})["data"]
        assert base64.b64decode(stored_keys["secretkey"]).decode() == f"the {value} words"
    output = capsys.readouterr()
    assert "Nothing to do." in output.out
    assert "words" not in output.out + output.err
    assert base64.b64encode(b"the first words").decode() not in output.out + output.err
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert run(["cluster", "plan", *more]) == 0
    thread = threading.Thread(target=let_the_claim_go, args=(api,), daemon=True)
    thread.start()
    assert run(["cluster", "remove", "--yes"]) == 0
    thread.join(60)
    assert snapshot(api) == before


def test_a_secret_of_others_is_never_changed(
    plane: Any, api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from kubernetes import client

    kubeconfig = str(plane.kubeconfig)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "ana")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "words")
    core = client.CoreV1Api(api.client)
    body = {"metadata": {"name": SECRET.name}, "stringData": {"accesskey": "theirs", "secretkey": "theirs"}}
    core.create_namespaced_secret("kubeflow", body, field_manager="others")
    try:
        theirs = api.read(SECRET)
        options = [*STORE, "--delivery", "none"]
        assert run(["cluster", "plan", *options]) == 2
        assert "Secret" not in capsys.readouterr().out
        core.patch_namespaced_secret(SECRET.name, "kubeflow", {"data": {"accesskey": None}})
        assert run(["cluster", "apply", "--force-conflicts", *options]) == 1
        assert "ND-CLUSTER-051" in capsys.readouterr().err
        core.patch_namespaced_secret(SECRET.name, "kubeflow", {"data": (theirs or {})["data"]})
        assert (api.read(SECRET) or {})["data"] == (theirs or {})["data"]
    finally:
        core.delete_namespaced_secret(SECRET.name, "kubeflow")
