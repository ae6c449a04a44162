"""A whole Kubernetes of one node: control plane, controllers, kubelet, containerd, runc, CNI and CoreDNS.

The node's address is that of a bridge of its own, on which the pods are as well: what listens there, such as
the object store of a test, is reached from pods under a service without selector (`publish_server`).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster import binaries, image
from tests.cluster.control_plane import ControlPlane, flags, start_control_plane, wait_until
from tests.cluster.instance import Instance, new_instance
from tests.cluster.objects import apply

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

CNI_DIRECTORIES = (Path("/usr/lib/cni"), Path("/opt/cni/bin"))
CNI_PLUGINS = ("bridge", "host-local", "loopback")
OPEN_FILES = 20000  # runc closes each possible one before it starts a container
NODE_READY = 90.0  # seconds


class CannotRun(Exception):
    """This machine cannot run a node; the message says what is missing."""


@dataclass(frozen=True)
class Cluster:
    """A running cluster.

    Attributes:
        control_plane: its API server.
        node: name of its node.
        address: of the node, reached from pods and from here.
    """

    control_plane: ControlPlane
    node: str
    address: str

    @property
    def client(self) -> ApiClient:
        """Return a client that may do everything."""
        return self.control_plane.client

    @property
    def seccomp(self) -> Path:
        """Return the directory in which the kubelet looks for seccomp profiles."""
        path = self.control_plane.instance.directory / "kubelet" / "seccomp"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def directory(self, name: str) -> Path:
        """Return a directory for pods to mount by hostPath; made if missing, gone with the cluster."""
        path = self.control_plane.instance.directory / "volumes" / name
        path.mkdir(parents=True, exist_ok=True)
        return path


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a cluster until the ``with`` ends.

    Raises:
        CannotRun: this machine cannot.
        NotBuilt: `make cluster-tools` has not been run.
        RuntimeError: it did not start; the message has the end of its logs.
    """
    runc, plugins = _requirements()
    groups = (binaries.CONTROL_PLANE, binaries.NODE, binaries.CONTAINERD, binaries.COREDNS)
    programs = binaries.find([name for group in groups for name in group])
    images = image.archives()
    with new_instance() as instance:
        _mount(instance)
        _network(instance)
        containerd = _start_containerd(instance, programs["containerd"], runc, plugins)
        imports = [_import(instance, programs["ctr"], archive) for archive in images]
        plane = start_control_plane(instance, programs)
        processes = {"containerd": containerd, **_start_node(plane, programs)}
        cluster = Cluster(plane, f"node-{instance.number}", instance.address)
        for process in imports:
            _, errors = process.communicate(timeout=NODE_READY)
            if process.returncode:
                raise RuntimeError(f"{process.args!r}: {errors.decode()}")
        wait_until(lambda: _is_ready(cluster), instance, processes, NODE_READY)
        yield cluster


def publish_server(cluster: Cluster, namespace: str, name: str, port: int) -> None:
    """Make ``NAME.NAMESPACE:PORT``, and ``NAME`` in the namespace, lead from pods to the node's address."""
    metadata = {"name": name, "namespace": namespace}
    ports = [{"name": "tcp", "port": port, "protocol": "TCP"}]
    apply(
        cluster.client,
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            # without kube-proxy: the name leads to the address itself
            "spec": {"clusterIP": "None", "ports": ports},
        },
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {**metadata, "labels": {"kubernetes.io/service-name": name}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [cluster.address], "conditions": {"ready": True}}],
            "ports": ports,
        },
    )


def _requirements() -> tuple[Path, Path]:
    """Return the paths of runc and of the directory of CNI's plugins."""
    if os.geteuid():
        raise CannotRun("kubelet and containerd need root")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        raise CannotRun("this root may not mount")
    runc = shutil.which("runc") or shutil.which("runc", path="/usr/sbin:/sbin")
    if not runc:
        raise CannotRun("no runc (Debian package runc)")
    if not shutil.which("ip"):
        raise CannotRun("no ip (Debian package iproute2)")
    for directory in CNI_DIRECTORIES:
        if all((directory / plugin).is_file() for plugin in CNI_PLUGINS):
            return Path(runc), directory
    raise CannotRun("no CNI plugins (Debian package containernetworking-plugins)")


def _network(instance: Instance) -> None:
    bridge = instance.bridge
    for words in (
        ["link", "add", bridge, "type", "bridge"],
        ["address", "add", f"{instance.address}/24", "dev", bridge],
        ["link", "set", bridge, "up"],
    ):
        subprocess.run(["ip", *words], check=True)


def _mount(instance: Instance) -> None:
    """Keep the state in memory (0.8 GB): on a disk, removing the images' files takes up to a minute.

    The mount is shared, so that what is mounted below it later reaches pods (mountPropagation).
    """
    directory = str(instance.directory)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0700", instance.bridge, directory], check=True)
    subprocess.run(["mount", "--make-private", directory], check=True)
    subprocess.run(["mount", "--make-shared", directory], check=True)


def _start_containerd(
    instance: Instance, program: Path, runc: Path, plugins: Path
) -> subprocess.Popen[bytes]:
    directory = instance.directory
    cni = directory / "cni"
    cni.mkdir()
    subnet = {
        "subnet": f"{instance.subnet}.0/24",
        "rangeStart": f"{instance.subnet}.10",
        "gateway": instance.address,
    }
    bridge = {
        "type": "bridge",
        "bridge": instance.bridge,
        "isGateway": False,  # the bridge has its address
        "ipMasq": False,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "ranges": [[subnet]],
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(directory / "cni-addresses"),
        },
    }
    network = {"cniVersion": "1.0.0", "name": instance.bridge, "plugins": [bridge]}
    (cni / "10-bridge.conflist").write_text(json.dumps(network))
    config = directory / "containerd.toml"
    config.write_text(_CONTAINERD.format(directory=directory, runc=runc, plugins=plugins, pause=image.PAUSE))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = min(OPEN_FILES, hard) if hard != resource.RLIM_INFINITY else OPEN_FILES
    process = instance.start(
        "containerd", ["prlimit", f"--nofile={limit}:{limit}", program, "--config", config]
    )
    wait_until((directory / "containerd.sock").exists, instance, {"containerd": process})
    return process


_CONTAINERD = """\
version = 3
root = "{directory}/containerd"
state = "{directory}/containerd-state"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]
[grpc]
  address = "{directory}/containerd.sock"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "{pause}"
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        BinaryName = "{runc}"
        SystemdCgroup = false
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["{plugins}"]
    conf_dir = "{directory}/cni"
"""


def _import(instance: Instance, ctr: Path, archive: Path) -> subprocess.Popen[bytes]:
    command: list[object] = [
        ctr,
        "--address",
        instance.directory / "containerd.sock",
        "--namespace",
        "k8s.io",
    ]
    command += ["images", "import", archive]
    return subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def _start_node(plane: ControlPlane, programs: Mapping[str, Path]) -> dict[str, subprocess.Popen[bytes]]:
    instance = plane.instance
    directory, address = instance.directory, instance.address
    node = f"node-{instance.number}"
    pki = plane.authority.directory
    manager = plane.kubeconfig_of("system:kube-controller-manager")
    scheduler = plane.kubeconfig_of("system:kube-scheduler")
    kubelet = plane.kubeconfig_of(f"system:node:{node}", ["system:nodes"])
    options = {
        "kubeconfig": manager,
        "authentication-kubeconfig": manager,
        "authorization-kubeconfig": manager,
        "bind-address": address,
        "cert-dir": directory / "controller-manager-pki",
        "service-account-private-key-file": pki / "sa.key",
        "root-ca-file": plane.authority.certificate,
        "use-service-account-credentials": "true",
        "leader-elect": "false",
    }
    commands: dict[str, list[object]] = {
        "kube-controller-manager": [programs["kube-controller-manager"], *flags(options)]
    }
    options = {
        "kubeconfig": scheduler,
        "authentication-kubeconfig": scheduler,
        "authorization-kubeconfig": scheduler,
        "bind-address": address,
        "cert-dir": directory / "scheduler-pki",
        "leader-elect": "false",
    }
    commands["kube-scheduler"] = [programs["kube-scheduler"], *flags(options)]
    corefile = directory / "Corefile"
    corefile.write_text(_COREFILE.format(address=address, kubeconfig=plane.kubeconfig))
    commands["coredns"] = [programs["coredns"], "-conf", corefile]
    options = {
        "config": _kubelet_config(instance, plane.authority.certificate),
        "kubeconfig": kubelet,
        "hostname-override": node,
        "node-ip": address,
        "root-dir": directory / "kubelet",
        "cert-dir": directory / "kubelet-pki",
    }
    commands["kubelet"] = [programs["kubelet"], *flags(options)]
    return {name: instance.start(name, command) for name, command in commands.items()}


_COREFILE = """\
.:53 {{
  bind {address}
  errors
  kubernetes cluster.local {{
    kubeconfig {kubeconfig}
  }}
}}
"""


def _kubelet_config(instance: Instance, authority: Path) -> Path:
    directory, address = instance.directory, instance.address
    resolv_conf = directory / "resolv.conf"
    resolv_conf.write_text(f"nameserver {address}\n")
    for hierarchy in _hierarchies():
        (hierarchy / instance.cgroup).mkdir(exist_ok=True)
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": address,
        "healthzBindAddress": address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(authority)},
        },
        "authorization": {"mode": "Webhook"},
        "cgroupRoot": f"/{instance.cgroup}",
        "cgroupDriver": "cgroupfs",
        "failCgroupV1": False,
        "failSwapOn": False,
        "clusterDNS": [address],
        "clusterDomain": "cluster.local",
        "resolvConf": str(resolv_conf),
        "containerRuntimeEndpoint": f"unix://{directory}/containerd.sock",
        "imageGCHighThresholdPercent": 100,
        # of a machine that others use: what pods need is there as long as this is
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        "podLogsDir": str(directory / "pod-logs"),
        "volumePluginDir": str(directory / "volume-plugins"),
        "serializeImagePulls": False,
        "volumeStatsAggPeriod": "2s",  # how soon an emptyDir that exceeds its limit is noticed
    }
    path = directory / "kubelet.json"
    path.write_text(json.dumps(config))
    return path


def _hierarchies() -> list[Path]:
    """Return the roots of the hierarchies that limit resources: one of cgroup v2, several of v1.

    All runs of these tests until now had v1.
    """
    root = Path("/sys/fs/cgroup")
    if (root / "cgroup.controllers").exists():
        return [root]
    return [
        path for path in root.iterdir() if path.is_dir() and not path.is_symlink() and path.name != "unified"
    ]


def _is_ready(cluster: Cluster) -> bool:
    """Return whether pods would be started: the node is ready and its taint is gone."""
    from kubernetes.client import CoreV1Api

    nodes = CoreV1Api(cluster.client).list_node().items
    return any(
        not node.spec.taints
        and any(one.type == "Ready" and one.status == "True" for one in node.status.conditions)
        for node in nodes
    )
