"""The doctor's probe pod on a real node: what it finds, what keeps it from starting, and that it is deleted.

A directory of the node, mounted by hostPath, stands for CVMFS.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.cluster.api import Api
from elyra_neurodesk.cluster.deliveries.admission_policy import admission_policy, admission_policy_binding
from elyra_neurodesk.cluster.doctor.diagnosis import diagnose
from elyra_neurodesk.cluster.doctor.model import ClusterEvidence, ProbeReport
from elyra_neurodesk.cluster.doctor.probe.pod import TaskPod
from elyra_neurodesk.cluster.doctor.probe.run import run_probe
from elyra_neurodesk.cluster.doctor.questions import collect, task_of
from elyra_neurodesk.cluster.pod_changes import PodChanges
from elyra_neurodesk.cluster.setup import SetUp
from elyra_neurodesk.settings import RuntimeConfiguration, SecretReference
from tests.cluster.image import NEURODESKTOP
from tests.cluster.node import Cluster, publish_server
from tests.cluster.objects import Manifest, apply, create_namespace
from tests.support.backend import command
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.objectstore import ObjectStore, running_nanio

ROOT = "/cvmfs/neurodesk.ardc.edu.au"
SECRET = SecretReference("mlpipeline-minio-artifact")
TOOLS = [Tool("fsl", "6.0.7.16", "20240807"), Tool("ants", "2.5.4", "20241023")]


@dataclass
class Lab:
    """A namespace in which tasks run."""

    cluster: Cluster
    namespace: str
    store: ObjectStore
    configuration: RuntimeConfiguration

    @property
    def api(self) -> Api:
        return Api(self.cluster.client)

    def probe(self, within: float = 90, stuck: float = 4, **changed: Any) -> ProbeReport:
        """Run a probe pod as tasks run, but for what is changed in `TaskPod` or the runtime configuration."""
        of_task = {name: changed.pop(name) for name in list(changed) if name in TaskPod.__dataclass_fields__}
        configuration = replace(self.configuration, **changed)
        task = replace(
            TaskPod(
                self.namespace, "pipeline-runner", NEURODESKTOP, "cvmfs-neurodesk", ROOT, "1Gi", "", SECRET
            ),
            **of_task,
        )
        said: list[str] = []
        report = run_probe(self.api, task, configuration, said.append, within, stuck)
        assert report.pod in said[0]
        assert report.pod not in self.pods()
        return report

    def pods(self) -> list[str]:
        """Return the names of the pods that are not being deleted."""
        items = self.api.items(f"/api/v1/namespaces/{self.namespace}/pods")
        metadata = [item["metadata"] for item in items]
        return [one["name"] for one in metadata if "deletionTimestamp" not in one]

    def alarms(self, report: ProbeReport) -> set[str]:
        """Return what the checks of the probe say."""
        facts = collect(self.api, SetUp(self.namespace, self.namespace)).facts
        seen = ClusterEvidence(facts, SetUp(self.namespace), self.configuration, probe=report)
        results = [one for one in diagnose(seen) if one.category == "Inside a task"]
        return {f"{one.check} {one.status}" for one in results if one.status != "ok"}


def volume(namespace: str, claim: str, path: Path) -> list[Manifest]:
    """Return a PersistentVolume of a directory, and the claim that it is for."""
    name = f"{namespace}-{claim}"
    size = {"storage": "1Gi"}
    spec = {"accessModes": ["ReadOnlyMany"], "storageClassName": ""}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {
                **spec,
                "capacity": size,
                "hostPath": {"path": str(path)},
                "claimRef": {"name": claim, "namespace": namespace},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": claim, "namespace": namespace},
            "spec": {**spec, "volumeName": name, "resources": {"requests": size}},
        },
    ]


def account(namespace: str) -> list[Manifest]:
    """Return the service account of tasks with the rights that KFP gives it."""
    metadata = {"name": "pipeline-runner", "namespace": namespace}
    rbac = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get"]},
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]},
    ]
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "pipeline-runner"},
            "subjects": [{"kind": "ServiceAccount", **metadata}],
        },
    ]


def secret(namespace: str, name: str, store: ObjectStore, **changed: str) -> Manifest:
    keys = {"accesskey": store.access_key, "secretkey": store.secret_key} | changed
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": keys}


@pytest.fixture(scope="module")
def lab(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    namespace = create_namespace(cluster.client, {"pod-security.kubernetes.io/enforce": "baseline"})
    tree = make_tree(cluster.directory("doctor"), TOOLS)
    os.setxattr(tree, "user.revision", b"4711")
    policy, binding = admission_policy(PodChanges()), admission_policy_binding([namespace])
    with running_nanio(tmp_path_factory.mktemp("store"), host=cluster.address) as store:
        port = int(store.endpoint.rpartition(":")[2])
        publish_server(cluster, namespace, "seaweedfs", port)
        apply(
            cluster.client,
            *account(namespace),
            *volume(namespace, "cvmfs-neurodesk", tree),
            secret(namespace, SECRET.name, store),
            policy,
            binding,
        )
        endpoint = f"http://seaweedfs.{namespace}:{port}"
        configuration = RuntimeConfiguration(
            *("lab", "Lab", "http://127.0.0.1:1", "http://127.0.0.1:1", namespace, endpoint, store.endpoint),
            store.bucket,
            secret=SECRET,
            access_key=store.access_key,
            secret_key=store.secret_key,
        )
        yield Lab(cluster, namespace, store, configuration)
    api = Api(cluster.client)
    for kind in ("mutatingadmissionpolicybindings", "mutatingadmissionpolicies"):
        api.delete_at(f"/apis/admissionregistration.k8s.io/v1/{kind}/neurodesk-cvmfs")


def test_a_probe_pod_sees_what_a_task_would_see(lab: Lab) -> None:
    report = lab.probe()
    answer = report.answer
    assert answer is not None, report
    assert (answer["cvmfs"]["modules"], answer["cvmfs"]["revision"]) == (2, "4711")
    assert answer["store"]["error"] == ""
    assert abs(answer["store"]["skew"]) < 5
    assert answer["dns"] == {"host": f"seaweedfs.{lab.namespace}", "known": True, "cluster": True}
    assert answer["process"]["no_new_privs"] == "1"
    assert answer["process"]["seccomp"] == "2"
    assert answer["process"]["capabilities"] == "0" * 16
    assert answer["scratch"]["free"] > 1 << 20
    # KFP's hardening denies what apptainer needs
    assert (answer["user_namespace"]["step"], answer["user_namespace"]["error"]) == ("unshare", "EPERM")
    assert lab.alarms(report) - {"probe-scratch warning"} == {"probe-apptainer warning"}


def test_keys_bucket_name_and_port_that_are_wrong_are_told_apart_from_inside(lab: Lab) -> None:
    client, namespace = lab.cluster.client, lab.namespace
    apply(client, secret(namespace, "wrong", lab.store, secretkey="not-the-key"))
    ignored = {"probe-apptainer warning", "probe-scratch warning"}
    assert lab.alarms(lab.probe(secret=SecretReference("wrong"))) - ignored == {"probe-store-keys fatal"}
    assert lab.alarms(lab.probe(bucket="not-there")) - ignored == {"probe-bucket warning"}
    elsewhere = f"http://minio-service.{namespace}:9000"
    assert lab.alarms(lab.probe(object_store_endpoint=elsewhere)) - ignored == {"probe-dns fatal"}
    closed = f"http://seaweedfs.{namespace}:9"
    assert lab.alarms(lab.probe(object_store_endpoint=closed)) - ignored == {"probe-store fatal"}


def test_what_keeps_the_pod_from_starting_is_said_by_its_code(lab: Lab) -> None:
    reports = {
        "ND-KUBE-001": lab.probe(image="neurodesk.test/not-there:1"),
        "ND-KUBE-005": lab.probe(claim="not-there"),
        "ND-KUBE-008": lab.probe(secret=SecretReference("not-there")),
        "ND-KUBE-016": lab.probe(account="not-there"),
    }
    assert {code: report.code for code, report in reports.items()} == {code: code for code in reports}
    for report in reports.values():
        assert report.answer is None
        assert lab.alarms(report) == {"probe-pod fatal"}


def test_an_image_without_shell_and_python_is_said(lab: Lab) -> None:
    report = lab.probe(image="neurodesk.test/pause:1")
    assert report.answer is None
    assert "executable file not found" in report.message


@contextlib.contextmanager
def dead_fuse_mount(path: Path) -> Iterator[None]:
    """Mount FUSE at a directory, and let its server end, as a CVMFS client that has crashed."""
    libc = ctypes.CDLL(None, use_errno=True)
    path.mkdir(exist_ok=True)
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("this machine has no /dev/fuse")
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
    if libc.mount(b"cvmfs2", str(path).encode(), b"fuse", 0, options) < 0:
        os.close(device)
        pytest.skip(f"this machine does not mount FUSE: {os.strerror(ctypes.get_errno())}")
    os.close(device)
    try:
        yield
    finally:
        libc.umount2(str(path).encode(), 2)


def test_a_dead_cvmfs_client_and_a_loop_of_links_are_named_from_inside(lab: Lab) -> None:
    ignored = {"probe-apptainer warning", "probe-scratch warning"}
    dead = lab.cluster.directory("dead")
    with dead_fuse_mount(dead / "neurodesk-modules"):
        apply(lab.cluster.client, *volume(lab.namespace, "dead", dead))
        report = lab.probe(claim="dead")
    assert report.answer is not None, report
    assert report.answer["cvmfs"]["error"] == "ENOTCONN"
    assert lab.alarms(report) - ignored == {"probe-cvmfs fatal"}
    loop = lab.cluster.directory("loop")
    (loop / "neurodesk-modules").symlink_to("neurodesk-modules")
    apply(lab.cluster.client, *volume(lab.namespace, "loop", loop))
    report = lab.probe(claim="loop")
    assert report.answer is not None, report
    assert report.answer["cvmfs"]["error"] == "ELOOP"
    assert lab.alarms(report) - ignored == {"probe-cvmfs fatal"}


def test_a_mount_that_is_dead_before_the_pod_starts_is_named(lab: Lab) -> None:
    dead = lab.cluster.directory("dead-before")
    with dead_fuse_mount(dead):
        apply(lab.cluster.client, *volume(lab.namespace, "dead-before", dead))
        report = lab.probe(claim="dead-before")
    assert report.answer is None
    assert lab.alarms(report) == {"probe-cvmfs fatal"}


def test_all_of_the_cluster_is_diagnosed_and_the_sidecar_is_seen(lab: Lab) -> None:
    set_up = SetUp(lab.namespace, lab.namespace)
    evidence = collect(lab.api, set_up, configuration=lab.configuration, image=NEURODESKTOP)
    assert task_of(evidence, NEURODESKTOP).mount_path == ROOT
    results = diagnose(evidence)
    alarms = {one.check for one in results if one.status in ("warning", "fatal")}
    # this cluster has neither KFP nor Argo
    assert alarms == {"kfp", "kfp-reachable", "argo"}
    assert {"policy-effect", "store-service", "store-pods", "bucket", "task-rights"} <= {
        one.check for one in results if one.status == "ok"
    }
    assert "csi-driver" not in {one.check for one in results}


@pytest.fixture
def home(lab: Lab, tmp_path: Path) -> JupyterHome:
    jupyter = JupyterHome(tmp_path / "home")
    jupyter.env |= {"KUBECONFIG": str(lab.cluster.control_plane.kubeconfig)}
    metadata = neurodesk_metadata(
        lab.configuration.object_store_endpoint,
        lab.store.access_key,
        lab.store.secret_key,
        cos_bucket=lab.store.bucket,
        public_cos_endpoint=lab.store.endpoint,
        api_endpoint="http://127.0.0.1:1",
        user_namespace=lab.namespace,
        kube_context="tests",
    )
    jupyter.runtime_config("lab", **metadata)
    return jupyter


def test_the_command_runs_the_probe_and_prints_the_documented_json(lab: Lab, home: JupyterHome) -> None:
    words = command("cluster", "doctor", "--pod", "--image", NEURODESKTOP, "--json")
    words += ["--kfp-namespace", lab.namespace]
    done = subprocess.run(words, env=home.env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 6, done.stderr
    content = json.loads(done.stdout)
    assert (content["version"], content["status"], content["runtime_configuration"]) == (1, "fatal", "lab")
    assert content["probe"]["cvmfs"]["modules"] == 2
    assert {"check", "category", "status", "object", "found", "remedy"} == set(content["checks"][0])
    assert re.search(r"Probe pod neurodesk-probe-\w+: up to 300 s", done.stderr)
    assert lab.pods() == []


def test_ctrl_c_deletes_the_pod(lab: Lab, home: JupyterHome) -> None:
    words = command("cluster", "doctor", "--pod", "--image", "neurodesk.test/not-there:1")
    process = subprocess.Popen(words, env=home.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(r"neurodesk-probe-\w+, \d+ s:", line):
            break
    assert len(lab.pods()) == 1
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert lab.pods() == []
