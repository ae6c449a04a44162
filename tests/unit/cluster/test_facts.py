"""What a cluster has is read in one go; what may not be read hides nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from elyra_neurodesk.cluster.api import KubernetesForbidden, ObjectNotFound
from elyra_neurodesk.cluster.facts import ClusterFacts, Unknown, gather, parse_cvmfs_config
from elyra_neurodesk.cluster.run_pods import ClusterUnreachable

VERSIONS = [{"version": "v1"}, {"version": "v1beta1"}]
POLICY_GROUP = {"name": "admissionregistration.k8s.io", "versions": VERSIONS}
KUBEFLOW = "/api/v1/namespaces/kubeflow"


def named(name: str, **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": "kubeflow"}, **more}


def workload(name: str, image: str, **more: Any) -> dict[str, Any]:
    env = [{"name": "DEFAULT_REQUEUE_TIME", "value": "1s"}, {"name": "SECRET", "valueFrom": {}}]
    container = {"name": name, "image": image, "env": env, "args": ["--drivername=cvmfs.csi.cern.ch"]}
    template = {"spec": {"containers": [container]}}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    return named(name, spec=spec, **more)


ANSWERS: dict[str, Any] = {
    "/version": {"gitVersion": "v1.36.3"},
    "/apis": {"groups": [POLICY_GROUP]},
    "/apis/admissionregistration.k8s.io/v1": {"resources": [{"kind": "MutatingAdmissionPolicy"}]},
    "/apis/admissionregistration.k8s.io/v1beta1": {"resources": [{"kind": "MutatingAdmissionPolicy"}]},
    "/api/v1/nodes": [
        named(
            "rig",
            spec={"taints": [{"key": "x", "effect": "PreferNoSchedule"}]},
            status={
                "conditions": [{"type": "Ready", "status": "True"}],
                "nodeInfo": {"architecture": "amd64", "kubeletVersion": "v1.36.3", "kernelVersion": "6.12"},
                "allocatable": {"cpu": "2"},
            },
        )
    ],
    KUBEFLOW: {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}},
    "/apis/storage.k8s.io/v1/csidrivers": [named("cvmfs.csi.cern.ch")],
    "/apis/storage.k8s.io/v1/storageclasses": [
        named("cvmfs", provisioner="cvmfs.csi.cern.ch"),
        named("nd", provisioner="cvmfs.csi.cern.ch", parameters={"repository": "neurodesk.ardc.edu.au"}),
    ],
    f"{KUBEFLOW}/persistentvolumeclaims": [
        named(
            "cvmfs-neurodesk",
            spec={"storageClassName": "nd", "accessModes": ["ReadOnlyMany"], "volumeName": "pv"},
            status={"phase": "Bound"},
        )
    ],
    f"{KUBEFLOW}/resourcequotas": [
        named("q", spec={"hard": {"pods": "5"}}, status={"hard": {"pods": "5"}, "used": {"pods": "2"}})
    ],
    "/apis/apps/v1/daemonsets": [
        workload("nodeplugin", "r/cvmfs-csi:v2.5.2", status={"desiredNumberScheduled": 2, "numberReady": 1})
    ],
    "/apis/apps/v1/deployments": [],
    "/api/v1/configmaps": [named("d", data={"default.local": "CVMFS_QUOTA_LIMIT=1000\n"})],
    "/apis/apps/v1/namespaces/kubeflow/deployments/ml-pipeline": workload(
        "ml-pipeline-api-server", "example.org/kubeflow/kfp-api-server:2.17.0", status={"readyReplicas": 1}
    ),
    "/apis/apps/v1/namespaces/kubeflow/deployments/workflow-controller": workload(
        "workflow-controller", "example.org/argoproj/workflow-controller:v4.0.8", status={}
    ),
    f"{KUBEFLOW}/configmaps/workflow-controller-configmap": named("c", data={"parallelism": "0"}),
    f"{KUBEFLOW}/services": [named("ml-pipeline"), named("seaweedfs")],
    f"{KUBEFLOW}/secrets": [named("mlpipeline-minio-artifact", data={"accesskey": "", "secretkey": ""})],
    f"{KUBEFLOW}/serviceaccounts": [named("pipeline-runner")],
    "/apis/scheduling.k8s.io/v1/priorityclasses": [named("batch")],
}


class RecordedApi:
    """Answers from `ANSWERS`; an error where there is one, else 404."""

    client = SimpleNamespace(configuration=SimpleNamespace(host="https://rig:6443"))

    def __init__(self, changed: dict[str, Any] | None = None) -> None:
        policies = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolic"
        self.answers = {f"{policies}ies": [], f"{policies}ybindings": []} | ANSWERS | (changed or {})

    def get(self, path: str, **query: str) -> Any:
        answer = self.answers.get(path, ObjectNotFound(f"{path} is not in the cluster."))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def items(self, path: str, **query: str) -> Any:
        return self.get(path, **query)


def facts(changed: dict[str, Any] | None = None) -> ClusterFacts:
    return gather(RecordedApi(changed), "kubeflow", "rig")  # type: ignore[arg-type]


def test_a_complete_cluster_is_described() -> None:
    found = facts()
    assert found.release == (1, 36)
    assert found.policy_version == "v1"
    assert found.kyverno_version == ""
    assert (found.kfp_version, found.argo.version()) == ("2.17.0", "4.0.8")  # type: ignore[union-attr]
    assert found.argo.env == {"DEFAULT_REQUEUE_TIME": "1s"}  # type: ignore[union-attr]
    assert found.argo_config == {"parallelism": "0"}
    assert found.object_store == "seaweedfs"
    assert found.secrets == {"mlpipeline-minio-artifact": ("accesskey", "secretkey")}
    assert found.namespace_labels == {"pod-security.kubernetes.io/enforce": "baseline"}
    (node,) = found.nodes  # type: ignore[misc]
    assert (node.name, node.ready, node.schedulable, node.kernel) == ("rig", True, True, "6.12")
    claim = found.claim("cvmfs-neurodesk")
    assert claim is not None
    assert (claim.phase, claim.storage_class, claim.access_modes) == ("Bound", "nd", ("ReadOnlyMany",))
    assert found.storage_class("nd").parameters == {"repository": "neurodesk.ardc.edu.au"}  # type: ignore[union-attr]
    (plugin,) = found.cvmfs_plugins  # type: ignore[misc]
    assert (plugin.kind, plugin.wanted, plugin.ready, plugin.version()) == ("DaemonSet", 2, 1, "2.5.2")
    assert found.cvmfs_config == {"kubeflow": {"CVMFS_QUOTA_LIMIT": "1000"}}
    assert (found.local_queues, found.pod_default_init_containers) == (None, None)


def test_what_may_not_be_read_is_unknown_with_the_reason_and_the_rest_is_there() -> None:
    found = facts({"/api/v1/nodes": KubernetesForbidden("nodes: forbidden.")})
    assert found.nodes == Unknown("nodes: forbidden.", forbidden=True)
    assert not found.nodes
    assert found.object_store == "seaweedfs"


def test_what_is_not_there_is_none_and_not_unknown() -> None:
    missing = ObjectNotFound("is not in the cluster.")
    found = facts({KUBEFLOW: missing, "/apis/apps/v1/namespaces/kubeflow/deployments/ml-pipeline": missing})
    assert found.namespace_labels is None
    assert found.kfp is None
    assert found.kfp_version == ""


def test_v1beta1_is_named_where_it_is_all_that_the_cluster_serves() -> None:
    found = facts(
        {
            "/apis/admissionregistration.k8s.io/v1": {"resources": [{"kind": "ValidatingAdmissionPolicy"}]},
            "/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicies": [],
            "/apis/admissionregistration.k8s.io/v1beta1/mutatingadmissionpolicybindings": [],
        }
    )
    assert found.policy_version == "v1beta1"


def test_a_cluster_that_does_not_answer_is_an_error() -> None:
    with pytest.raises(ClusterUnreachable):
        facts({"/api/v1/nodes": ClusterUnreachable("no answer.")})


def test_parameters_of_the_cvmfs_client_are_read_from_its_configuration() -> None:
    assert parse_cvmfs_config("#CVMFS_X=1\nexport CVMFS_A='b c'\n  CVMFS_D=e \n") == {
        "CVMFS_A": "b c",
        "CVMFS_D": "e",
    }
