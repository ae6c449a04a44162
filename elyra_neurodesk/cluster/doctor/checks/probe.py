"""What a probe pod found, as a task would meet it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from elyra_neurodesk.cluster.doctor.model import Check, ClusterEvidence, Fault, ProbeReport
from elyra_neurodesk.formatting import format_bytes
from elyra_neurodesk.paths import CVMFS_ROOT

CATEGORY = "Inside a task"
MIN_SCRATCH = 2 << 30
"""Bytes of scratch below which most tools fail: a T1 image and what FSL makes of it."""

_MOUNT_REMEDIES = {
    "ELOOP": (
        "the automount is not visible in the task (too many levels of symbolic links)",
        "elyra-neurodesk cluster apply, whose policy sets mountPropagation; or a class with repository",
    ),
    "ENOTCONN": (
        "the CVMFS client of the node has ended (transport endpoint is not connected)",
        "Restart cvmfs-csi's node plugin (kubectl rollout restart daemonset), then the pods that mount it.",
    ),
    "EIO": (
        "reading it fails (input/output error): its cache is too small, or its servers are not reached",
        "Raise CVMFS_QUOTA_LIMIT to 40000 and check the proxy: elyra-neurodesk cluster render",
    ),
    "ESTALE": (
        "the mount is stale (stale file handle)",
        "Restart the node plugin of cvmfs-csi: kubectl rollout restart daemonset",
    ),
    "EACCES": ("this task's user may not read it", "Set CVMFS_CLAIM_OWNERSHIP or allow_other in cvmfs-csi."),
    "TIMEOUT": (
        "it does not answer",
        "Check that the node reaches the CVMFS servers or the proxy (http, port 80 or 3128).",
    ),
    "ENOENT": (
        "it is empty or not mounted",
        "kubectl get pvc; the node plugin of cvmfs-csi must run on this node",
    ),
}
_MOUNT_ERRORS = {
    "transport endpoint is not connected": "ENOTCONN",
    "too many levels of symbolic links": "ELOOP",
    "input/output error": "EIO",
    "stale file handle": "ESTALE",
}
"""What the kubelet and runc say when they cannot mount a volume."""

_HOST_USERS = "idmap"
_EXEC_FORMAT = "exec format error"
_CREDENTIAL_CODES = (
    "AccessDenied",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "HTTP 403",
    "HTTP 401",
    "NO_KEYS",
)
_SKEWED = "RequestTimeTooSkewed"


def _pod(probe: ProbeReport) -> str:
    return f"Probe pod ({probe.image})"


def _answer(evidence: ClusterEvidence, part: str) -> Mapping[str, Any] | None:
    """Return a part of the answer, None where there is none."""
    return (evidence.probe_answer or {}).get(part)


def _name(evidence: ClusterEvidence) -> str:
    return _pod(evidence.probe) if evidence.probe else ""


def _started(evidence: ClusterEvidence) -> Iterator[Fault]:
    probe = evidence.probe
    if probe is None or probe.answer is not None:
        return
    code = f"{probe.code}: " if probe.code else ""
    yield Fault(_pod(probe), f"{code}{probe.message}", probe.hint)


def _said_or(text: str) -> Callable[[ClusterEvidence], bool]:
    """Return whether the pod ran, or did not for this reason."""
    return lambda evidence: bool(
        evidence.probe and (evidence.probe.answer is not None or text in evidence.probe.message.lower())
    )


def _host_users(evidence: ClusterEvidence) -> Iterator[Fault]:
    probe = evidence.probe
    if probe and _HOST_USERS in probe.message.lower():
        yield Fault(
            _pod(probe),
            f"has a user namespace (hostUsers: false), in which FUSE cannot be mounted: {probe.message}",
            "Exempt pods with the label neurodesk.org/cvmfs=enabled from the policy that sets it.",
        )


def _architecture(evidence: ClusterEvidence) -> Iterator[Fault]:
    probe = evidence.probe
    if probe and _EXEC_FORMAT in probe.message.lower():
        yield Fault(
            _pod(probe),
            "the image is for another architecture than the node's (exec format error)",
            "Choose a runtime image for the node's architecture: kubectl get nodes --label-columns "
            "kubernetes.io/arch",
        )


def _not_mounted(evidence: ClusterEvidence) -> str:
    """Return the error of a mount that keeps the pod from starting, "" where it is another reason."""
    text = evidence.probe.message.lower() if evidence.probe else ""
    return next((error for words, error in _MOUNT_ERRORS.items() if words in text), "")


def _was_mounted(evidence: ClusterEvidence) -> bool:
    return _answer(evidence, "cvmfs") is not None or bool(_not_mounted(evidence))


def _mount(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "cvmfs") or {"error": _not_mounted(evidence)}
    error = answer.get("error", "" if answer.get("entries") else "ENOENT")
    if error:
        found, remedy = _MOUNT_REMEDIES.get(error, (f"reading it fails: {answer.get('reason')}", ""))
        yield Fault(f"CVMFS at {CVMFS_ROOT}", f"{found} [{error}]", remedy)


def _modules(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "cvmfs")
    if answer and not answer.get("error") and answer.get("entries") and not answer.get("modules"):
        yield Fault(
            f"CVMFS at {CVMFS_ROOT}",
            "has no modules: it is another repository, or a part of one",
            "Set the parameter repository of the StorageClass to neurodesk.ardc.edu.au.",
        )
    elif answer and answer.get("modules"):
        revision = answer.get("revision") or "unknown"
        yield Fault(f"CVMFS at {CVMFS_ROOT}", f"{answer['modules']} modules, revision {revision}", level="ok")


def _names(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "dns")
    if answer is None or answer.get("known"):
        return
    host, error = answer.get("host", ""), answer.get("error", "")
    if error or not answer.get("cluster"):
        yield Fault(
            _name(evidence), "the cluster's DNS does not answer", "kubectl --namespace kube-system get pods"
        )
    else:
        yield Fault(
            _name(evidence),
            f"does not know the object store's name {host}: tasks end with ND-START-004",
            "Correct Object Storage Endpoint in the runtime configuration: kubectl get services "
            "--all-namespaces",
        )


def _store(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "store")
    error = answer.get("error", "") if answer else ""
    if answer and error and error not in (*_CREDENTIAL_CODES, _SKEWED, "NoSuchBucket", "NAME"):
        yield Fault(
            _name(evidence),
            f"the object store does not answer: {answer.get('reason') or error}",
            "Check Object Storage Endpoint (http or https, port) and NetworkPolicies of the namespace.",
        )


def _keys(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "store")
    if answer and answer.get("error") in _CREDENTIAL_CODES:
        secret = evidence.configuration.secret if evidence.configuration else None
        yield Fault(
            f"Secret {evidence.namespace}/{secret.name if secret else ''}",
            f"the object store does not accept its keys ({answer['error']})",
            f"kubectl --namespace {evidence.namespace} edit secret {secret.name if secret else 'NAME'}",
        )


def _bucket(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "store")
    if answer and answer.get("error") == "NoSuchBucket":
        bucket = evidence.configuration.bucket if evidence.configuration else ""
        yield Fault(
            _name(evidence),
            f"the object store has no bucket '{bucket}'",
            "Correct Bucket Name in the runtime configuration. Submitting a pipeline creates a new one.",
        )


def _clock(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "store")
    skew = abs(int(answer.get("skew", 0))) if answer else 0
    if answer and (skew > 60 or answer.get("error") == _SKEWED):
        yield Fault(
            _name(evidence),
            f"the node's clock and the object store's differ by {skew} s (900 s are allowed)",
            "Set the clock of the node (NTP).",
            "fatal" if skew > 900 or answer.get("error") == _SKEWED else "warning",
        )


def _apptainer(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer, process = _answer(evidence, "user_namespace"), _answer(evidence, "process") or {}
    if answer is None or not answer.get("error"):
        return
    step, root = answer.get("step", ""), process.get("uid") == 0
    if step == "unshare" and process.get("max_user_namespaces") == "0":
        why, remedy = (
            "the node allows no user namespaces",
            "sysctl user.max_user_namespaces=15000 on the node",
        )
    elif process.get("apparmor_restricts") == "1" and step != "unshare":
        why = "the node's AppArmor restricts user namespaces"
        remedy = "elyra-neurodesk cluster apply --apparmor-profile NAME --run-as-user 1000"
    elif step == "unshare":
        why = f"seccomp (mode {process.get('seccomp')}) denies user namespaces"
        remedy = "elyra-neurodesk cluster apply --seccomp-profile neurodesk.json --run-as-user 1000"
    elif root:
        why = "as root without capabilities no user id can be mapped"
        remedy = "elyra-neurodesk cluster apply --run-as-user 1000"
    else:
        why, remedy = f"step {step} fails: {answer.get('reason')}", "See docs/cluster.md, apptainer."
    yield Fault(_name(evidence), f"tools that call apptainer fail: {why} [{step}: {answer['error']}]", remedy)


def _fuse(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "fuse")
    if answer and answer.get("error"):
        yield Fault(
            _name(evidence),
            f"has no /dev/fuse ({answer['error']}): apptainer mounts its images by unpacking them",
            "elyra-neurodesk cluster apply --fuse-resource smarter-devices/fuse, with that device plugin",
            "ok",
        )


def _scratch(evidence: ClusterEvidence) -> Iterator[Fault]:
    answer = _answer(evidence, "scratch")
    if answer is None:
        return
    if answer.get("error"):
        yield Fault(
            f"Scratch at {answer.get('path', '')}",
            f"cannot be written: {answer.get('reason')} [{answer['error']}]",
            "Check Scratch Volume Claim in the runtime configuration, and the owner of its files.",
            "fatal",
        )
    elif answer["free"] < MIN_SCRATCH:
        yield Fault(
            f"Scratch at {answer['path']}",
            f"has {format_bytes(answer['free'])} free",
            "Free the node's disk, or name a larger Scratch Volume Claim in the runtime configuration.",
        )


_POD = ("probe",)


def _of(part: str) -> tuple[str, ...]:
    return (f"probe_answer.{part}",)


CHECKS = (
    Check(
        "probe-host-users",
        CATEGORY,
        "fatal",
        "it has the node's user namespace",
        _host_users,
        _POD,
        applies=_said_or(_HOST_USERS),
    ),
    Check(
        "probe-architecture",
        CATEGORY,
        "fatal",
        "the node can run the image",
        _architecture,
        _POD,
        applies=_said_or(_EXEC_FORMAT),
    ),
    Check(
        "probe-cvmfs",
        CATEGORY,
        "fatal",
        "the repository can be read",
        _mount,
        _POD,
        applies=_was_mounted,
    ),
    Check(
        "probe-pod",
        CATEGORY,
        "fatal",
        "a task's pod starts and ends",
        _started,
        _POD,
        after=(
            "probe-host-users",
            "probe-architecture",
            "probe-cvmfs",
        ),
    ),
    Check(
        "probe-modules", CATEGORY, "fatal", "it has modules", _modules, _of("cvmfs"), after=("probe-cvmfs",)
    ),
    Check("probe-dns", CATEGORY, "fatal", "the object store's name is known", _names, _of("dns")),
    Check(
        "probe-store",
        CATEGORY,
        "fatal",
        "the object store answers",
        _store,
        _of("store"),
        after=("probe-dns",),
    ),
    Check(
        "probe-clock",
        CATEGORY,
        "warning",
        "node and object store agree on the time",
        _clock,
        _of("store"),
        after=(
            "probe-dns",
            "probe-store",
        ),
    ),
    Check(
        "probe-store-keys",
        CATEGORY,
        "fatal",
        "it accepts the secret's keys",
        _keys,
        _of("store"),
        after=(
            "probe-dns",
            "probe-store",
            "probe-clock",
        ),
    ),
    Check(
        "probe-bucket",
        CATEGORY,
        "warning",
        "the bucket exists",
        _bucket,
        _of("store"),
        after=(
            "probe-dns",
            "probe-store",
            "probe-store-keys",
            "probe-clock",
        ),
    ),
    Check(
        "probe-apptainer",
        CATEGORY,
        "warning",
        "apptainer can make a user namespace",
        _apptainer,
        _of("user_namespace"),
    ),
    Check("probe-fuse", CATEGORY, "ok", "apptainer can mount its images by FUSE", _fuse, _of("fuse")),
    Check(
        "probe-scratch", CATEGORY, "warning", "scratch can be written and has room", _scratch, _of("scratch")
    ),
)
