"""Which objects a set-up has, from what the cluster has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from elyra_neurodesk.cluster.api import reference
from elyra_neurodesk.cluster.facts import Claim, ClusterFacts, StorageClass, Unknown
from elyra_neurodesk.cluster.pod_changes import PodChanges
from elyra_neurodesk.cluster.rendering import CvmfsClient, files, helm_values, seccomp_profile
from elyra_neurodesk.cluster.setup import (
    DeliveryNotServed,
    SetUp,
    SidecarImageMissing,
    advice,
    choose_delivery,
    mount_path,
    planned_objects,
)
from tests.unit.cluster.test_facts import facts as recorded_facts

REPOSITORY = {"repository": "neurodesk.ardc.edu.au"}
DRIVER = "cvmfs.csi.cern.ch"


def cluster(**changed: Any) -> ClusterFacts:
    """Return a cluster with KFP, Argo and cvmfs-csi, and without classes and claims."""
    return replace(recorded_facts(), **({"storage_classes": (), "claims": ()} | changed))


def names(set_up: SetUp, facts: ClusterFacts | None) -> list[str]:
    return [str(reference(one.item)) for one in planned_objects(set_up, facts)]


def test_a_cluster_with_kfp_gets_class_claim_policy_readers_and_a_quicker_argo() -> None:
    assert names(SetUp(), cluster()) == [
        "StorageClass cvmfs-neurodesk",
        "PersistentVolumeClaim kubeflow/cvmfs-neurodesk",
        "MutatingAdmissionPolicy neurodesk-cvmfs",
        "MutatingAdmissionPolicyBinding neurodesk-cvmfs",
        "ServiceAccount kubeflow/neurodesk-reader",
        "Role kubeflow/neurodesk-reader",
        "RoleBinding kubeflow/neurodesk-reader",
        "Deployment kubeflow/workflow-controller",
    ]


def test_without_a_namespace_it_is_made_with_pod_security_baseline() -> None:
    planned = planned_objects(SetUp(), cluster(namespace_labels=None))[0]
    assert planned.item["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "baseline",
        "app.kubernetes.io/managed-by": "elyra-neurodesk",
    }


def test_a_namespace_of_others_is_labelled_only_when_asked_and_never_called_ours() -> None:
    planned = planned_objects(SetUp(pod_security="restricted"), cluster())[0]
    assert planned.item["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert not planned.whole


def test_a_class_of_the_repository_is_adopted_whatever_its_name() -> None:
    found = cluster(storage_classes=(StorageClass("by-helm", DRIVER, REPOSITORY, "Helm"),))
    claim = next(one.item for one in planned_objects(SetUp(), found) if one.item["kind"].endswith("Claim"))
    assert claim["spec"]["storageClassName"] == "by-helm"
    assert "StorageClass" not in " ".join(names(SetUp(), found))


def test_a_class_of_helm_with_our_name_is_left_to_helm() -> None:
    found = cluster(storage_classes=(StorageClass("cvmfs-neurodesk", DRIVER, REPOSITORY, "Helm"),))
    assert "StorageClass cvmfs-neurodesk" not in names(SetUp(), found)


def test_what_we_made_is_planned_again_so_that_it_can_be_compared() -> None:
    found = cluster(
        storage_classes=(StorageClass("cvmfs-neurodesk", DRIVER, REPOSITORY, "elyra-neurodesk"),),
        claims=(
            Claim("cvmfs-neurodesk", "Bound", "cvmfs-neurodesk", ("ReadOnlyMany",), "pv", "elyra-neurodesk"),
        ),
    )
    assert names(SetUp(), found) == names(SetUp(), cluster())


def test_the_claim_of_the_manual_recipe_is_adopted_and_mounted_above_the_repository() -> None:
    found = cluster(
        storage_classes=(StorageClass("cvmfs", DRIVER, {}),),
        claims=(Claim("cvmfs", "Bound", "cvmfs", ("ReadOnlyMany",), "pv"),),
    )
    set_up = SetUp(claim="cvmfs")
    assert mount_path(set_up, found) == "/cvmfs"
    assert not {"StorageClass", "PersistentVolumeClaim"} & {name.split()[0] for name in names(set_up, found)}
    assert mount_path(SetUp(), cluster()) == "/cvmfs/neurodesk.ardc.edu.au"


@pytest.mark.parametrize(
    ("groups", "more", "image", "delivery"),
    [
        ({"MutatingAdmissionPolicy": ("v1",)}, {}, "", "admission-policy"),
        ({"MutatingAdmissionPolicy": ("v1beta1",), "MutatingPolicy": ("v1",)}, {}, "", "admission-policy"),
        ({"MutatingPolicy": ("v1",)}, {}, "", "kyverno"),
        ({}, {"pod_default_init_containers": True}, "image", "pod-default"),
        ({}, {"pod_default_init_containers": True}, "", "none"),
        ({}, {"pod_default_init_containers": False}, "image", "none"),
        ({}, {}, "", "none"),
    ],
)
def test_auto_takes_the_policy_that_the_cluster_has(
    groups: dict[str, tuple[str, ...]], more: dict[str, Any], image: str, delivery: str
) -> None:
    found = cluster(groups=groups, **more)
    assert choose_delivery(SetUp(changes=PodChanges(image)), found) == delivery


@pytest.mark.parametrize("delivery", ["pod-default", "workflow-defaults", "pipeline-spec-patch"])
def test_a_delivery_that_does_not_see_tasks_needs_an_image(delivery: Any) -> None:
    with pytest.raises(SidecarImageMissing, match="--sidecar-image"):
        planned_objects(SetUp(delivery=delivery), cluster())
    assert planned_objects(SetUp(delivery=delivery, changes=PodChanges("image")), cluster())


@pytest.mark.parametrize("delivery", ["admission-policy", "kyverno"])
def test_a_delivery_that_the_cluster_does_not_serve_is_refused(delivery: Any) -> None:
    with pytest.raises(DeliveryNotServed, match="serves no"):
        planned_objects(SetUp(delivery=delivery), cluster(groups={}))


def test_workflow_defaults_are_a_workflow_in_argos_config_map() -> None:
    set_up = SetUp(delivery="workflow-defaults", changes=PodChanges("image"))
    item = next(one.item for one in planned_objects(set_up, cluster()) if one.item["kind"] == "ConfigMap")
    assert list(yaml.safe_load(item["data"]["workflowDefaults"])["spec"]) == ["podSpecPatch"]


def test_what_no_manifest_mends_is_said_with_its_remedy() -> None:
    found = cluster(csi_drivers=(), kfp=None, groups={})
    driver, plugin, kfp, policy = advice(SetUp(), found)
    assert "cvmfs.csi.cern.ch is not installed" in driver
    assert "1 of 2 pods ready" in plugin
    assert "--kfp-namespace" in kfp
    assert "serves no MutatingAdmissionPolicy" in policy


def test_no_driver_is_missed_where_drivers_may_not_be_read() -> None:
    found = cluster(csi_drivers=Unknown("no", True), cvmfs_plugins=())
    assert advice(SetUp(), found) == []


def test_rendered_files_are_the_manifests_but_the_class_which_the_chart_makes() -> None:
    written = files(SetUp(), planned_objects(SetUp()), CvmfsClient())
    kustomization = yaml.safe_load(written["kustomization.yaml"])
    assert kustomization["resources"] == [
        "namespace-kubeflow.yaml",
        "persistentvolumeclaim-cvmfs-neurodesk.yaml",
        "mutatingadmissionpolicy-neurodesk-cvmfs.yaml",
        "mutatingadmissionpolicybinding-neurodesk-cvmfs.yaml",
        "serviceaccount-neurodesk-reader.yaml",
        "role-neurodesk-reader.yaml",
        "rolebinding-neurodesk-reader.yaml",
    ]
    for name in kustomization["resources"]:
        planned = next(
            one
            for one in planned_objects(SetUp())
            if f"{one.item['kind'].lower()}-" in f"{name[: name.index('-')]}-"
        )
        assert yaml.safe_load(written[name]) == planned.item
    assert set(written) - set(kustomization["resources"]) == {
        "kustomization.yaml",
        "cvmfs-csi-values.yaml",
        "seccomp/neurodesk.json",
        "server-side/deployment-workflow-controller.yaml",
    }


def test_the_charts_values_have_class_proxy_quota_key_and_servers() -> None:
    client = CvmfsClient("http://squid:3128;DIRECT", 8000, ("http://mirror/",), prefetch=False)
    values = helm_values("class", client)
    assert values["specificRepositoryStorageClasses"] == [{"name": "class", **REPOSITORY}]
    assert values["cache"] == {"local": {"cvmfsQuotaLimit": 8000}}
    assert values["nodeplugin"] == {"prefetcher": {"enabled": False}}
    config = values["extraConfigMaps"]["cvmfs-csi-config-d"]
    assert 'CVMFS_SERVER_URL="http://mirror/cvmfs/@fqrn@"' in config["neurodesk.ardc.edu.au.conf"]
    assert config["neurodesk.ardc.edu.au.pub"].startswith("-----BEGIN PUBLIC KEY-----\n")
    local = values["extraConfigMaps"]["cvmfs-csi-default-local"]["default.local"]
    assert 'CVMFS_HTTP_PROXY="http://squid:3128;DIRECT"' in local


def test_the_seccomp_profile_lets_apptainer_make_namespaces_and_mount() -> None:
    (denied,) = seccomp_profile()["syscalls"]
    assert not {"unshare", "clone", "clone3", "mount", "umount2", "pivot_root", "setns"} & set(
        denied["names"]
    )
    assert {"kexec_load", "init_module", "bpf", "reboot"} <= set(denied["names"])
