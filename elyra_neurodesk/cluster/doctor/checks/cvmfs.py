"""CVMFS: driver, node plugin, StorageClass, claim."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from elyra_neurodesk.cluster.doctor.checks.namespace import ENFORCE
from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault, main_container
from elyra_neurodesk.cluster.facts import CVMFS_DRIVER, Claim, StorageClass, Workload
from elyra_neurodesk.cluster.pod_changes import MOUNT_PATHS
from elyra_neurodesk.cluster.setup import REPOSITORY
from elyra_neurodesk.paths import CVMFS_ROOT

CATEGORY = "CVMFS"
MIN_CACHE = 4000
"""MiB of a node's cache below which tasks get I/O errors: one container of Neurodesk has up to 20 GB. The
client's own default (CVMFS documentation, CVMFS_QUOTA_LIMIT)."""

APPLY = "elyra-neurodesk cluster apply"
HELM = "elyra-neurodesk cluster render neurodesk-manifests writes the chart's values and its helm command"
_CERN = "cern.ch"
_READ_MANY = {"ReadOnlyMany", "ReadWriteMany"}


def _claim(evidence: ClusterEvidence) -> Claim | None:
    return evidence.facts.claim(evidence.set_up.claim)


def _name(evidence: ClusterEvidence) -> str:
    return f"PersistentVolumeClaim {evidence.namespace}/{evidence.set_up.claim}"


def _class(evidence: ClusterEvidence) -> StorageClass | None:
    claim = _claim(evidence)
    return evidence.facts.storage_class(claim.storage_class) if claim else None


def _needs_driver(evidence: ClusterEvidence) -> bool:
    """Return whether the claim is, or will be, of cvmfs-csi: a bound one of another kind needs none."""
    claim, kind = _claim(evidence), _class(evidence)
    return claim is None or claim.phase != "Bound" or (kind is not None and kind.provisioner == CVMFS_DRIVER)


def _has(parameter: str) -> Callable[[ClusterEvidence], bool]:
    """Return whether the node plugin's configuration sets a parameter."""
    return lambda evidence: any(parameter in one for one in (evidence.facts.cvmfs_config or {}).values())


def _has_class(evidence: ClusterEvidence) -> bool:
    claim = _claim(evidence)
    return bool(claim and claim.storage_class)


def _is_automount(evidence: ClusterEvidence) -> bool:
    kind = _class(evidence)
    automount = kind is not None and not kind.parameters.get("repository")
    return automount and isinstance(evidence.example, dict)


def _plugins(evidence: ClusterEvidence) -> list[Workload]:
    return [one for one in evidence.facts.cvmfs_plugins or () if one.kind == "DaemonSet"]


def _driver(evidence: ClusterEvidence) -> Iterator[Fault]:
    if CVMFS_DRIVER not in (evidence.facts.csi_drivers or ()):
        yield Fault(f"CSIDriver {CVMFS_DRIVER}", "is not installed", HELM)


def _node_plugin(evidence: ClusterEvidence) -> Iterator[Fault]:
    if not _plugins(evidence):
        yield Fault("DaemonSet of cvmfs-csi", f"is missing: no node mounts volumes of {CVMFS_DRIVER}", HELM)
    for one in _plugins(evidence):
        if one.ready < one.wanted or not one.wanted:
            yield Fault(
                f"DaemonSet {one.namespace}/{one.name}",
                f"has {one.ready} of {one.wanted} pods ready: tasks on the other nodes wait for their volume",
                f"kubectl --namespace {one.namespace} describe pods",
                "warning" if one.ready else "fatal",
            )


def _placement(evidence: ClusterEvidence) -> Iterator[Fault]:
    for one in _plugins(evidence):
        level = (evidence.namespaces or {}).get(one.namespace, {}).get(ENFORCE, "")
        if level in ("baseline", "restricted"):
            yield Fault(
                f"DaemonSet {one.namespace}/{one.name}",
                f"is privileged, and its namespace enforces Pod Security {level}: its pods are refused",
                "helm uninstall it there and install it in a namespace of its own (--namespace cvmfs-csi "
                "--create-namespace).",
            )


def _cache(evidence: ClusterEvidence) -> Iterator[Fault]:
    for namespace, parameters in (evidence.facts.cvmfs_config or {}).items():
        limit = parameters.get("CVMFS_QUOTA_LIMIT", "")
        if limit.isdigit() and int(limit) < MIN_CACHE:
            yield Fault(
                f"ConfigMap {namespace}/cvmfs-csi-default-local",
                f"CVMFS_QUOTA_LIMIT is {limit} MiB: large tools end with I/O errors",
                "helm upgrade with cache.local.cvmfsQuotaLimit=40000 (cluster render --cvmfs-quota)",
            )


def _proxy(evidence: ClusterEvidence) -> Iterator[Fault]:
    for namespace, parameters in (evidence.facts.cvmfs_config or {}).items():
        proxy = parameters.get("CVMFS_HTTP_PROXY", "")
        if _CERN in proxy:
            yield Fault(
                f"ConfigMap {namespace}/cvmfs-csi-default-local",
                f"CVMFS_HTTP_PROXY is CERN's ({proxy}), which serves CERN's network alone",
                "helm upgrade with the values of `elyra-neurodesk cluster render --cvmfs-proxy DIRECT`",
            )


def _there(evidence: ClusterEvidence) -> Iterator[Fault]:
    if _claim(evidence) is None:
        others = ", ".join(claim.name for claim in evidence.facts.claims or ())
        more = f"; the namespace has {others}" if others else ""
        yield Fault(_name(evidence), f"does not exist{more}", APPLY)


def _bound(evidence: ClusterEvidence) -> Iterator[Fault]:
    claim = _claim(evidence)
    if claim and claim.phase == "Lost":
        yield Fault(
            _name(evidence),
            "has lost its volume",
            f"kubectl --namespace {evidence.namespace} delete pvc {claim.name} && {APPLY}",
        )
    elif claim and claim.phase != "Bound":
        yield Fault(
            _name(evidence),
            f"is {claim.phase}: tasks wait for it without end",
            f"kubectl --namespace {evidence.namespace} describe pvc {claim.name}",
        )


def _access(evidence: ClusterEvidence) -> Iterator[Fault]:
    claim = _claim(evidence)
    if claim and claim.access_modes and not _READ_MANY & set(claim.access_modes):
        yield Fault(
            _name(evidence),
            f"can be mounted on one node at a time ({', '.join(claim.access_modes)})",
            f"kubectl --namespace {evidence.namespace} delete pvc {claim.name} && {APPLY}",
        )


def _class_there(evidence: ClusterEvidence) -> Iterator[Fault]:
    claim = _claim(evidence)
    if claim and claim.storage_class and claim.phase != "Bound" and _class(evidence) is None:
        yield Fault(
            f"StorageClass {claim.storage_class}",
            f"does not exist, and {_name(evidence)} asks for it",
            f"kubectl --namespace {evidence.namespace} delete pvc {claim.name} && {APPLY}",
        )


def _class_driver(evidence: ClusterEvidence) -> Iterator[Fault]:
    kind = _class(evidence)
    if kind and kind.provisioner != CVMFS_DRIVER:
        yield Fault(
            _name(evidence),
            f"is of StorageClass {kind.name}, whose volumes come from {kind.provisioner}: empty, not CVMFS",
            f"kubectl --namespace {evidence.namespace} delete pvc {evidence.set_up.claim} && {APPLY}",
        )


def _repository(evidence: ClusterEvidence) -> Iterator[Fault]:
    kind, configuration = _class(evidence), evidence.configuration
    if not kind:
        return
    repository = kind.parameters.get("repository", "")
    expects_repository = configuration is not None and configuration.volume_mode == "repository"
    if repository and repository != REPOSITORY:
        found, remedy = f"its volumes are the repository {repository}, not {REPOSITORY}", APPLY
    elif not repository and expects_repository:
        found = "has no parameter repository: its volumes are all of /cvmfs, and tasks mount them at "
        found += CVMFS_ROOT
        remedy = (
            "Set CVMFS Volume Mode to automount in the runtime configuration, or name a claim of a class "
        )
        remedy += f"with repository {REPOSITORY}."
    elif repository and configuration is not None and configuration.volume_mode == "automount":
        found = f"its volumes are the repository, and tasks mount them at /cvmfs: {CVMFS_ROOT} is not there"
        remedy = "Set CVMFS Volume Mode to repository in the runtime configuration."
    else:
        return
    yield Fault(f"StorageClass {kind.name}", found, remedy)


def _propagation(evidence: ClusterEvidence) -> Iterator[Fault]:
    kind, example = _class(evidence), evidence.example
    if not isinstance(example, dict):
        return
    mounts = [
        one for one in main_container(example)["volumeMounts"] if one["mountPath"].rstrip("/") in MOUNT_PATHS
    ]
    if any(one.get("mountPropagation") != "HostToContainer" for one in mounts):
        yield Fault(
            f"StorageClass {kind.name if kind else ''}",
            "mounts repositories when they are first used, which a task without mount propagation cannot see "
            "(ELOOP, too many levels of symbolic links)",
            f"{APPLY} --claim {evidence.set_up.claim}, whose policy sets mountPropagation; or a class with "
            "repository",
        )


CHECKS = (
    Check(
        "csi-driver",
        CATEGORY,
        "fatal",
        f"the CSI driver {CVMFS_DRIVER} is installed",
        _driver,
        ("facts.csi_drivers", "facts.claims"),
        applies=_needs_driver,
    ),
    Check(
        "node-plugin",
        CATEGORY,
        "fatal",
        "its node plugin is ready on all nodes",
        _node_plugin,
        ("facts.cvmfs_plugins", "facts.csi_drivers", "facts.claims"),
        after=("csi-driver",),
        applies=_needs_driver,
    ),
    Check(
        "node-plugin-namespace",
        CATEGORY,
        "fatal",
        "its node plugin is in a namespace that takes privileged pods",
        _placement,
        ("facts.cvmfs_plugins", "namespaces"),
        after=("csi-driver",),
        applies=_plugins,
    ),
    Check(
        "cvmfs-cache",
        CATEGORY,
        "warning",
        f"the cache of a node has {MIN_CACHE} MiB or more",
        _cache,
        ("facts.cvmfs_config",),
        after=("csi-driver",),
        applies=_has("CVMFS_QUOTA_LIMIT"),
    ),
    Check(
        "cvmfs-proxy",
        CATEGORY,
        "fatal",
        "the proxy is not CERN's own",
        _proxy,
        ("facts.cvmfs_config",),
        after=("csi-driver",),
        applies=_has("CVMFS_HTTP_PROXY"),
    ),
    Check("claim", CATEGORY, "fatal", "the claim of CVMFS exists", _there, ("facts.claims",)),
    Check(
        "claim-bound",
        CATEGORY,
        "fatal",
        "the claim is bound to a volume",
        _bound,
        ("facts.claims",),
        after=("claim",),
    ),
    Check(
        "claim-access",
        CATEGORY,
        "warning",
        "many nodes can read it",
        _access,
        ("facts.claims",),
        after=("claim",),
    ),
    Check(
        "storage-class",
        CATEGORY,
        "fatal",
        "the claim's StorageClass exists",
        _class_there,
        ("facts.claims", "facts.storage_classes"),
        after=("claim",),
        applies=_has_class,
    ),
    Check(
        "storage-class-driver",
        CATEGORY,
        "fatal",
        "its volumes are CVMFS",
        _class_driver,
        ("facts.claims", "facts.storage_classes"),
        after=(
            "claim",
            "storage-class",
        ),
        applies=_class,
    ),
    Check(
        "storage-class-repository",
        CATEGORY,
        "fatal",
        f"they are the repository {REPOSITORY}, where tasks mount them",
        _repository,
        ("facts.claims", "facts.storage_classes"),
        after=("storage-class-driver",),
        applies=_class,
    ),
    Check(
        "mount-propagation",
        CATEGORY,
        "fatal",
        "tasks see repositories that a node mounts later",
        _propagation,
        ("facts.claims", "facts.storage_classes", "example"),
        after=("storage-class-driver",),
        applies=_is_automount,
    ),
)
