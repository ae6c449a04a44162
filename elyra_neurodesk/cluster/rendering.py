"""The set-up as files: manifests for GitOps, values for cvmfs-csi's Helm chart, the seccomp profile.

The chart's values are those of its version 2.4 and newer (deployments/helm/cvmfs-csi/values.yaml of
cvmfs-contrib/cvmfs-csi).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from elyra_neurodesk.cluster.api import Object, reference
from elyra_neurodesk.cluster.setup import REPOSITORY, Planned, SetUp

CHART_PAGE = "https://github.com/cvmfs-contrib/cvmfs-csi"
"""Says where the chart is."""

VALUES = "cvmfs-csi-values.yaml"
SECCOMP = "seccomp/neurodesk.json"

SERVERS = (
    "http://cvmfs-geoproximity.neurodesk.org",
    "http://cvmfs.neurodesk.org",
    "http://s1brisbane-cvmfs.openhtc.io",
    "http://s1nikhef-cvmfs.openhtc.io",
)
"""Servers of Neurodesk's repository (Neurodesktop, 2026-08)."""

# of the repository, as Neurodesktop has it
_PUBLIC_KEY = """-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwUPEmxDp217SAtZxaBep
Bi2TQcLoh5AJ//HSIz68ypjOGFjwExGlHb95Frhu1SpcH5OASbV+jJ60oEBLi3sD
qA6rGYt9kVi90lWvEjQnhBkPb0uWcp1gNqQAUocybCzHvoiG3fUzAe259CrK09qR
pX8sZhgK3eHlfx4ycyMiIQeg66AHlgVCJ2fKa6fl1vnh6adJEPULmn6vZnevvUke
I6U1VcYTKm5dPMrOlY/fGimKlyWvivzVv1laa5TAR2Dt4CfdQncOz+rkXmWjLjkD
87WMiTgtKybsmMLb2yCGSgLSArlSWhbMA0MaZSzAwE9PJKCCMvTANo5644zc8jBe
NQIDAQAB
-----END PUBLIC KEY-----
"""

# What a container may not call whatever its capabilities are. Everything else is allowed, user namespaces and
# mounts among it, which apptainer needs and RuntimeDefault denies; the kernel still asks for capabilities,
# which a task has in a user namespace of its own alone.
_DENIED = (
    "acct",
    "add_key",
    "bpf",
    "clock_adjtime",
    "clock_settime",
    "create_module",
    "delete_module",
    "fanotify_init",
    "finit_module",
    "get_kernel_syms",
    "init_module",
    "io_uring_enter",
    "io_uring_register",
    "io_uring_setup",
    "ioperm",
    "iopl",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "lookup_dcookie",
    "nfsservctl",
    "open_by_handle_at",
    "perf_event_open",
    "query_module",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "settimeofday",
    "stime",
    "swapoff",
    "swapon",
    "syslog",
    "userfaultfd",
    "uselib",
    "vhangup",
    "vm86",
    "vm86old",
)


@dataclass(frozen=True)
class CvmfsClient:
    """How the nodes get the repository.

    Attributes:
        proxy: HTTP proxies as CVMFS_HTTP_PROXY, such as ``DIRECT`` or ``http://squid:3128;DIRECT``.
        quota: size of a node's cache in MiB.
        servers: URLs of the servers, without ``/cvmfs/…``.
        prefetch: whether each node reads the list of modules every half hour, which keeps it in the cache.
    """

    proxy: str = "DIRECT"
    quota: int = 40000
    servers: tuple[str, ...] = SERVERS
    prefetch: bool = True


def files(set_up: SetUp, planned: Sequence[Planned], client: CvmfsClient) -> dict[str, str]:
    """Return the text of each file by its path.

    The StorageClass is not among the manifests: the chart makes it. Fields of others' objects are in files of
    their own, which the kustomization does not have.
    """
    own = [one for one in planned if one.whole and one.item["kind"] != "StorageClass"]
    manifests = {_file_name(one): _document(one) for one in own}
    partial = {f"server-side/{_file_name(one)}": _document(one) for one in planned if not one.whole}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(manifests),
    }
    values = (
        f"# CHART is the address of the chart, see {CHART_PAGE}\n"
        "# helm upgrade --install cvmfs-csi CHART \\\n"
        f"#   --namespace cvmfs-csi --create-namespace --values {VALUES}\n"
        "# Not in Kubeflow's namespace: the node plugin is privileged, which Pod Security baseline refuses.\n"
        + _yaml(helm_values(set_up.storage_class, client))
    )
    return {
        **manifests,
        **partial,
        "kustomization.yaml": _yaml(kustomization),
        VALUES: values,
        SECCOMP: json.dumps(seccomp_profile(), indent=2) + "\n",
    }


def helm_values(storage_class: str, client: CvmfsClient) -> Object:
    """Return the values of cvmfs-csi's chart."""
    urls = ";".join(f"{server.rstrip('/')}/cvmfs/@fqrn@" for server in client.servers)
    prefetcher: Object = {"enabled": client.prefetch}
    if client.prefetch:
        script = f"#!/bin/bash\nls /cvmfs/{REPOSITORY}/neurodesk-modules/* >/dev/null\n"
        prefetcher["jobs"] = [{"name": "neurodesk", "schedule": "*/30 * * * *", "script": script}]
    return {
        "specificRepositoryStorageClasses": [{"name": storage_class, "repository": REPOSITORY}],
        # 0: never; a mount that goes while a pod has it breaks the pod
        "automountDaemonUnmountTimeout": 0,
        "cache": {"local": {"cvmfsQuotaLimit": client.quota}},
        "nodeplugin": {"prefetcher": prefetcher},
        "extraConfigMaps": {
            "cvmfs-csi-config-d": {
                f"{REPOSITORY}.conf": (
                    f'CVMFS_SERVER_URL="{urls}"\n'
                    f"CVMFS_PUBLIC_KEY=/etc/cvmfs/config.d/{REPOSITORY}.pub\n"
                    "CVMFS_USE_GEOAPI=yes\n"
                ),
                f"{REPOSITORY}.pub": _PUBLIC_KEY,
            },
            # the chart's own default names a proxy that only CERN reaches
            "cvmfs-csi-default-local": {
                "default.local": (
                    f'CVMFS_HTTP_PROXY="{client.proxy}"\n'
                    "CVMFS_QUOTA_LIMIT={{ .Values.cache.local.cvmfsQuotaLimit }}\n"
                    "CVMFS_CACHE_BASE={{ .Values.cache.local.location }}\n"
                )
            },
        },
    }


def seccomp_profile() -> Object:
    """Return the profile with which apptainer may mount, as the kubelet reads it from its directory."""
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": list(_DENIED), "action": "SCMP_ACT_ERRNO", "errnoRet": 1}],
    }


def _file_name(planned: Planned) -> str:
    which = reference(planned.item)
    return f"{which.kind.lower()}-{which.name}.yaml"


def _document(planned: Planned) -> str:
    return f"# {planned.why}\n{_yaml(planned.item)}"


def _yaml(content: Mapping[str, object]) -> str:
    return str(yaml.dump(content, Dumper=_BlockDumper, sort_keys=False, allow_unicode=True, width=1000))


class _BlockDumper(yaml.SafeDumper):
    """Writes text of several lines as people do."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_BlockDumper.add_representer(str, _text)
