"""What applying or removing the set-up changes in a cluster, and doing it."""

from __future__ import annotations

import copy
import difflib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from elyra_neurodesk.cluster.api import (
    FIELD_MANAGER,
    MANAGED_BY,
    Api,
    FieldConflict,
    Object,
    ObjectNotFound,
    Reference,
    reference,
)
from elyra_neurodesk.cluster.connection import ClusterError
from elyra_neurodesk.cluster.facts import ARGO_CONFIG, ARGO_CONTROLLER, KFP_SERVER
from elyra_neurodesk.cluster.setup import Planned

Action = Literal["create", "update", "conflict", "unchanged"]

WAIT = 120.0
"""Seconds in which a claim is bound, or an object gone, at most."""

_POLL = 1.0
_SERVER_FIELDS = ("managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink")


class NotReadyInTime(ClusterError):
    """What was applied or removed is not ready, or not gone, in time."""

    code = "ND-CLUSTER-027"


@dataclass(frozen=True)
class Change:
    """What applying one manifest changes.

    Attributes:
        planned: the manifest.
        action: what happens; ``conflict`` where another field manager has set a field to another value.
        diff: unified diff of the object, "" for none.
        conflict: what the API server says of the conflict.
    """

    planned: Planned
    action: Action
    diff: str = ""
    conflict: str = ""

    @property
    def which(self) -> Reference:
        """The object."""
        return reference(self.planned.item)


def plan(api: Api, planned: Sequence[Planned]) -> list[Change]:
    """Ask the API server what applying the manifests would change; nothing is changed.

    Raises:
        ClusterUnreachable, KubernetesForbidden, KubernetesRefused: see `Api.apply`.
    """
    return [_change(api, one) for one in planned]


def _change(api: Api, planned: Planned) -> Change:
    which = reference(planned.item)
    live = api.read(which)
    if live is None:
        return Change(planned, "create", _diff(which, {}, planned.item))
    try:
        after = api.apply(planned.item, dry_run=True)
    except FieldConflict as problem:
        forced = api.apply(planned.item, dry_run=True, force=True)
        return Change(planned, "conflict", _diff(which, live, forced), problem.message)
    changed = _kept(live) != _kept(after)
    return Change(planned, "update" if changed else "unchanged", _diff(which, live, after))


def _diff(which: Reference, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    old, new = _text(_masked(before, {})), _text(_masked(after, before))
    name = str(which)
    return "\n".join(difflib.unified_diff(old, new, f"{name} (now)", f"{name} (then)", lineterm="", n=2))


def _kept(item: Mapping[str, Any]) -> Object:
    """Return an object without what the API server keeps of it."""
    kept = copy.deepcopy(dict(item))
    kept.pop("status", None)
    for field in _SERVER_FIELDS:
        kept["metadata"].pop(field, None)
    return kept


def _masked(item: Mapping[str, Any], before: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a secret without its values, but with a word where one is not what it was before."""
    if item.get("kind") != "Secret":
        return item
    old = before.get("data", {})
    values = {
        key: "… (changed)" if key in old and old[key] != value else "…"
        for key, value in item.get("data", {}).items()
    }
    return {**item, "data": values}


def _text(item: Mapping[str, Any]) -> list[str]:
    if not item:
        return []
    return yaml.safe_dump(_kept(item), sort_keys=True, allow_unicode=True, width=100).splitlines()


def apply(api: Api, changes: Sequence[Change], force: bool = False) -> Iterator[Change]:
    """Apply what has changed, yielding each change when it is done.

    Args:
        api: of the cluster.
        changes: see `plan`.
        force: whether fields of other field managers are taken over.

    Raises:
        FieldConflict: a field is another's, and ``force`` is not set; what came before is applied.
        ClusterUnreachable, KubernetesForbidden, KubernetesRefused: see `Api.apply`.
    """
    for change in changes:
        if change.action != "unchanged":
            api.apply(change.planned.item, force=force)
            yield change


def wait_for_claim(
    api: Api, which: Reference, say: Callable[[str], None], within: float = WAIT, poll: float = _POLL
) -> None:
    """Wait until a PersistentVolumeClaim is bound.

    Raises:
        NotReadyInTime: it is not, with the last event of the claim.
    """
    deadline = time.monotonic() + within
    told = ""
    while True:
        claim = api.read(which) or {}
        phase = claim.get("status", {}).get("phase", "absent")
        if phase == "Bound":
            return
        if phase != told:
            say(f"{which} is {phase}; waiting up to {within:.0f} s until it is Bound")
            told = phase
        if time.monotonic() > deadline:
            raise NotReadyInTime(
                f"{which} is {phase} after {within:.0f} s. {_last_event(api, which)}".rstrip(),
                f"See `kubectl --namespace {which.namespace} describe pvc {which.name}`; the CSI driver "
                "cvmfs.csi.cern.ch must be installed.",
            )
        time.sleep(poll)


def wait_for_rollout(
    api: Api, which: Reference, say: Callable[[str], None], within: float = WAIT, poll: float = _POLL
) -> None:
    """Wait until all pods of a Deployment or DaemonSet are those of its newest template, and available.

    Raises:
        NotReadyInTime: they are not.
    """
    deadline = time.monotonic() + within
    said = ""
    while state := _rollout(api.read(which) or {}):
        if state != said:
            say(f"{which}: {state}; waiting up to {within:.0f} s")
            said = state
        if time.monotonic() > deadline:
            raise NotReadyInTime(
                f"{which}: {state} after {within:.0f} s.",
                f"See `kubectl --namespace {which.namespace} describe {which.kind.lower()} {which.name}`.",
            )
        time.sleep(poll)


def _rollout(item: Object) -> str:
    """Return how far a rollout is, "" when it is done (as kubectl's ``rollout status`` decides it)."""
    status = item.get("status", {})
    if item.get("kind") == "DaemonSet":
        wanted = status.get("desiredNumberScheduled", 0)
        updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
        old = 0
    else:
        wanted = item.get("spec", {}).get("replicas", 1)
        updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
        old = status.get("replicas", 0) - updated
    if status.get("observedGeneration", 0) < item.get("metadata", {}).get("generation", 1):
        return "its controller has not seen the change yet"
    if updated < wanted:
        return f"{updated} of {wanted} pods are new"
    if old > 0:
        return f"{old} old pods are ending"
    return f"{available} of {wanted} pods are available" if available < wanted else ""


def _last_event(api: Api, which: Reference) -> str:
    selector = f"involvedObject.name={which.name},involvedObject.kind={which.kind}"
    try:
        events = api.items(f"/api/v1/namespaces/{which.namespace}/events", fieldSelector=selector)
    except ClusterError:
        return ""
    return f"Kubernetes says: {events[-1].get('message', '')}" if events else ""


@dataclass(frozen=True)
class Removal:
    """One thing that `remove` takes away.

    Attributes:
        which: the object.
        whole: whether the object goes; otherwise the fields that we set in it.
        kept: why it stays nevertheless, "" when it goes.
    """

    which: Reference
    whole: bool = True
    kept: str = ""


_RBAC = "rbac.authorization.k8s.io/v1"
_POLICY = "admissionregistration.k8s.io"
_OURS: tuple[tuple[str, str, str, bool], ...] = (
    # in the order in which they go: what changes pods first, what holds the others last
    (f"{_POLICY}/v1", "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", False),
    (f"{_POLICY}/v1", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", False),
    (f"{_POLICY}/v1beta1", "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", False),
    (f"{_POLICY}/v1beta1", "MutatingAdmissionPolicy", "mutatingadmissionpolicies", False),
    ("policies.kyverno.io/v1", "MutatingPolicy", "mutatingpolicies", False),
    ("policies.kyverno.io/v1beta1", "MutatingPolicy", "mutatingpolicies", False),
    ("policies.kyverno.io/v1alpha1", "MutatingPolicy", "mutatingpolicies", False),
    ("kubeflow.org/v1alpha1", "PodDefault", "poddefaults", True),
    (_RBAC, "RoleBinding", "rolebindings", True),
    (_RBAC, "Role", "roles", True),
    ("v1", "ServiceAccount", "serviceaccounts", True),
    ("v1", "Secret", "secrets", True),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims", True),
    ("storage.k8s.io/v1", "StorageClass", "storageclasses", False),
    ("v1", "Namespace", "namespaces", False),
)


def removals(api: Api, namespace: str, kfp_namespace: str) -> list[Removal]:
    """Return what is ours in the cluster: objects with our label and field manager, and fields of others'.

    A namespace that we made stays while it has anything that is not ours, a claim while pods mount it: those
    of runs that have ended do as well, and Kubernetes would delete it only after them.

    Raises:
        ClusterUnreachable, KubernetesForbidden, KubernetesRefused: see `Api.get`.
    """
    found: dict[tuple[str, str, str], Removal] = {}
    for api_version, kind, plural, namespaced in _OURS:
        root = f"/api/{api_version}" if "/" not in api_version else f"/apis/{api_version}"
        path = f"{root}/namespaces/{namespace}/{plural}" if namespaced else f"{root}/{plural}"
        try:
            items = api.items(path, labelSelector=f"{MANAGED_BY}={FIELD_MANAGER}")
        except ObjectNotFound:
            continue
        for item in items:
            metadata = item["metadata"]
            which = Reference(api_version, kind, metadata["name"], metadata.get("namespace", ""))
            if _has_our_fields(item):
                found.setdefault((kind, which.namespace, which.name), Removal(which))
    ours = list(found.values())
    return [*_fields(api, namespace, kfp_namespace), *(_unless_used(api, one, ours) for one in ours)]


def remove(api: Api, what: Sequence[Removal], within: float = WAIT, poll: float = _POLL) -> Iterator[Removal]:
    """Take away what is ours, yielding each when the API server has taken it; wait until all are gone.

    Raises:
        NotReadyInTime: an object is still there.
        ClusterUnreachable, KubernetesForbidden, KubernetesRefused: see `Api.delete`.
    """
    going = [one for one in what if not one.kept]
    for one in going:
        if one.whole:
            api.delete(one.which)
        else:
            # what is no longer in our manifest is dropped, where nobody else has set it as well
            which = one.which
            metadata = {"name": which.name} | ({"namespace": which.namespace} if which.namespace else {})
            api.apply({"apiVersion": which.api_version, "kind": which.kind, "metadata": metadata})
        yield one
    deadline = time.monotonic() + within
    left = [one.which for one in going if one.whole]
    while left := [which for which in left if api.read(which) is not None]:
        if time.monotonic() > deadline:
            raise NotReadyInTime(
                f"{', '.join(map(str, left))} is still there after {within:.0f} s: it is in use, or its "
                "finalizers wait.",
                "It goes when no pod uses it any more; `kubectl describe` says what holds it.",
            )
        time.sleep(poll)


def _has_our_fields(item: Object) -> bool:
    return any(one.get("manager") == FIELD_MANAGER for one in item["metadata"].get("managedFields", ()))


def _unless_used(api: Api, one: Removal, ours: Sequence[Removal]) -> Removal:
    if one.which.kind == "PersistentVolumeClaim":
        pods = _pods_with(api, one.which)
        why = f"pods that are not ours mount it, such as {pods[0]}: delete them first" if pods else ""
        return Removal(one.which, kept=why)
    if one.which.kind == "Namespace":
        return _unless_filled(api, one, ours)
    return one


def _pods_with(api: Api, claim: Reference) -> list[str]:
    """Return the names of the pods that mount a claim, also of those that have ended."""
    return [
        pod["metadata"]["name"]
        for pod in api.items(f"/api/v1/namespaces/{claim.namespace}/pods")
        for volume in pod["spec"].get("volumes", ())
        if volume.get("persistentVolumeClaim", {}).get("claimName") == claim.name
    ]


def _unless_filled(api: Api, one: Removal, ours: Sequence[Removal]) -> Removal:
    name = one.which.name
    for plural, kind in (
        ("pods", "Pod"),
        ("persistentvolumeclaims", "PersistentVolumeClaim"),
        ("services", "Service"),
        ("secrets", "Secret"),
    ):
        mine = {other.which.name for other in ours if other.which.kind == kind}
        items = api.items(f"/api/v1/namespaces/{name}/{plural}")
        others = [item["metadata"]["name"] for item in items if item["metadata"]["name"] not in mine]
        if others:
            return Removal(one.which, kept=f"it has {plural} that are not ours, such as {others[0]}")
    return one


def _fields(api: Api, namespace: str, kfp_namespace: str) -> Iterator[Removal]:
    """Yield the objects of others in which fields are ours."""
    for which in (
        Reference("apps/v1", "Deployment", ARGO_CONTROLLER, kfp_namespace),
        Reference("apps/v1", "Deployment", KFP_SERVER, kfp_namespace),
        Reference("v1", "ConfigMap", ARGO_CONFIG, kfp_namespace),
        Reference("v1", "Namespace", namespace),
    ):
        item = api.read(which)
        labels = item["metadata"].get("labels", {}) if item else {}
        if item and labels.get(MANAGED_BY) != FIELD_MANAGER and _has_our_fields(item):
            yield Removal(which, whole=False)
