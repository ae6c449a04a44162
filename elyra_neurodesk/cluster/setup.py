"""The objects that Neurodesk's tasks need in a cluster, as manifests, and why each is there.

Which ones is decided from what the cluster has (`facts`): what is there already, by our names or by others,
is adopted and not made a second time.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import yaml

from elyra_neurodesk.cluster.api import FIELD_MANAGER, MANAGED_BY, Object
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.deliveries import NEED_IMAGE, Delivery
from elyra_neurodesk.cluster.deliveries.admission_policy import (
    admission_policy,
    admission_policy_binding,
    kyverno_policy,
)
from elyra_neurodesk.cluster.deliveries.pod_default import pod_default
from elyra_neurodesk.cluster.deliveries.workflow_patch import (
    VARIABLE,
    compiled_pipeline_spec_patch,
    workflow_spec,
)
from elyra_neurodesk.cluster.facts import (
    ARGO_CONFIG,
    ARGO_CONTROLLER,
    CVMFS_DRIVER,
    KFP_SERVER,
    ClusterFacts,
    StorageClass,
    Unknown,
)
from elyra_neurodesk.cluster.pod_changes import PodChanges
from elyra_neurodesk.paths import CVMFS_AUTOMOUNT, CVMFS_ROOT
from elyra_neurodesk.settings import KFP_BUCKET, KFP_NAMESPACE, KFP_SECRET, SecretReference
from elyra_neurodesk.storage.transport import Credentials

REPOSITORY = "neurodesk.ardc.edu.au"
READER = "neurodesk-reader"
STORE_SECRET = "neurodesk-object-store"  # noqa: S105  the name of a secret
"""Secret with the keys of an object store that is not KFP's own."""

REQUEUE_VARIABLE = "DEFAULT_REQUEUE_TIME"
KFP_SERVER_CONTAINER = "ml-pipeline-api-server"


class SidecarImageMissing(ClusterError):
    """The delivery makes one sidecar for all tasks, and no image is given for it."""

    code = "ND-CLUSTER-025"
    hint = "Name one with a POSIX shell, such as the Neurodesktop image of your tasks, with --sidecar-image."


class DeliveryNotServed(ClusterError):
    """The cluster does not serve what the chosen delivery needs."""

    code = "ND-CLUSTER-026"
    hint = "Leave out --delivery: the set-up takes one that the cluster has."


NO_OPTIONS = PodChanges()


@dataclass(frozen=True)
class SetUp:
    """What is wanted.

    Attributes:
        namespace: where pipelines run.
        kfp_namespace: where Kubeflow Pipelines is.
        delivery: how the sidecar reaches the tasks.
        changes: what the pods of tasks get.
        claim: PersistentVolumeClaim of CVMFS.
        storage_class: its class, where the cluster has none for the repository.
        pod_security: level that the namespace enforces (``baseline``, …), "" to leave it as it is.
        requeue: whether Argo looks at workflows every second and not every ten.
        readers: groups that may read the namespace's pods, events, logs and workflows.
        object_store: URL of an S3 store as pods reach it, "" for the one that KFP brings.
        bucket: of the object store.
        object_store_secret: secret with the store's keys, in the namespace; "" for KFP's own, or of another
            store for `STORE_SECRET`.
        keys: of a store that is not KFP's; None leaves its secret as it is (see `store_keys`). They are never
            part of manifests that are written to files.
    """

    namespace: str = KFP_NAMESPACE
    kfp_namespace: str = KFP_NAMESPACE
    delivery: Delivery = "auto"
    changes: PodChanges = NO_OPTIONS
    claim: str = "cvmfs-neurodesk"
    storage_class: str = "cvmfs-neurodesk"
    pod_security: str = ""
    requeue: bool = True
    readers: tuple[str, ...] = ()
    object_store: str = ""
    bucket: str = KFP_BUCKET
    object_store_secret: str = ""
    keys: Credentials | None = field(default=None, repr=False)

    @property
    def secret(self) -> str:
        """Name of the secret with the object store's keys."""
        return self.object_store_secret or (STORE_SECRET if self.object_store else KFP_SECRET)


@dataclass(frozen=True)
class Planned:
    """A manifest and why it is there.

    Attributes:
        item: the manifest.
        why: one sentence.
        whole: whether the object is ours; otherwise some fields of another's object are.
    """

    item: Object
    why: str
    whole: bool = True


def planned_objects(set_up: SetUp, facts: ClusterFacts | None = None) -> list[Planned]:
    """Return the manifests of a set-up in the order in which they are applied.

    Args:
        set_up: what is wanted.
        facts: what the cluster has; without them, everything for a cluster of the newest version.

    Raises:
        SidecarImageMissing, DeliveryNotServed: see there.
    """
    found = [
        *_namespace(set_up, facts),
        *_volume(set_up, facts),
        *_store_secret(set_up),
        *_delivery(set_up, facts),
        *_readers(set_up),
        *_requeue(set_up, facts),
    ]
    for one in found:
        if one.whole:
            one.item["metadata"].setdefault("labels", {})[MANAGED_BY] = FIELD_MANAGER
    return found


def choose_delivery(set_up: SetUp, facts: ClusterFacts | None) -> Delivery:
    """Return the delivery that is used; never ``auto``.

    Without an admission policy the tasks wait for CVMFS themselves: the patches of every workflow change pods
    that are not ours, so they are taken only when they are asked for.
    """
    if set_up.delivery != "auto":
        return set_up.delivery
    if facts is None or facts.policy_version:
        return "admission-policy"
    if facts.kyverno_version:
        return "kyverno"
    if facts.pod_default_init_containers and set_up.changes.sidecar_image:
        return "pod-default"
    return "none"


def mount_path(set_up: SetUp, facts: ClusterFacts | None) -> str:
    """Return where tasks mount the claim: as the repository, or above it where its class has all of them."""
    claim = facts.claim(set_up.claim) if facts else None
    if claim is None or facts is None:
        return CVMFS_ROOT
    kind = facts.storage_class(claim.storage_class)
    return CVMFS_AUTOMOUNT if kind and _is_automount(kind) else CVMFS_ROOT


def advice(set_up: SetUp, facts: ClusterFacts) -> list[str]:
    """Return what stands in the way and no manifest of ours mends, one sentence with its remedy each."""
    return list(_advice(set_up, facts))


def _advice(set_up: SetUp, facts: ClusterFacts) -> Iterator[str]:
    if not isinstance(facts.csi_drivers, Unknown) and CVMFS_DRIVER not in facts.csi_drivers:
        yield (
            f"The CSI driver {CVMFS_DRIVER} is not installed: `elyra-neurodesk cluster render DIRECTORY` "
            "writes the values for its Helm chart and the command."
        )
    for plugin in facts.cvmfs_plugins or ():
        if plugin.ready < plugin.wanted:
            yield (
                f"{plugin.kind} {plugin.namespace}/{plugin.name} has {plugin.ready} of {plugin.wanted} pods "
                f"ready: see `kubectl --namespace {plugin.namespace} get pods`."
            )
    if facts.kfp is None:
        yield (
            f"Kubeflow Pipelines is not in namespace {facts.kfp_namespace}: install it, or name its "
            "namespace with --kfp-namespace."
        )
    claim = facts.claim(set_up.claim)
    if claim and claim.phase == "Lost":
        yield f"PersistentVolumeClaim {claim.name} has lost its volume: delete it and apply again."
    if choose_delivery(set_up, facts) == "none" and set_up.delivery == "auto":
        yield (
            f"Kubernetes {facts.version} serves no MutatingAdmissionPolicy (1.36, or the feature gate of "
            "1.34 and 1.35), and Kyverno is not installed: tasks wait for CVMFS themselves, or get the "
            "sidecar from KFP 2.18 and newer. --delivery names other ways."
        )


def _is_automount(kind: StorageClass) -> bool:
    return kind.provisioner == CVMFS_DRIVER and not kind.parameters.get("repository")


def _namespace(set_up: SetUp, facts: ClusterFacts | None) -> Iterator[Planned]:
    there = facts is not None and facts.namespace_labels is not None
    if there and not set_up.pod_security:
        return
    labels = {}
    if level := set_up.pod_security or ("" if there else "baseline"):
        labels["pod-security.kubernetes.io/enforce"] = level
    item = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": set_up.namespace, "labels": labels},
    }
    why = "Pod Security is enforced where pipelines run." if there else "Pipelines run in it."
    yield Planned(item, why, whole=not there)


def _volume(set_up: SetUp, facts: ClusterFacts | None) -> Iterator[Planned]:
    claim = facts.claim(set_up.claim) if facts else None
    if claim and claim.managed_by != FIELD_MANAGER:
        return  # adopted: whoever made it chose its class
    kind = claim.storage_class if claim else _class_of_repository(set_up, facts)
    there = facts.storage_class(kind) if facts else None
    if there is None or there.managed_by == FIELD_MANAGER:
        yield Planned(
            {
                "apiVersion": "storage.k8s.io/v1",
                "kind": "StorageClass",
                "metadata": {"name": kind},
                "provisioner": CVMFS_DRIVER,
                "parameters": {"repository": REPOSITORY},
            },
            "Its volumes are Neurodesk's repository; with a repository they need no mount propagation.",
        )
    yield Planned(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": set_up.claim, "namespace": set_up.namespace},
            "spec": {
                "accessModes": ["ReadOnlyMany"],
                # cvmfs-csi ignores it, Kubernetes wants one
                "resources": {"requests": {"storage": "1Gi"}},
                "storageClassName": kind,
            },
        },
        f"Tasks mount it at {CVMFS_ROOT}.",
    )


def _store_secret(set_up: SetUp) -> Iterator[Planned]:
    if not set_up.object_store or set_up.keys is None:
        return
    keys = {
        SecretReference.access_key_field: set_up.keys.access_key,
        SecretReference.secret_key_field: set_up.keys.secret_key,
    }
    yield Planned(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": set_up.secret, "namespace": set_up.namespace},
            "type": "Opaque",
            "data": {name: base64.b64encode(value.encode()).decode() for name, value in keys.items()},
        },
        f"Tasks reach the object store {set_up.object_store} with its keys.",
    )


def _class_of_repository(set_up: SetUp, facts: ClusterFacts | None) -> str:
    """Return the StorageClass of the repository: one that the cluster has, else the one to be made."""
    classes: Sequence[StorageClass] = (facts.storage_classes or ()) if facts else ()
    names = [
        kind.name
        for kind in classes
        if kind.provisioner == CVMFS_DRIVER and kind.parameters.get("repository") == REPOSITORY
    ]
    return set_up.storage_class if set_up.storage_class in names or not names else names[0]


def _delivery(set_up: SetUp, facts: ClusterFacts | None) -> Iterator[Planned]:
    delivery, changes = choose_delivery(set_up, facts), set_up.changes
    here = [set_up.namespace]
    if delivery in NEED_IMAGE and not changes.sidecar_image:
        raise SidecarImageMissing(f"the delivery {delivery} needs an image for the sidecar.")
    image, path = changes.sidecar_image, mount_path(set_up, facts)
    if delivery == "admission-policy":
        version = facts.policy_version if facts else "v1"
        if not version:
            raise DeliveryNotServed(
                f"Kubernetes {facts and facts.version} serves no MutatingAdmissionPolicy."
            )
        yield Planned(
            admission_policy(changes, version),
            "The API server adds the sidecar to tasks, and sets what KFP cannot say of their mounts.",
        )
        yield Planned(admission_policy_binding(here, version), "Without it the policy has no effect.")
    elif delivery == "kyverno":
        version = facts.kyverno_version if facts else "v1"
        if not version:
            raise DeliveryNotServed("the cluster serves no MutatingPolicy of Kyverno.")
        yield Planned(
            kyverno_policy(changes, here, version),
            "Kyverno adds the sidecar to tasks, and sets what KFP cannot say of their mounts.",
        )
    elif delivery == "pod-default":
        yield Planned(
            pod_default(changes, set_up.namespace, image, set_up.claim, path),
            "Kubeflow's webhook adds the sidecar to tasks.",
        )
    elif delivery == "workflow-defaults":
        spec = yaml.safe_dump({"spec": workflow_spec(changes, image, set_up.claim, path)}, sort_keys=False)
        yield Planned(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": ARGO_CONFIG, "namespace": set_up.kfp_namespace},
                "data": {"workflowDefaults": spec},
            },
            "Argo adds the sidecar to every pod of every workflow.",
            whole=False,
        )
    elif delivery == "pipeline-spec-patch":
        value = compiled_pipeline_spec_patch(changes, image, set_up.claim, path)
        yield _variable(
            set_up.kfp_namespace,
            KFP_SERVER,
            KFP_SERVER_CONTAINER,
            VARIABLE,
            value,
            "KFP 2.15 and newer add the sidecar to every pod of every run.",
        )


def _readers(set_up: SetUp) -> Iterator[Planned]:
    metadata = {"name": READER, "namespace": set_up.namespace}
    yield Planned(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": dict(metadata)},
        "For people without an account: its token may read what pods say, and nothing else.",
    )
    read = ["get", "list", "watch"]
    yield Planned(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": dict(metadata),
            "rules": [
                {"apiGroups": [""], "resources": ["pods", "pods/log", "events"], "verbs": list(read)},
                {"apiGroups": ["argoproj.io"], "resources": ["workflows"], "verbs": list(read)},
            ],
        },
        "`runs show` and `runs logs` say why a pod waits or has failed.",
    )
    subjects: list[Object] = [{"kind": "ServiceAccount", **metadata}]
    subjects += [
        {"kind": "Group", "name": group, "apiGroup": "rbac.authorization.k8s.io"} for group in set_up.readers
    ]
    yield Planned(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": dict(metadata),
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": READER},
            "subjects": subjects,
        },
        "Who may read them.",
    )


def _requeue(set_up: SetUp, facts: ClusterFacts | None) -> Iterator[Planned]:
    if not set_up.requeue or (facts is not None and not facts.argo):
        return
    yield _variable(
        set_up.kfp_namespace,
        ARGO_CONTROLLER,
        ARGO_CONTROLLER,
        REQUEUE_VARIABLE,
        "1s",
        "Argo takes up a workflow's next task after one second and not after ten.",
    )


def _variable(
    namespace: str, deployment: str, container: str, variable: str, value: str, why: str
) -> Planned:
    """Return one environment variable of another's Deployment."""
    env = [{"name": variable, "value": value}]
    return Planned(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": deployment, "namespace": namespace},
            "spec": {"template": {"spec": {"containers": [{"name": container, "env": env}]}}},
        },
        why,
        whole=False,
    )
