"""Five clusters in which tasks run, as evidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from elyra_neurodesk.cluster.deliveries.admission_policy import admission_policy, admission_policy_binding
from elyra_neurodesk.cluster.deliveries.pod_default import pod_default
from elyra_neurodesk.cluster.doctor.checks.access import READER_RIGHTS, TASK_RIGHTS
from elyra_neurodesk.cluster.doctor.model import ClusterEvidence, Object, ProbeReport, Service, StoreAnswer
from elyra_neurodesk.cluster.doctor.probe.pod import TaskPod, task_pod
from elyra_neurodesk.cluster.facts import Claim, ClusterFacts, Node, StorageClass, Unknown, Workload
from elyra_neurodesk.cluster.pod_changes import PodChanges, apply
from elyra_neurodesk.cluster.setup import SetUp
from elyra_neurodesk.kfp_api.health import Health
from elyra_neurodesk.settings import RuntimeConfiguration, SecretReference

DRIVER = "cvmfs.csi.cern.ch"
REPOSITORY = "neurodesk.ardc.edu.au"
IMAGE = "vnmd/neurodesktop:2026-09-23"
SECRET = SecretReference("mlpipeline-minio-artifact")
FORBIDDEN = Unknown("nodes is forbidden", forbidden=True)

CONFIGURATION = RuntimeConfiguration(
    "neurodesk_lab",
    "Neurodesk (lab)",
    "http://127.0.0.1:8080/pipeline",
    "http://127.0.0.1:8080/pipeline",
    None,
    "http://seaweedfs.kubeflow:9000",
    "http://127.0.0.1:9000",
    "mlpipeline",
    secret=SECRET,
    kube_context="lab",
)
PROBED: dict[str, Any] = {
    "version": 1,
    "process": {"uid": 1000, "seccomp": "2", "apparmor_restricts": "", "max_user_namespaces": "15000"},
    "user_namespace": {"step": "", "error": ""},
    "fuse": {"error": ""},
    "cvmfs": {"entries": 5, "modules": 738, "revision": "4711", "root": f"/cvmfs/{REPOSITORY}"},
    "scratch": {"path": "/neurodesktop-storage", "error": "", "free": 50 << 30},
    "dns": {"host": "seaweedfs.kubeflow", "known": True, "cluster": True},
    "store": {"error": "", "reason": "", "skew": 0},
}


def workload(name: str, namespace: str = "kubeflow", **more: Any) -> Workload:
    image = more.pop("image", f"example.org/kubeflow/{name}:2.17.0")
    made = Workload("Deployment", name, namespace, {name: image}, {}, 1, 1, {"app": name})
    return replace(made, **more)


def plugin(**more: Any) -> Workload:
    return workload("cvmfs-csi-nodeplugin", "cvmfs-csi", kind="DaemonSet", **more)


def facts(**changed: Any) -> ClusterFacts:
    """Return a Minikube after `cluster apply`."""
    policy, binding = admission_policy(PodChanges()), admission_policy_binding(["kubeflow"])
    known: dict[str, Any] = {
        "context": "lab",
        "server": "https://lab:6443",
        "namespace": "kubeflow",
        "kfp_namespace": "kubeflow",
        "version": "v1.36.3",
        "groups": {"MutatingAdmissionPolicy": ("v1",)},
        "nodes": (Node("lab", True, True, "amd64", "v1.36.3", "6.12", {"cpu": "4"}),),
        "namespace_labels": {"pod-security.kubernetes.io/enforce": "baseline"},
        "csi_drivers": (DRIVER,),
        "cvmfs_plugins": (plugin(),),
        "cvmfs_config": {"cvmfs-csi": {"CVMFS_QUOTA_LIMIT": "40000", "CVMFS_HTTP_PROXY": "DIRECT"}},
        "storage_classes": (StorageClass("cvmfs-neurodesk", DRIVER, {"repository": REPOSITORY}),),
        "claims": (Claim("cvmfs-neurodesk", "Bound", "cvmfs-neurodesk", ("ReadOnlyMany",), "pv"),),
        "quotas": (),
        "policies": (policy,),
        "policy_bindings": (binding,),
        "kyverno_policies": (),
        "pod_defaults": (),
        "pod_default_init_containers": None,
        "kfp": workload("ml-pipeline"),
        "argo": workload("workflow-controller", env={"DEFAULT_REQUEUE_TIME": "1s"}),
        "argo_config": {},
        "services": ("ml-pipeline", "seaweedfs"),
        "secrets": {"mlpipeline-minio-artifact": ("accesskey", "secretkey")},
        "service_accounts": ("default", "pipeline-runner"),
        "priority_classes": (),
        "local_queues": None,
    }
    return ClusterFacts(**(known | changed))


def example(**changed: Any) -> Object:
    """Return a task's pod without changes of the cluster."""
    task = TaskPod("kubeflow", "pipeline-runner", IMAGE, "cvmfs-neurodesk", f"/cvmfs/{REPOSITORY}")
    return task_pod(replace(task, **changed), "example", ["true"])


def evidence(**changed: Any) -> ClusterEvidence:
    """Return what is found in `facts` by an administrator with a runtime configuration."""
    known: dict[str, Any] = {
        "facts": facts(),
        "set_up": SetUp(),
        "configuration": CONFIGURATION,
        "rights": dict.fromkeys(READER_RIGHTS, True),
        "task_rights": dict.fromkeys(TASK_RIGHTS, True),
        "namespaces": {"kubeflow": {}, "cvmfs-csi": {"pod-security.kubernetes.io/enforce": "privileged"}},
        "deployments": (workload("ml-pipeline"), workload("ml-pipeline-persistenceagent")),
        "waiting": (),
        "example": apply(PodChanges(), example()),
        "clock": 0.4,
        "kfp": Health(tag_name="2.17.0"),
        "store": StoreAnswer("http://127.0.0.1:9000"),
        "store_service": Service("seaweedfs", "kubeflow", (9000,), ready=True),
        "probe": ProbeReport("probe", IMAGE, PROBED),
    }
    return ClusterEvidence(**(known | changed))


def minikube() -> ClusterEvidence:
    """Return Minikube after `cluster apply`."""
    return evidence()


def hand_written_policy() -> ClusterEvidence:
    """Return the administrator's cluster with a policy of another name, and its own object store."""
    policy = admission_policy(PodChanges(), name="lab-cvmfs")
    binding = admission_policy_binding([], name="lab-cvmfs")
    known = facts(policies=(policy,), policy_bindings=(binding,), cvmfs_config=FORBIDDEN)
    own = replace(CONFIGURATION, object_store_endpoint="https://s3.example.org", iam=True, secret=None)
    return evidence(facts=known, configuration=own, store_service=None)


def kfp_makes_the_sidecar() -> ClusterEvidence:
    """Return KFP 2.18 on a Kubernetes without admission policies."""
    known = facts(
        version="v1.33.4",
        groups={},
        nodes=(Node("lab", True, True, "amd64", "v1.33.4", "6.12", {}),),
        policies=(),
        policy_bindings=(),
        kfp=workload("ml-pipeline", image="example.org/kubeflow/kfp-api-server:2.18.0"),
    )
    return evidence(facts=known, example=example(), kfp=Health(tag_name="2.18.0"))


def multi_user() -> ClusterEvidence:
    """Return a user's namespace of Kubeflow, whose owner may read nothing of the whole cluster."""
    item = pod_default(PodChanges(), "ana", IMAGE, "cvmfs-neurodesk", f"/cvmfs/{REPOSITORY}")
    known = facts(
        namespace="ana",
        version="v1.32.0",
        groups={"PodDefault": ("v1alpha1",)},
        nodes=FORBIDDEN,
        namespace_labels={"app.kubernetes.io/part-of": "kubeflow-profile"},
        csi_drivers=FORBIDDEN,
        cvmfs_plugins=FORBIDDEN,
        cvmfs_config=FORBIDDEN,
        policies=(),
        policy_bindings=(),
        pod_defaults=(item,),
        pod_default_init_containers=True,
        kfp=workload(
            "ml-pipeline", env={"DEFAULTPIPELINERUNNERSERVICEACCOUNT": "default-editor", "MULTIUSER": "true"}
        ),
        service_accounts=("default-editor", "default-viewer"),
        priority_classes=FORBIDDEN,
    )
    pod = example(namespace="ana", account="default-editor")
    pod["spec"]["initContainers"] = item["spec"]["initContainers"]
    return evidence(
        facts=known,
        set_up=SetUp("ana"),
        configuration=replace(CONFIGURATION, namespace="ana", auth_type="DEX_STATIC_PASSWORDS"),
        namespaces=FORBIDDEN,
        deployments=FORBIDDEN,
        task_rights=FORBIDDEN,
        example=pod,
        kfp=Unknown("asks for a login, which this command does not try"),
    )


def automount() -> ClusterEvidence:
    """Return the seed's set-up, a claim of all repositories at /cvmfs, applied with --claim cvmfs."""
    known = facts(
        storage_classes=(StorageClass("cvmfs", DRIVER, {}),),
        claims=(Claim("cvmfs", "Bound", "cvmfs", ("ReadOnlyMany",), "pv"),),
    )
    pod = apply(PodChanges(), example(claim="cvmfs", mount_path="/cvmfs"))
    return evidence(
        facts=known,
        set_up=SetUp(claim="cvmfs"),
        configuration=replace(CONFIGURATION, claim="cvmfs", volume_mode="automount"),
        example=pod,
    )


HEALTHY = (minikube, hand_written_policy, kfp_makes_the_sidecar, multi_user, automount)
