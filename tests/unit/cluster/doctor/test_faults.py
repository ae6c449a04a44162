"""Each seeded fault is named right: by its own check, at its level, and by no other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from elyra_neurodesk.cluster.deliveries.admission_policy import admission_policy
from elyra_neurodesk.cluster.doctor.checks import CHECKS
from elyra_neurodesk.cluster.doctor.checks.access import READER_RIGHTS, TASK_RIGHTS
from elyra_neurodesk.cluster.doctor.diagnosis import diagnose
from elyra_neurodesk.cluster.doctor.model import (
    ClusterEvidence,
    ProbeReport,
    Refusal,
    Service,
    StoreAnswer,
    WaitingPod,
)
from elyra_neurodesk.cluster.facts import Claim, Node, Quota, StorageClass
from elyra_neurodesk.cluster.pod_changes import PodChanges, apply
from elyra_neurodesk.cluster.setup import SetUp
from elyra_neurodesk.kfp_api import errors
from elyra_neurodesk.storage.errors import ErrorClass
from tests.unit.cluster.doctor.variants import (
    CONFIGURATION,
    DRIVER,
    IMAGE,
    PROBED,
    REPOSITORY,
    SECRET,
    automount,
    evidence,
    example,
    facts,
    kfp_makes_the_sidecar,
    multi_user,
    plugin,
    workload,
)

HERE = "http://127.0.0.1:9000"
CLAIM = Claim("cvmfs-neurodesk", "Bound", "cvmfs-neurodesk", ("ReadOnlyMany",), "pv")
NODE = Node("lab", True, True, "amd64", "v1.36.3", "6.12", {})


def of_facts(**changed: Any) -> ClusterEvidence:
    return evidence(facts=facts(**changed))


def of_claim(**changed: Any) -> ClusterEvidence:
    return of_facts(claims=(replace(CLAIM, **changed),))


def of_example(change: Callable[[dict[str, Any]], object], **more: Any) -> ClusterEvidence:
    pod = apply(PodChanges(), example())
    change(pod)
    return evidence(example=pod, **more)


def refused(words: str, **more: Any) -> ClusterEvidence:
    return evidence(example=Refusal(words), **more)


def probed(**parts: Mapping[str, Any]) -> ClusterEvidence:
    answer = {name: {**part, **parts.get(name, {})} for name, part in PROBED.items() if name != "version"}
    return evidence(probe=ProbeReport("probe", IMAGE, answer))


def not_started(message: str, code: str = "ND-KUBE-009") -> ClusterEvidence:
    return evidence(probe=ProbeReport("probe", IMAGE, None, code, message, "hint"))


def store(error_class: ErrorClass) -> ClusterEvidence:
    return evidence(store=StoreAnswer(HERE, error_class, "reason"))


def missing(**changed: Any) -> ClusterEvidence:
    """Return a cluster without a policy, where the API server changes nothing of a task."""
    known: dict[str, Any] = {"policies": (), "policy_bindings": ()}
    return evidence(facts=facts(**(known | changed)), example=example())


def without_keys(secret: tuple[str, ...]) -> ClusterEvidence:
    return of_facts(secrets={SECRET.name: secret})


def other_sidecar(pod: dict[str, Any]) -> None:
    pod["spec"]["initContainers"][0]["command"] = ["sh", "-c", "sleep infinity"]


OLD_POLICY = admission_policy(PodChanges(), name="lab-cvmfs")
FAULTS: dict[str, tuple[ClusterEvidence, set[str]]] = {
    # access
    "this account may not read pods": (
        evidence(rights=dict.fromkeys(READER_RIGHTS, False)),
        {"read-pods warning"},
    ),
    "no service account for tasks": (of_facts(service_accounts=("default",)), {"task-account fatal"}),
    "no role for tasks": (
        evidence(task_rights=dict.fromkeys(TASK_RIGHTS, False)),
        {"task-rights fatal"},
    ),
    "this machine's clock is off": (evidence(clock=-4000.0), {"clock fatal"}),
    # nodes
    "no node takes pods": (of_facts(nodes=(replace(NODE, schedulable=False),)), {"node fatal"}),
    "a node is not ready": (
        of_facts(nodes=(NODE, replace(NODE, name="b", ready=False))),
        {"nodes-ready warning"},
    ),
    "wrong architecture": (of_facts(nodes=(replace(NODE, architecture="arm64"),)), {"architecture fatal"}),
    "one node of another architecture": (
        of_facts(nodes=(NODE, replace(NODE, name="b", architecture="arm64"))),
        {"architecture warning"},
    ),
    "Kubernetes without sidecars": (
        of_facts(nodes=(replace(NODE, version="v1.27.9"),)),
        {"kubelet-version fatal"},
    ),
    # namespace
    "no namespace": (
        evidence(facts=facts(namespace_labels=None), example=None),
        {"namespace fatal"},
    ),
    "Pod Security refuses": (
        refused('pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true'),
        {"pod-security fatal"},
    ),
    "Pod Security restricted, unasked": (
        evidence(
            facts=facts(namespace_labels={"pod-security.kubernetes.io/enforce": "restricted"}), example=None
        ),
        {"pod-security fatal"},
    ),
    "a webhook refuses": (
        refused('admission webhook "images.lab" denied the request: registry not allowed'),
        {"pod-admitted fatal"},
    ),
    "quota used up": (
        of_facts(quotas=(Quota("lab", {"pods": "5", "requests.memory": "8Gi"}, {"pods": "5"}),)),
        {"quota fatal"},
    ),
    "quota of memory used up": (
        of_facts(quotas=(Quota("lab", {"requests.memory": "8Gi"}, {"requests.memory": "8192Mi"}),)),
        {"quota fatal"},
    ),
    "quota wants limits": (
        refused(
            'pods "x" is forbidden: failed quota: lab: must specify limits.cpu for: main',
            facts=facts(quotas=(Quota("lab", {"limits.cpu": "8"}, {"limits.cpu": "1"}),)),
        ),
        {"quota fatal"},
    ),
    "LimitRange": (
        of_example(
            lambda pod: pod["spec"]["containers"][0].update(resources={"limits": {"memory": "512Mi"}})
        ),
        {"limit-range warning"},
    ),
    "hostUsers: false with FUSE": (
        of_example(lambda pod: pod["spec"].update(hostUsers=False)),
        {"host-users fatal"},
    ),
    # CVMFS
    "CSI driver absent": (
        of_facts(csi_drivers=(), claims=(replace(CLAIM, phase="Pending"),)),
        {"csi-driver fatal", "claim-bound fatal"},
    ),
    "node plugin missing": (of_facts(cvmfs_plugins=()), {"node-plugin fatal"}),
    "node plugin not ready": (of_facts(cvmfs_plugins=(plugin(wanted=3, ready=0),)), {"node-plugin fatal"}),
    "node plugin not ready on some nodes": (
        of_facts(cvmfs_plugins=(plugin(wanted=3, ready=2),)),
        {"node-plugin warning"},
    ),
    "node plugin in a baseline namespace": (
        evidence(namespaces={"cvmfs-csi": {"pod-security.kubernetes.io/enforce": "baseline"}}),
        {"node-plugin-namespace fatal"},
    ),
    "quota of 1000 MiB": (
        of_facts(cvmfs_config={"cvmfs-csi": {"CVMFS_QUOTA_LIMIT": "1000"}}),
        {"cvmfs-cache warning"},
    ),
    "CERN's proxy": (
        of_facts(cvmfs_config={"cvmfs-csi": {"CVMFS_HTTP_PROXY": "http://ca-proxy.cern.ch:3128"}}),
        {"cvmfs-proxy fatal"},
    ),
    "claim missing": (of_facts(claims=()), {"claim fatal"}),
    "claim unbound": (of_claim(phase="Pending", volume=""), {"claim-bound fatal"}),
    "claim lost": (of_claim(phase="Lost"), {"claim-bound fatal"}),
    "claim of one node": (of_claim(access_modes=("ReadWriteOnce",)), {"claim-access warning"}),
    "claim of a class that is not there": (
        of_claim(storage_class="gone", phase="Pending"),
        {"storage-class fatal", "claim-bound fatal"},
    ),
    "claim of a wrong class": (
        of_facts(storage_classes=(StorageClass("cvmfs-neurodesk", "rancher.io/local-path", {}),)),
        {"storage-class-driver fatal"},
    ),
    "class without repository": (
        of_facts(storage_classes=(StorageClass("cvmfs-neurodesk", DRIVER, {}),)),
        {"storage-class-repository fatal"},
    ),
    "class of another repository": (
        of_facts(storage_classes=(StorageClass("cvmfs-neurodesk", DRIVER, {"repository": "atlas.cern.ch"}),)),
        {"storage-class-repository fatal"},
    ),
    "class of the repository mounted at /cvmfs": (
        evidence(configuration=replace(CONFIGURATION, volume_mode="automount")),
        {"storage-class-repository fatal"},
    ),
    "automount without a policy": (
        replace(
            automount(),
            facts=replace(automount().facts, policies=(), policy_bindings=()),
            example=example(claim="cvmfs", mount_path="/cvmfs"),
        ),
        {"mount-propagation fatal", "sidecar-delivery warning"},
    ),
    # sidecar
    "policy missing": (missing(), {"sidecar-delivery warning"}),
    "feature gate off": (
        missing(version="v1.34.2", groups={}),
        {"policy-feature warning", "sidecar-delivery warning"},
    ),
    "binding missing": (
        evidence(facts=facts(policy_bindings=()), example=example()),
        {"policy-binding fatal"},
    ),
    "binding of another namespace": (
        evidence(
            facts=facts(namespace="ana", services=("ml-pipeline", "seaweedfs")),
            set_up=SetUp("ana"),
            example=example(),
        ),
        {"policy-binding fatal"},
    ),
    "policy without effect": (evidence(example=example()), {"policy-effect fatal"}),
    "policy shadowed": (
        of_example(other_sidecar, facts=facts(policies=(*facts().policies, OLD_POLICY))),  # type: ignore[misc]
        {"policy-shadowed fatal"},
    ),
    "policy shadowed by a webhook": (of_example(other_sidecar), {"policy-shadowed fatal"}),
    "PodDefault without effect": (
        replace(multi_user(), example=example(namespace="ana")),
        {"policy-effect fatal"},
    ),
    "PodDefault of an old Kubeflow": (
        replace(multi_user(), facts=replace(multi_user().facts, pod_default_init_containers=False)),
        {"pod-default fatal"},
    ),
    "platform-spec on an old KFP": (
        evidence(configuration=replace(CONFIGURATION, sidecar="platform-spec")),
        {"platform-spec fatal"},
    ),
    "no sidecar from an old KFP": (
        replace(
            kfp_makes_the_sidecar(),
            facts=replace(kfp_makes_the_sidecar().facts, kfp=workload("ml-pipeline")),
        ),
        {"sidecar-delivery warning"},
    ),
    "queue without Kueue": (
        of_example(lambda pod: pod["metadata"]["labels"].update({"kueue.x-k8s.io/queue-name": "lab"})),
        {"options fatal"},
    ),
    "priority class missing": (
        evidence(set_up=SetUp(changes=PodChanges(priority_class="batch"))),
        {"options fatal"},
    ),
    "no FUSE device plugin": (
        evidence(set_up=SetUp(changes=PodChanges(fuse_resource="smarter-devices/fuse"))),
        {"options fatal"},
    ),
    # KFP
    "KFP missing": (of_facts(kfp=None), {"kfp fatal"}),
    "KFP does not run": (of_facts(kfp=workload("ml-pipeline", ready=0)), {"kfp fatal"}),
    "KFP too old": (
        of_facts(kfp=workload("ml-pipeline", image="kfp/api-server:1.8.5")),
        {"kfp-version fatal"},
    ),
    "KFP stale": (
        evidence(deployments=(workload("ml-pipeline-persistenceagent", ready=0),)),
        {"kfp-states warning"},
    ),
    "KFP's database does not run": (
        evidence(deployments=(workload("mysql", ready=0),)),
        {"kfp-parts warning"},
    ),
    "KFP unreachable": (evidence(kfp=errors.NothingListens("nothing listens.")), {"kfp-reachable fatal"}),
    "KFP at a wrong path": (evidence(kfp=errors.WrongPath("there is no API.")), {"kfp-address fatal"}),
    "KFP needs a login": (evidence(kfp=errors.LoginPage("a login page.")), {"kfp-login fatal"}),
    # object store
    "store's name unknown here": (store(ErrorClass.UNKNOWN_HOST), {"store-name fatal"}),
    "store's port-forward missing": (store(ErrorClass.REFUSED), {"store-reachable fatal"}),
    "store's keys wrong here": (store(ErrorClass.WRONG_CREDENTIALS), {"store-keys fatal"}),
    "wrong bucket": (store(ErrorClass.NO_BUCKET), {"bucket warning"}),
    "store's clock": (store(ErrorClass.CLOCK_SKEW), {"store-clock fatal"}),
    "store's name unknown in pods": (
        evidence(store_service=Service("minio-service", "kubeflow", None)),
        {"store-service fatal"},
    ),
    "store's port wrong": (
        evidence(store_service=Service("seaweedfs", "kubeflow", (8333,), ready=True)),
        {"store-pods fatal"},
    ),
    "store does not run": (
        evidence(store_service=Service("seaweedfs", "kubeflow", (9000,), ready=False)),
        {"store-pods fatal"},
    ),
    "secret missing": (of_facts(secrets={}), {"store-secret fatal"}),
    "wrong key names": (without_keys(("AWS_ACCESS_KEY_ID", "secretkey")), {"store-secret-keys fatal"}),
    # Argo
    "Argo does not run": (of_facts(argo=workload("workflow-controller", ready=0)), {"argo fatal"}),
    "Argo's parallelism 0": (
        of_facts(argo_config={"workflowDefaults": "spec:\n  parallelism: 0\n"}),
        {"argo-parallelism fatal"},
    ),
    "Argo's parallelism 0 in the other form": (
        of_facts(argo_config={"config": "workflowDefaults:\n  spec: {parallelism: 0}\n"}),
        {"argo-parallelism fatal"},
    ),
    # pods
    "image that cannot be pulled": (
        evidence(waiting=(WaitingPod("a", "ND-KUBE-001", "image x cannot be pulled.", "hint"),)),
        {"images fatal"},
    ),
    "a task without room": (
        evidence(waiting=(WaitingPod("a", "ND-KUBE-003", "no room.", "hint"),)),
        {"waiting-tasks warning"},
    ),
    # inside a task
    "the probe pod never starts": (not_started("a volume cannot be mounted."), {"probe-pod fatal"}),
    "the probe pod has a user namespace": (
        not_started("failed to set MOUNT_ATTR_IDMAP on /x: invalid argument (maybe … idmap mounts …)"),
        {"probe-host-users fatal"},
    ),
    "the probe's image is of another architecture": (
        not_started("container main cannot be started: exec /usr/bin/python3: exec format error"),
        {"probe-architecture fatal"},
    ),
    "the mount is dead before the probe pod starts": (
        not_started("a volume cannot be mounted: stat /x: transport endpoint is not connected."),
        {"probe-cvmfs fatal"},
    ),
    "ELOOP": (probed(cvmfs={"error": "ELOOP", "modules": 0}), {"probe-cvmfs fatal"}),
    "ENOTCONN": (probed(cvmfs={"error": "ENOTCONN", "modules": 0}), {"probe-cvmfs fatal"}),
    "EIO": (probed(cvmfs={"error": "EIO"}), {"probe-cvmfs fatal"}),
    "empty mount": (probed(cvmfs={"entries": 0, "modules": 0}), {"probe-cvmfs fatal"}),
    "another repository is mounted": (probed(cvmfs={"modules": 0}), {"probe-modules fatal"}),
    "no DNS in a task": (probed(dns={"known": False, "cluster": False}), {"probe-dns fatal"}),
    "the store's name is unknown in a task": (
        probed(dns={"known": False}, store={"error": "NAME"}),
        {"probe-dns fatal"},
    ),
    "a NetworkPolicy before the store": (probed(store={"error": "TimeoutError"}), {"probe-store fatal"}),
    "wrong keys in the secret": (
        probed(store={"error": "SignatureDoesNotMatch"}),
        {"probe-store-keys fatal"},
    ),
    "wrong bucket in a task": (probed(store={"error": "NoSuchBucket"}), {"probe-bucket warning"}),
    "the node's clock": (
        probed(store={"error": "RequestTimeTooSkewed", "skew": 4000}),
        {"probe-clock fatal"},
    ),
    "seccomp denies apptainer": (
        probed(user_namespace={"step": "unshare", "error": "EPERM"}),
        {"probe-apptainer warning"},
    ),
    "no room for scratch": (probed(scratch={"free": 1 << 20}), {"probe-scratch warning"}),
    "scratch cannot be written": (
        probed(scratch={"error": "EACCES", "reason": "denied"}),
        {"probe-scratch fatal"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_right(fault: str) -> None:
    seen, expected = FAULTS[fault]
    alarms = [one for one in diagnose(seen) if one.status in ("warning", "fatal")]
    assert {f"{one.check} {one.status}" for one in alarms} == expected
    assert all(one.object and one.found and one.remedy for one in alarms)
    assert not any("\n" in f"{one.object}{one.found}{one.remedy}" for one in alarms)


def test_every_check_that_can_fail_has_a_fault_here() -> None:
    named = {name.split()[0] for _, expected in FAULTS.values() for name in expected}
    hints = {check.name for check in CHECKS if check.level == "ok"}
    assert {check.name for check in CHECKS} == named | hints


@pytest.mark.parametrize(
    ("process", "error", "remedy"),
    [
        ({}, {"step": "unshare", "error": "EPERM"}, "--seccomp-profile"),
        ({"uid": 0}, {"step": "uid_map", "error": "EPERM"}, "--run-as-user 1000"),
        ({"apparmor_restricts": "1"}, {"step": "uid_map", "error": "EACCES"}, "--apparmor-profile"),
        ({"max_user_namespaces": "0"}, {"step": "unshare", "error": "ENOSPC"}, "sysctl"),
    ],
)
def test_what_apptainer_lacks_has_its_own_remedy(
    process: dict[str, Any], error: dict[str, Any], remedy: str
) -> None:
    (alarm,) = [
        one
        for one in diagnose(probed(process=process, user_namespace=error))
        if one.check == "probe-apptainer"
    ]
    assert remedy in alarm.remedy


def test_the_remedy_of_a_wrong_name_is_the_address_that_the_cluster_has() -> None:
    seen = evidence(store_service=Service("minio-service", "kubeflow", None))
    (alarm,) = [one for one in diagnose(seen) if one.status == "fatal"]
    assert alarm.object == "Service kubeflow/minio-service"
    assert alarm.remedy == "Set Object Storage Endpoint to http://seaweedfs.kubeflow:9000"


def test_revision_and_modules_are_said_where_nothing_is_wrong() -> None:
    (said,) = [one for one in diagnose(evidence()) if one.check == "probe-modules"]
    assert (said.status, said.found) == ("ok", "738 modules, revision 4711")
    assert said.object == f"CVMFS at /cvmfs/{REPOSITORY}"


def test_the_controllers_own_parallelism_of_0_is_no_limit() -> None:
    assert [
        one.status for one in diagnose(of_facts(argo_config={"parallelism": "0"})) if "argo" in one.check
    ] == ["ok"] * 3
