"""etcd and kube-apiserver: enough for all that is decided when an object is created or changed."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cluster import binaries
from tests.cluster.instance import Instance, new_instance
from tests.cluster.pki import Authority, write_signing_key

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

CONTEXT = "tests"
SERVICE_ADDRESSES = "10.96.0.0/16"
START_TIMEOUT = 90.0  # seconds


@dataclass(frozen=True)
class ControlPlane:
    """A running API server.

    Attributes:
        server: ``https://127.0.0.1:PORT``.
        kubeconfig: file whose only context, `CONTEXT`, is an administrator.
        authority: signs certificates that the API server believes.
        instance: its state.
    """

    server: str
    kubeconfig: Path
    authority: Authority
    instance: Instance

    @cached_property
    def client(self) -> ApiClient:
        """Return a client that may do everything."""
        return connect(self.kubeconfig)

    def kubeconfig_of(self, user: str, groups: Sequence[str] = (), namespace: str = "default") -> Path:
        """Write a kubeconfig for a user, who may do nothing before RBAC says so, and return its path."""
        name = user.replace(":", "-")
        certificate, key = self.authority.sign(name, user, groups)
        path = self.instance.directory / f"{name}.kubeconfig"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [
                {
                    "name": CONTEXT,
                    "cluster": {
                        "server": self.server,
                        "certificate-authority": str(self.authority.certificate),
                    },
                }
            ],
            "contexts": [
                {"name": CONTEXT, "context": {"cluster": CONTEXT, "user": name, "namespace": namespace}}
            ],
            "users": [
                {"name": name, "user": {"client-certificate": str(certificate), "client-key": str(key)}}
            ],
        }
        path.write_text(json.dumps(config, indent=1))
        return path


def connect(kubeconfig: Path) -> ApiClient:
    """Return a client for the kubeconfig's current context."""
    from kubernetes import client, config

    configuration = client.Configuration()
    config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    return client.ApiClient(configuration)


@contextmanager
def running_control_plane(arguments: Sequence[str] = ()) -> Iterator[ControlPlane]:
    """Run a control plane on the loopback interface until the ``with`` ends.

    Args:
        arguments: more arguments of kube-apiserver, such as ``--feature-gates=…``.

    Raises:
        NotBuilt: `make cluster-tools` has not been run.
        RuntimeError: it did not start; the message has the end of its log.
    """
    programs = binaries.find(tuple(binaries.CONTROL_PLANE))
    with new_instance() as instance:
        yield start_control_plane(instance, programs, arguments)


def start_control_plane(
    instance: Instance, programs: Mapping[str, Path], arguments: Sequence[str] = ()
) -> ControlPlane:
    """Start etcd and kube-apiserver in the instance, and return when they are ready."""
    client_port, peer_port, port = _free_ports(3)
    etcd = f"http://127.0.0.1:{client_port}"
    peers = f"http://127.0.0.1:{peer_port}"
    options = {
        "data-dir": instance.directory / "etcd",
        "listen-client-urls": etcd,
        "advertise-client-urls": etcd,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"default={peers}",
    }
    command = [programs["etcd"], *flags(options), "--unsafe-no-fsync"]
    processes = {"etcd": instance.start("etcd", command)}

    authority = Authority(instance.directory / "pki")
    signing_key, verifying_key = write_signing_key(authority.directory)
    names = ["localhost", "kubernetes.default.svc", "127.0.0.1", instance.address]
    certificate, key = authority.sign("kube-apiserver", "kube-apiserver", names=names)
    kubelet_client = authority.sign("kubelet-client", "kube-apiserver-kubelet-client", ["system:masters"])
    plane = ControlPlane(f"https://127.0.0.1:{port}", Path(), authority, instance)
    plane = replace(plane, kubeconfig=plane.kubeconfig_of("admin", ["system:masters"]))
    options = {
        "etcd-servers": etcd,
        "bind-address": "127.0.0.1",
        "secure-port": port,
        "advertise-address": instance.address,
        "endpoint-reconciler-type": "none",  # no pod gets at it
        "tls-cert-file": certificate,
        "tls-private-key-file": key,
        "client-ca-file": authority.certificate,
        "allow-privileged": "true",  # what may be, Pod Security decides
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "service-account-key-file": verifying_key,
        "service-account-signing-key-file": signing_key,
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-cluster-ip-range": SERVICE_ADDRESSES,
        "kubelet-client-certificate": kubelet_client[0],
        "kubelet-client-key": kubelet_client[1],
        "kubelet-preferred-address-types": "InternalIP",
    }
    command = [programs["kube-apiserver"], *flags(options), *arguments]
    processes["kube-apiserver"] = instance.start("kube-apiserver", command)
    wait_until(lambda: _is_ready(plane), instance, processes)
    return plane


def flags(options: Mapping[str, object]) -> list[str]:
    """Return ``--NAME=VALUE`` for each option."""
    return [f"--{name}={value}" for name, value in options.items()]


def wait_until(
    condition: Callable[[], object],
    instance: Instance,
    processes: Mapping[str, subprocess.Popen[bytes]],
    within: float = START_TIMEOUT,
) -> None:
    """Return when ``condition()`` is true.

    Raises:
        RuntimeError: a process has ended, or the time (s) is over; with the end of the logs.
    """
    deadline = time.monotonic() + within
    while not condition():
        ended = [name for name, process in processes.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            what = f"{', '.join(ended)} ended" if ended else f"not ready after {within:.0f} s"
            logs = "\n".join(f"{name}: {instance.log(name)}" for name in ended or processes)
            raise RuntimeError(f"{what}\n{logs}")
        time.sleep(0.1)


def _is_ready(plane: ControlPlane) -> bool:
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    port = int(plane.server.rpartition(":")[2])
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()  # the client retries for too long
        plane.client.call_api("/readyz", "GET", auth_settings=["BearerToken"], _request_timeout=5)
    except (OSError, HTTPError, ApiException):
        return False
    return True


def _free_ports(count: int) -> list[int]:
    """Return different ports of the loopback interface that nobody listens on."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports
