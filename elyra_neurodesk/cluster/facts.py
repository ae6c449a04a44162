"""What a cluster has, as far as this account may see it.

Everything is asked for at once and within seconds; a fact that cannot be read is `Unknown` with the API
server's reason, so that one missing permission hides nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from elyra_neurodesk.cluster.api import (
    MANAGED_BY,
    Api,
    KubernetesForbidden,
    Object,
    ObjectNotFound,
)
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.deliveries.admission_policy import GROUP, KYVERNO_GROUP
from elyra_neurodesk.cluster.deliveries.pod_default import knows_init_containers
from elyra_neurodesk.cluster.run_pods import ClusterUnreachable

CVMFS_DRIVER = "cvmfs.csi.cern.ch"
KFP_SERVER = "ml-pipeline"
ARGO_CONTROLLER = "workflow-controller"
ARGO_CONFIG = "workflow-controller-configmap"
TASK_ACCOUNT = "pipeline-runner"
OBJECT_STORES = ("seaweedfs", "minio-service")
"""Services of KFP's own object store: the first since 2.16, the second before."""

_PARALLEL = 8


@dataclass(frozen=True)
class Unknown:
    """A fact that could not be found out.

    Attributes:
        reason: one line.
        forbidden: whether this account may not read it, as opposed to an answer that failed.
    """

    reason: str
    forbidden: bool = False

    def __bool__(self) -> Literal[False]:
        return False


@dataclass(frozen=True)
class Node:
    """A Kubernetes node.

    Attributes:
        name: of the node.
        ready: its condition.
        schedulable: whether pods without tolerations can be placed on it.
        architecture: such as ``amd64``.
        version: of its kubelet.
        kernel: version of its Linux.
        allocatable: quantities by resource, extended resources among them.
    """

    name: str
    ready: bool
    schedulable: bool
    architecture: str
    version: str
    kernel: str
    allocatable: Mapping[str, str]


@dataclass(frozen=True)
class StorageClass:
    """A StorageClass: its provisioner and parameters, and who manages it (a label), "" where nothing says."""

    name: str
    provisioner: str
    parameters: Mapping[str, str]
    managed_by: str = ""


@dataclass(frozen=True)
class Claim:
    """A PersistentVolumeClaim of the namespace.

    Attributes:
        name: of the claim.
        phase: ``Bound``, ``Pending`` or ``Lost``.
        storage_class: its class, "" for none.
        access_modes: such as ``ReadOnlyMany``.
        volume: its PersistentVolume, "" until it is bound.
        managed_by: its label of that name, "" for none.
    """

    name: str
    phase: str
    storage_class: str
    access_modes: tuple[str, ...]
    volume: str
    managed_by: str = ""


@dataclass(frozen=True)
class Workload:
    """A Deployment or DaemonSet.

    Attributes:
        kind: ``Deployment`` or ``DaemonSet``.
        name: of the object.
        namespace: where it is.
        images: of its containers, by their names.
        env: constant environment variables of its containers.
        wanted: number of pods that there should be.
        ready: number of those that are.
        selector: labels of its pods.
    """

    kind: str
    name: str
    namespace: str
    images: Mapping[str, str]
    env: Mapping[str, str]
    wanted: int
    ready: int
    selector: Mapping[str, str]

    def version(self) -> str:
        """Return the release in a tag of its images, "" where none is a number."""
        for image in self.images.values():
            found = re.search(r":v?(\d+\.\d+(\.\d+)?[\w.+-]*)(@|$)", image)
            if found:
                return found[1]
        return ""


@dataclass(frozen=True)
class Quota:
    """A ResourceQuota of the namespace: what is allowed and what is used, by resource."""

    name: str
    hard: Mapping[str, str]
    used: Mapping[str, str]


@dataclass(frozen=True)
class ClusterFacts:
    """What a cluster has. Lists are empty and objects None where there is none.

    Attributes:
        context: of the kubeconfig, "" for its current one.
        server: address of the API server.
        namespace: where pipelines run.
        kfp_namespace: where Kubeflow Pipelines itself is; the same unless it has several users.
        version: of the API server, such as ``v1.36.3``.
        groups: versions of each API group that the cluster has, its preferred one first.
        nodes: the nodes.
        namespace_labels: of the namespace (``pod-security.kubernetes.io/…`` among them); None without it.
        csi_drivers: names of the registered CSI drivers.
        cvmfs_plugins: DaemonSets and Deployments of cvmfs-csi, in any namespace.
        cvmfs_config: ``default.local`` of cvmfs-csi by namespace: the CVMFS client's parameters.
        storage_classes: all of them.
        claims: PersistentVolumeClaims of the namespace.
        quotas: of the namespace.
        policies: MutatingAdmissionPolicies, as they are.
        policy_bindings: their bindings.
        kyverno_policies: Kyverno's MutatingPolicies.
        pod_defaults: Kubeflow's PodDefaults of the namespace.
        pod_default_init_containers: whether its definition has ``initContainers``; None without PodDefaults.
        kfp: KFP's API server.
        argo: Argo's workflow controller.
        argo_config: data of the controller's ConfigMap.
        services: names of the services in KFP's namespace.
        secrets: keys of each secret of the namespace; never values.
        service_accounts: names of the namespace's service accounts.
        priority_classes: names.
        local_queues: Kueue's queues of the namespace; None without Kueue.
    """

    context: str
    server: str
    namespace: str
    kfp_namespace: str
    version: str
    groups: Mapping[str, tuple[str, ...]]
    nodes: tuple[Node, ...] | Unknown
    namespace_labels: Mapping[str, str] | Unknown | None
    csi_drivers: tuple[str, ...] | Unknown
    cvmfs_plugins: tuple[Workload, ...] | Unknown
    cvmfs_config: Mapping[str, Mapping[str, str]] | Unknown
    storage_classes: tuple[StorageClass, ...] | Unknown
    claims: tuple[Claim, ...] | Unknown
    quotas: tuple[Quota, ...] | Unknown
    policies: tuple[Object, ...] | Unknown
    policy_bindings: tuple[Object, ...] | Unknown
    kyverno_policies: tuple[Object, ...] | Unknown
    pod_defaults: tuple[Object, ...] | Unknown
    pod_default_init_containers: bool | Unknown | None
    kfp: Workload | Unknown | None
    argo: Workload | Unknown | None
    argo_config: Mapping[str, str] | Unknown | None
    services: tuple[str, ...] | Unknown
    secrets: Mapping[str, tuple[str, ...]] | Unknown
    service_accounts: tuple[str, ...] | Unknown
    priority_classes: tuple[str, ...] | Unknown
    local_queues: tuple[str, ...] | Unknown | None

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version of Kubernetes."""
        found = re.match(r"v?(\d+)\.(\d+)", self.version)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    @property
    def policy_version(self) -> str:
        """The version in which the cluster serves MutatingAdmissionPolicy, "" where it does not."""
        return self.groups.get("MutatingAdmissionPolicy", ("",))[0]

    @property
    def kyverno_version(self) -> str:
        """The version in which the cluster serves Kyverno's MutatingPolicy, "" where it does not."""
        return self.groups.get("MutatingPolicy", ("",))[0]

    @property
    def kfp_version(self) -> str:
        """Release of KFP by its image's tag, "" where it is not known."""
        return self.kfp.version() if self.kfp else ""

    @property
    def object_store(self) -> str:
        """Name of the service of KFP's own object store, "" where there is none."""
        return next((name for name in OBJECT_STORES if name in (self.services or ())), "")

    def claim(self, name: str) -> Claim | None:
        """Return the claim of this name, None where it is not there or cannot be read."""
        return next((one for one in self.claims or () if one.name == name), None)

    def storage_class(self, name: str) -> StorageClass | None:
        """Return the StorageClass of this name, None where it is not there or cannot be read."""
        return next((one for one in self.storage_classes or () if one.name == name), None)


def gather(api: Api, namespace: str, context: str = "", kfp_namespace: str = "") -> ClusterFacts:
    """Ask the cluster for its facts.

    Args:
        api: of the cluster.
        namespace: where pipelines run.
        context: of the kubeconfig, for messages.
        kfp_namespace: where Kubeflow Pipelines itself is; "" for the same.

    Raises:
        ClusterUnreachable: there is no answer.
        KubernetesForbidden: the cluster does not accept the account at all.
    """
    version = str(api.get("/version").get("gitVersion", ""))
    groups = _groups(api)
    kfp_namespace = kfp_namespace or namespace
    here = f"/api/v1/namespaces/{namespace}"
    kfp = f"/api/v1/namespaces/{kfp_namespace}"

    def listed(path: str, read: Callable[[Object], Any] = dict) -> Callable[[], Any]:
        return lambda: tuple(read(item) for item in api.items(path))

    def names(path: str) -> Callable[[], Any]:
        return listed(path, lambda item: str(item["metadata"]["name"]))

    def of_kind(kind: str, group: str, path: str) -> Callable[[], Any]:
        served = groups.get(kind)
        return listed(f"/apis/{group}/{served[0]}/{path}") if served else tuple

    questions: dict[str, Callable[[], Any]] = {
        "nodes": listed("/api/v1/nodes", _node),
        "namespace_labels": lambda: _or_none(lambda: _labels(api.get(here))),
        "csi_drivers": names("/apis/storage.k8s.io/v1/csidrivers"),
        "cvmfs_plugins": lambda: _cvmfs_plugins(api),
        "cvmfs_config": lambda: _cvmfs_config(api),
        "storage_classes": listed("/apis/storage.k8s.io/v1/storageclasses", _storage_class),
        "claims": listed(f"{here}/persistentvolumeclaims", _claim),
        "quotas": listed(f"{here}/resourcequotas", _quota),
        "policies": of_kind("MutatingAdmissionPolicy", GROUP, "mutatingadmissionpolicies"),
        "policy_bindings": of_kind("MutatingAdmissionPolicy", GROUP, "mutatingadmissionpolicybindings"),
        "kyverno_policies": of_kind("MutatingPolicy", KYVERNO_GROUP, "mutatingpolicies"),
        "pod_defaults": of_kind("PodDefault", "kubeflow.org", f"namespaces/{namespace}/poddefaults"),
        "pod_default_init_containers": lambda: _pod_default_init_containers(api),
        "kfp": lambda: _deployment(api, kfp_namespace, KFP_SERVER),
        "argo": lambda: _deployment(api, kfp_namespace, ARGO_CONTROLLER),
        "argo_config": lambda: _or_none(lambda: api.get(f"{kfp}/configmaps/{ARGO_CONFIG}").get("data", {})),
        "services": names(f"{kfp}/services"),
        "secrets": lambda: _secret_keys(api.items(f"{here}/secrets")),
        "service_accounts": names(f"{here}/serviceaccounts"),
        "priority_classes": names("/apis/scheduling.k8s.io/v1/priorityclasses"),
        "local_queues": lambda: _local_queues(api, groups, namespace),
    }
    with ThreadPoolExecutor(_PARALLEL) as pool:
        answers = dict(zip(questions, pool.map(_answer, questions.values()), strict=True))
    server = str(api.client.configuration.host)
    return ClusterFacts(context, server, namespace, kfp_namespace, version, groups, **answers)


def _answer(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except ClusterUnreachable:
        raise
    except ClusterError as problem:
        return Unknown(problem.message, isinstance(problem, KubernetesForbidden))


def _or_none(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except ObjectNotFound:
        return None


def _groups(api: Api) -> dict[str, tuple[str, ...]]:
    """Return the served versions of the kinds that deliveries need, the newest stable one first."""
    served = {
        str(group["name"]): [str(one["version"]) for one in group["versions"]]
        for group in api.get("/apis")["groups"]
    }
    found = {}
    for kind, group, order in (
        ("MutatingAdmissionPolicy", GROUP, ("v1", "v1beta1")),
        ("MutatingPolicy", KYVERNO_GROUP, ("v1", "v1beta1", "v1alpha1")),
        ("PodDefault", "kubeflow.org", ("v1alpha1",)),
        ("LocalQueue", "kueue.x-k8s.io", ("v1", "v1beta2", "v1beta1")),
    ):
        versions = tuple(
            version
            for version in order
            if version in served.get(group, ()) and _serves(api, group, version, kind)
        )
        if versions:
            found[kind] = versions
    return found


def _serves(api: Api, group: str, version: str, kind: str) -> bool:
    try:
        resources = api.get(f"/apis/{group}/{version}")["resources"]
    except ObjectNotFound:
        return False
    return any(one["kind"] == kind for one in resources)


def _labels(item: Object) -> dict[str, str]:
    return dict(item["metadata"].get("labels") or {})


def _node(item: Object) -> Node:
    status, spec = item["status"], item["spec"]
    info = status.get("nodeInfo", {})
    conditions = {one["type"]: one["status"] for one in status.get("conditions", ())}
    taints = [one for one in spec.get("taints", ()) if one["effect"] in ("NoSchedule", "NoExecute")]
    return Node(
        item["metadata"]["name"],
        conditions.get("Ready") == "True",
        not spec.get("unschedulable") and not taints,
        info.get("architecture", ""),
        info.get("kubeletVersion", ""),
        info.get("kernelVersion", ""),
        dict(status.get("allocatable") or {}),
    )


def _storage_class(item: Object) -> StorageClass:
    return StorageClass(
        item["metadata"]["name"],
        item["provisioner"],
        dict(item.get("parameters") or {}),
        _labels(item).get(MANAGED_BY, ""),
    )


def _claim(item: Object) -> Claim:
    spec = item["spec"]
    return Claim(
        item["metadata"]["name"],
        item.get("status", {}).get("phase", "Pending"),
        spec.get("storageClassName") or "",
        tuple(spec.get("accessModes", ())),
        spec.get("volumeName") or "",
        _labels(item).get(MANAGED_BY, ""),
    )


def _quota(item: Object) -> Quota:
    status = item.get("status", {})
    hard = status.get("hard") or item["spec"].get("hard") or {}
    return Quota(item["metadata"]["name"], dict(hard), dict(status.get("used") or {}))


def workload(item: Object, kind: str) -> Workload:
    """Return what a Deployment or DaemonSet says of itself."""
    status, template = item.get("status", {}), item["spec"]["template"]["spec"]
    containers: Iterable[Object] = template["containers"]
    daemon = kind == "DaemonSet"
    return Workload(
        kind,
        item["metadata"]["name"],
        item["metadata"]["namespace"],
        {one["name"]: one["image"] for one in containers},
        {env["name"]: env["value"] for one in containers for env in one.get("env", ()) if "value" in env},
        status.get("desiredNumberScheduled", 0) if daemon else item["spec"].get("replicas", 1),
        status.get("numberReady" if daemon else "readyReplicas", 0),
        dict(item["spec"]["selector"].get("matchLabels") or {}),
    )


def _deployment(api: Api, namespace: str, name: str) -> Workload | None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    found = _or_none(lambda: api.get(path))
    return workload(found, "Deployment") if found else None


def _cvmfs_plugins(api: Api) -> tuple[Workload, ...]:
    found = []
    for kind, path in (("DaemonSet", "daemonsets"), ("Deployment", "deployments")):
        for item in api.items(f"/apis/apps/v1/{path}"):
            if CVMFS_DRIVER in json.dumps(item["spec"]["template"]["spec"]):
                found.append(workload(item, kind))
    return tuple(found)


def _cvmfs_config(api: Api) -> dict[str, dict[str, str]]:
    # the name that cvmfs-csi's Helm chart gives it
    query = {"fieldSelector": "metadata.name=cvmfs-csi-default-local"}
    return {
        item["metadata"]["namespace"]: parse_cvmfs_config((item.get("data") or {}).get("default.local", ""))
        for item in api.items("/api/v1/configmaps", **query)
    }


def parse_cvmfs_config(text: str) -> dict[str, str]:
    """Return the parameters of a CVMFS client configuration, which is a shell script of assignments.

    >>> parse_cvmfs_config('# cache\\nCVMFS_QUOTA_LIMIT=1000\\nCVMFS_HTTP_PROXY="DIRECT"')
    {'CVMFS_QUOTA_LIMIT': '1000', 'CVMFS_HTTP_PROXY': 'DIRECT'}
    """
    found = re.findall(r"^\s*(?:export\s+)?(CVMFS_\w+)=(.*?)\s*$", text, re.MULTILINE)
    return {name: value.strip("'\"") for name, value in found}


def _pod_default_init_containers(api: Api) -> bool | None:
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/poddefaults.kubeflow.org"
    definition = _or_none(lambda: api.get(path))
    return None if definition is None else knows_init_containers(definition)


def _secret_keys(items: Iterable[Object]) -> dict[str, tuple[str, ...]]:
    return {item["metadata"]["name"]: tuple(item.get("data") or ()) for item in items}


def _local_queues(api: Api, groups: Mapping[str, tuple[str, ...]], namespace: str) -> Any:
    served = groups.get("LocalQueue")
    if not served:
        return None
    items = api.items(f"/apis/kueue.x-k8s.io/{served[0]}/namespaces/{namespace}/localqueues")
    return tuple(str(item["metadata"]["name"]) for item in items)
