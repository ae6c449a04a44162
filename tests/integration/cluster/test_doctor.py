"""The doctor on a real API server (tests/cluster): a cluster without faults, and faults made in it.

Nodes, pods and controllers do not run here: what they would write into an object's status, the tests write.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.cli.main import run
from elyra_neurodesk.cluster.api import Api, Object, Reference, reference
from elyra_neurodesk.cluster.deliveries.admission_policy import admission_policy, admission_policy_binding
from elyra_neurodesk.cluster.doctor.diagnosis import diagnose
from elyra_neurodesk.cluster.doctor.model import CheckResult
from elyra_neurodesk.cluster.doctor.questions import collect
from elyra_neurodesk.cluster.pod_changes import PodChanges
from elyra_neurodesk.cluster.run_pods import ClusterUnreachable
from elyra_neurodesk.cluster.setup import SetUp
from elyra_neurodesk.settings import RuntimeConfiguration, SecretReference
from tests.integration.runs.servers import HEALTHZ, RESET, Reply, answering, healthy, page, serving
from tests.support.kubernetes_api import kubeconfig
from tests.support.objectstore import free_port, running_nanio

control_planes = pytest.importorskip("tests.cluster.control_plane")
binaries = pytest.importorskip("tests.cluster.binaries")

pytestmark = pytest.mark.slow

IMAGE = "vnmd/neurodesktop:2026-09-23"
CORE = "/api/v1"
APPS = "/apis/apps/v1"
STORAGE = "/apis/storage.k8s.io/v1"
ADMISSION = "/apis/admissionregistration.k8s.io/v1"
ENFORCE = "pod-security.kubernetes.io/enforce"
DRIVER = "cvmfs.csi.cern.ch"
READY = {"readyReplicas": 1, "replicas": 1}


@dataclass
class Lab:
    """A cluster in whose namespace ``kubeflow`` tasks would run."""

    api: Api
    configuration: RuntimeConfiguration
    plane: Any

    def results(self, namespace: str = "kubeflow", claim: str = "cvmfs", **changed: Any) -> list[CheckResult]:
        configuration = replace(self.configuration, **changed)
        set_up = SetUp(namespace, "kubeflow", claim=claim)
        return diagnose(collect(self.api, set_up, "tests", configuration, IMAGE))

    def alarms(self, *arguments: Any, **changed: Any) -> set[str]:
        results = self.results(*arguments, **changed)
        return {f"{one.check} {one.status}" for one in results if one.status != "ok"}

    def patch(self, path: str, change: Mapping[str, Any]) -> None:
        headers = {"Content-Type": "application/merge-patch+json", "Accept": "application/json"}
        self.api.client.call_api(path, "PATCH", header_params=headers, body=change, _preload_content=False)

    @contextlib.contextmanager
    def patched(self, path: str, change: Mapping[str, Any], back: Mapping[str, Any]) -> Iterator[None]:
        self.patch(path, change)
        try:
            yield
        finally:
            self.patch(path, back)

    @contextlib.contextmanager
    def without(self, path: str) -> Iterator[None]:
        """Delete an object, and make it again."""
        found = self.api.get(path)
        for field in ("uid", "resourceVersion", "creationTimestamp", "managedFields"):
            found["metadata"].pop(field, None)
        self.api.delete_at(path)
        try:
            yield
        finally:
            self.api.post(path.rpartition("/")[0], found)


def workload(kind: str, name: str, namespace: str, **container: Any) -> Object:
    labels = {"app": name}
    only = {"name": name, "image": f"example.org/{name}:2.17.0", **container}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [only]}}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


def account(namespace: str) -> list[Object]:
    """Return the service account of tasks with the rights that KFP gives it."""
    metadata = {"name": "pipeline-runner", "namespace": namespace}
    group = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["configmaps", "secrets"], "verbs": ["get"]},
        {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]},
    ]
    bound = {"apiGroup": group, "kind": "Role", "name": "pipeline-runner"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": bound,
            "subjects": [{"kind": "ServiceAccount", **metadata}],
        },
    ]


def claim(name: str, namespace: str, storage_class: str) -> Object:
    spec = {"accessModes": ["ReadOnlyMany"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {**spec, "storageClassName": storage_class},
    }


def in_namespace(name: str, labels: Mapping[str, str], accounts: bool = True) -> list[Object]:
    """Return what tasks need in a namespace."""
    secret = {"name": "mlpipeline-minio-artifact", "namespace": name}
    keys = {"accesskey": "a", "secretkey": "b"}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels)}},
        *(account(name) if accounts else ()),
        claim("cvmfs", name, "cvmfs"),
        {"apiVersion": "v1", "kind": "Secret", "metadata": secret, "stringData": keys},
    ]


def objects() -> Iterator[Object]:
    """Yield the objects of the cluster."""
    yield from in_namespace("kubeflow", {ENFORCE: "baseline"})
    yield from in_namespace("restricted", {ENFORCE: "restricted"})
    yield from in_namespace("full", {})
    yield from in_namespace("limited", {})
    yield from in_namespace("bare", {}, accounts=False)
    yield from in_namespace("powerless", {})
    privileged = {ENFORCE: "privileged"}
    metadata: Object = {"name": "cvmfs-csi", "labels": privileged}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
    yield {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIDriver",
        "metadata": {"name": DRIVER},
        "spec": {"attachRequired": False},
    }
    repository = {"repository": "neurodesk.ardc.edu.au"}
    for name, provisioner, parameters in (
        ("cvmfs", DRIVER, repository),
        ("automount", DRIVER, {}),
        ("local-path", "rancher.io/local-path", {}),
    ):
        yield {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "provisioner": provisioner,
            "parameters": parameters,
        }
    for name, kind in (("automount", "automount"), ("wrong", "local-path"), ("classless", "gone")):
        yield claim(name, "kubeflow", kind)
    yield claim("pending", "kubeflow", "cvmfs")
    yield workload("DaemonSet", "nodeplugin", "cvmfs-csi", args=[f"--drivername={DRIVER}"])
    yield workload("Deployment", "ml-pipeline", "kubeflow")
    yield workload("Deployment", "ml-pipeline-persistenceagent", "kubeflow")
    requeue = [{"name": "DEFAULT_REQUEUE_TIME", "value": "1s"}]
    yield workload("Deployment", "workflow-controller", "kubeflow", env=requeue)
    config = {"name": "workflow-controller-configmap", "namespace": "kubeflow"}
    yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": config, "data": {"parallelism": "0"}}
    for name in ("wrong-keys", "cvmfs-csi-default-local"):
        metadata = {"name": name, "namespace": "kubeflow" if name == "wrong-keys" else "cvmfs-csi"}
        if name == "wrong-keys":
            yield {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"user": "a"}}
        else:
            data = {"default.local": "CVMFS_QUOTA_LIMIT=40000\nCVMFS_HTTP_PROXY=DIRECT\n"}
            yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
    store = {"name": "seaweedfs", "namespace": "kubeflow"}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": store, "spec": {"ports": [{"port": 9000}]}}
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {**store, "labels": {"kubernetes.io/service-name": "seaweedfs"}},
        "addressType": "IPv4",
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}],
        "ports": [{"name": "s3", "port": 9000, "protocol": "TCP"}],
    }
    for name in ("kubeflow", "restricted", "full", "limited", "bare", "powerless"):
        if name == "full":
            quota = {"name": "lab", "namespace": name}
            hard = {"hard": {"pods": "1"}}
            yield {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": quota, "spec": hard}
        if name == "limited":
            limits = {"limits": [{"type": "Container", "default": {"memory": "512Mi"}}]}
            metadata = {"name": "lab", "namespace": name}
            yield {"apiVersion": "v1", "kind": "LimitRange", "metadata": metadata, "spec": limits}
    namespaces = ["kubeflow", "restricted", "full", "limited", "bare", "powerless"]
    yield admission_policy(PodChanges())
    yield admission_policy_binding(namespaces)


def write_statuses(lab: Lab) -> None:
    """Write what controllers and a kubelet would write."""
    core, apps = f"{CORE}/namespaces", f"{APPS}/namespaces"
    names = ("kubeflow", "restricted", "full", "limited", "bare", "powerless")
    for namespace, name in (
        *((one, "cvmfs") for one in names),
        ("kubeflow", "automount"),
        ("kubeflow", "wrong"),
    ):
        path = f"{core}/{namespace}/persistentvolumeclaims/{name}/status"
        lab.patch(path, {"status": {"phase": "Bound"}})
    for name in ("ml-pipeline", "ml-pipeline-persistenceagent", "workflow-controller"):
        lab.patch(f"{apps}/kubeflow/deployments/{name}/status", {"status": READY})
    plugin = {
        "desiredNumberScheduled": 1,
        "currentNumberScheduled": 1,
        "numberMisscheduled": 0,
        "numberReady": 1,
    }
    lab.patch(f"{apps}/cvmfs-csi/daemonsets/nodeplugin/status", {"status": plugin})
    used = {"status": {"hard": {"pods": "1"}, "used": {"pods": "1"}}}
    lab.patch(f"{core}/full/resourcequotas/lab/status", used)
    lab.api.post(f"{CORE}/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "lab"}})
    info = dict.fromkeys(
        ("machineID", "systemUUID", "bootID", "osImage", "containerRuntimeVersion", "kubeProxyVersion"), "x"
    )
    info |= {"architecture": "amd64", "kubeletVersion": "v1.36.3", "kernelVersion": "6.12"}
    ready = [{"type": "Ready", "status": "True"}]
    lab.patch(
        f"{CORE}/nodes/lab/status",
        {"status": {"conditions": ready, "nodeInfo": {**info, "operatingSystem": "linux"}}},
    )
    lab.patch(f"{CORE}/nodes/lab", {"spec": {"taints": None}})


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with contextlib.ExitStack() as stack:
        try:
            plane = stack.enter_context(control_planes.running_control_plane())
        except binaries.NotBuilt as missing:
            pytest.skip(str(missing))
        store = stack.enter_context(running_nanio(tmp_path_factory.mktemp("store")))
        kfp = stack.enter_context(serving(answering({HEALTHZ: healthy()})))
        configuration = RuntimeConfiguration(
            *("lab", "Lab", kfp.url, kfp.url, None, "http://seaweedfs.kubeflow:9000", store.endpoint),
            store.bucket,
            secret=SecretReference("mlpipeline-minio-artifact"),
            access_key=store.access_key,
            secret_key=store.secret_key,
        )
        found = Lab(Api(plane.client), configuration, plane)
        for item in objects():
            found.api.apply(item)
        write_statuses(found)
        path = f"{CORE}/namespaces/powerless/serviceaccounts"
        found.api.delete_at(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/powerless/rolebindings/pipeline-runner"
        )
        assert found.api.items(path)
        wait_until(found, set())
        yield found


def wait_until(lab: Lab, expected: set[str], namespace: str = "kubeflow") -> None:
    """Wait until the alarms are these: the API server compiles policies some time after they are stored."""
    deadline = time.monotonic() + 60
    while (alarms := lab.alarms(namespace)) != expected:
        assert time.monotonic() < deadline, alarms
        time.sleep(0.3)


def test_a_cluster_without_faults_gets_no_alarm_and_an_answer_within_ten_seconds(lab: Lab) -> None:
    begin = time.monotonic()
    results = lab.results()
    assert time.monotonic() - begin < 10
    assert {one.status for one in results} == {"ok"}
    assert len(results) >= 40


@pytest.mark.parametrize(
    ("namespace", "expected"),
    [
        ("not-there", {"namespace fatal", "task-account fatal", "claim fatal", "store-secret fatal"}),
        ("restricted", {"pod-security fatal"}),
        ("full", {"quota fatal"}),
        ("limited", {"limit-range warning"}),
        ("bare", {"task-account fatal", "pod-admitted fatal"}),
        ("powerless", {"task-rights fatal"}),
    ],
)
def test_what_a_namespace_lacks_or_forbids_is_named(lab: Lab, namespace: str, expected: set[str]) -> None:
    if namespace == "not-there":  # the policy is not bound there either
        expected = {*expected, "policy-binding fatal"}
    assert lab.alarms(namespace) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("not-there", {"claim fatal"}),
        ("pending", {"claim-bound fatal"}),
        ("classless", {"claim-bound fatal", "storage-class fatal"}),
        ("wrong", {"storage-class-driver fatal"}),
        ("automount", {"storage-class-repository fatal"}),
    ],
)
def test_what_is_wrong_with_a_claim_is_named(lab: Lab, name: str, expected: set[str]) -> None:
    assert lab.alarms(claim=name) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"secret": SecretReference("not-there")}, {"store-secret fatal"}),
        ({"secret": SecretReference("wrong-keys")}, {"store-secret-keys fatal"}),
        ({"object_store_endpoint": "http://minio-service.kubeflow:9000"}, {"store-service fatal"}),
        ({"object_store_endpoint": "http://seaweedfs.kubeflow:8333"}, {"store-pods fatal"}),
        ({"public_object_store_endpoint": "http://nowhere.invalid:9000"}, {"store-name fatal"}),
        ({"bucket": "not-there"}, {"bucket warning"}),
        ({"secret_key": "not-the-key"}, {"store-keys fatal"}),
        ({"sidecar": "platform-spec"}, {"platform-spec fatal"}),
    ],
)
def test_what_is_wrong_in_the_runtime_configuration_is_named(
    lab: Lab, changed: dict[str, Any], expected: set[str]
) -> None:
    assert lab.alarms(**changed) == expected


def test_what_answers_in_the_place_of_kfp_is_named(lab: Lab) -> None:
    closed = f"http://127.0.0.1:{free_port()}"
    assert lab.alarms(api_endpoint=closed) == {"kfp-reachable fatal"}
    assert lab.alarms(api_endpoint=f"{lab.configuration.api_endpoint}/wrong") == {"kfp-address fatal"}
    login = page("<form action=/dex/auth>Log in with a password</form>")
    for reply, expected in (
        (login, "kfp-login fatal"),
        (Reply(403), "kfp-login fatal"),
        (page("hello"), "kfp-address fatal"),
        (RESET, "kfp-reachable fatal"),
    ):
        with serving(answering({}, reply)) as server:
            assert lab.alarms(api_endpoint=server.url) == {expected}


def test_what_is_wrong_with_the_driver_nodes_and_deployments_is_named(lab: Lab) -> None:
    with lab.without(f"{STORAGE}/csidrivers/{DRIVER}"):
        assert lab.alarms() == {"csi-driver fatal"}
    plugin = f"{APPS}/namespaces/cvmfs-csi/daemonsets/nodeplugin/status"
    with lab.patched(plugin, {"status": {"numberReady": 0}}, {"status": {"numberReady": 1}}):
        assert lab.alarms() == {"node-plugin fatal"}
    labels = f"{CORE}/namespaces/cvmfs-csi"
    with lab.patched(labels, level("baseline"), level("privileged")):
        assert lab.alarms() == {"node-plugin-namespace fatal"}
    local = f"{CORE}/namespaces/cvmfs-csi/configmaps/cvmfs-csi-default-local"
    small, large = (
        {"data": {"default.local": f"CVMFS_QUOTA_LIMIT={size}\nCVMFS_HTTP_PROXY=DIRECT"}}
        for size in (1000, 40000)
    )
    with lab.patched(local, small, large):
        assert lab.alarms() == {"cvmfs-cache warning"}
    node = f"{CORE}/nodes/lab"
    with lab.patched(node, {"spec": {"unschedulable": True}}, {"spec": {"unschedulable": None}}):
        assert lab.alarms() == {"node fatal"}
    arm, intel = ({"status": {"nodeInfo": {"architecture": name}}} for name in ("arm64", "amd64"))
    with lab.patched(f"{node}/status", arm, intel):
        assert lab.alarms() == {"architecture fatal"}
    for name, expected in (
        ("ml-pipeline", "kfp fatal"),
        ("workflow-controller", "argo fatal"),
        ("ml-pipeline-persistenceagent", "kfp-states warning"),
    ):
        path = f"{APPS}/namespaces/kubeflow/deployments/{name}/status"
        with lab.patched(path, {"status": {"readyReplicas": None}}, {"status": READY}):
            assert lab.alarms() == {expected}
    config = f"{CORE}/namespaces/kubeflow/configmaps/workflow-controller-configmap"
    none, some = ({"data": {"workflowDefaults": text}} for text in ("spec: {parallelism: 0}", None))
    with lab.patched(config, none, some):
        assert lab.alarms() == {"argo-parallelism fatal"}
    assert lab.alarms() == set()


def level(name: str) -> Object:
    return {"metadata": {"labels": {ENFORCE: name}}}


def test_a_policy_that_is_missing_unbound_or_shadowed_is_named(lab: Lab) -> None:
    name = "neurodesk-cvmfs"
    with lab.without(f"{ADMISSION}/mutatingadmissionpolicybindings/{name}"):
        wait_until(lab, {"policy-binding fatal"})
        with lab.without(f"{ADMISSION}/mutatingadmissionpolicies/{name}"):
            wait_until(lab, {"sidecar-delivery warning"})
    wait_until(lab, set())
    # which of two policies comes first is the API server's to decide: this one wins in both orders
    other = admission_policy(PodChanges(), name="lab-cvmfs")
    patch = 'JSONPatch{op: "replace", path: "/spec/initContainers/0/command", value: ["sleep", "infinity"]}'
    other["spec"]["mutations"].append(
        {"patchType": "JSONPatch", "jsonPatch": {"expression": f"[{patch}]"}},
    )
    binding = admission_policy_binding([], name="lab-cvmfs")
    for item in (other, binding):
        lab.api.apply(item)
    try:
        wait_until(lab, {"policy-shadowed fatal"})
        said = next(one for one in lab.results() if one.check == "policy-shadowed")
        assert "MutatingAdmissionPolicy lab-cvmfs" in said.found
    finally:
        for item in (binding, other):
            lab.api.delete(reference(item))
    wait_until(lab, set())


def test_a_policy_that_gives_tasks_a_user_namespace_is_named(lab: Lab) -> None:
    other = admission_policy(PodChanges(), name="user-namespaces")
    other["spec"]["mutations"] = [
        {
            "patchType": "JSONPatch",
            "jsonPatch": {"expression": '[JSONPatch{op: "add", path: "/spec/hostUsers", value: false}]'},
        }
    ]
    other["spec"]["variables"] = []
    binding = admission_policy_binding([], name="user-namespaces")
    for item in (other, binding):
        lab.api.apply(item)
    try:
        wait_until(lab, {"host-users fatal"})
    finally:
        for item in (binding, other):
            lab.api.delete(reference(item))
    wait_until(lab, set())


def test_tasks_that_wait_are_named_with_their_reason(lab: Lab) -> None:
    container = {"name": "main", "image": "vnmd/not-there:1"}
    metadata = {
        "name": "task",
        "namespace": "kubeflow",
        "labels": {"pipelines.kubeflow.org/v2_component": "true"},
    }
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}
    spec: Any = pod["spec"]
    spec["serviceAccountName"] = "pipeline-runner"
    lab.api.post(f"{CORE}/namespaces/kubeflow/pods", pod)
    path = f"{CORE}/namespaces/kubeflow/pods/task"
    wait = {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}
    only = {
        **{"name": "main", "image": "vnmd/not-there:1", "imageID": "", "ready": False, "restartCount": 0},
        "state": {"waiting": wait},
    }
    try:
        lab.patch(f"{path}/status", {"status": {"containerStatuses": [only]}})
        assert lab.alarms() == {"images fatal"}
        condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: Insufficient memory."}
        lab.patch(f"{path}/status", {"status": {"containerStatuses": None, "conditions": [condition]}})
        assert lab.alarms() == {"waiting-tasks warning"}
    finally:
        lab.api.delete_at(path, gracePeriodSeconds="0")


def test_an_account_of_the_namespace_gets_unknowns_and_no_false_alarm(lab: Lab) -> None:
    name = {"name": "ana", "namespace": "kubeflow"}
    group = "rbac.authorization.k8s.io"
    rules = [{"apiGroups": ["", "apps"], "resources": ["*"], "verbs": ["get", "list", "create"]}]
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": name, "rules": rules}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": name,
        "roleRef": {"apiGroup": group, "kind": "Role", "name": "ana"},
        "subjects": [{"kind": "User", "name": "ana", "apiGroup": group}],
    }
    for item in (role, binding):
        lab.api.apply(item)
    theirs = Api(control_planes.connect(lab.plane.kubeconfig_of("ana")))
    alarms = replace(lab, api=theirs).alarms()
    assert {one for one in alarms if not one.endswith(" unknown")} == set()
    assert {"node unknown", "csi-driver unknown", "task-rights unknown"} <= alarms
    # without pods, logs and events
    lab.api.apply({**role, "rules": [{**rules[0], "resources": ["secrets"]}]})
    wait = time.monotonic() + 30
    while "read-pods warning" not in replace(lab, api=theirs).alarms() and time.monotonic() < wait:
        time.sleep(0.3)
    assert "read-pods warning" in replace(lab, api=theirs).alarms()


def test_the_command_says_one_line_each_and_its_exit_status_is_that_of_the_worst(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(lab.plane.kubeconfig)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", config)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PATH", "")
    assert run(["cluster", "doctor", "--claim", "cvmfs"]) == 0
    shown = capsys.readouterr()
    assert "its endpoints are not asked" in shown.err
    assert shown.out.splitlines()[-1].endswith(" 0 warnings, 0 fatal, 0 unknown")
    assert run(["cluster", "doctor", "--claim", "not-there", "--json"]) == 6
    content = json.loads(capsys.readouterr().out)
    assert (content["status"], content["probe"], content["runtime_configuration"]) == ("fatal", None, None)
    (fatal,) = [one for one in content["checks"] if one["status"] == "fatal"]
    assert fatal == {
        "check": "claim",
        "category": "CVMFS",
        "status": "fatal",
        "object": "PersistentVolumeClaim kubeflow/not-there",
        "found": "does not exist; the namespace has automount, classless, cvmfs, pending, wrong",
        "remedy": "elyra-neurodesk cluster apply",
    }


def test_a_cluster_that_does_not_answer_is_an_error_within_ten_seconds(tmp_path: Path) -> None:
    with serving(answering({}, Reply(content={}, seconds=30))) as server:
        from elyra_neurodesk.cluster.doctor.questions import TIMEOUT

        client = control_planes.connect(kubeconfig(tmp_path / "config", server.url))
        begin = time.monotonic()
        with pytest.raises(ClusterUnreachable):
            collect(Api(client, TIMEOUT), SetUp())
        assert time.monotonic() - begin < 10


def test_nothing_of_the_doctor_stays_in_the_cluster(lab: Lab) -> None:
    assert lab.api.items(f"{CORE}/namespaces/kubeflow/pods") == []
    assert lab.api.read(Reference("v1", "Pod", "neurodesk-example", "kubeflow")) is None
