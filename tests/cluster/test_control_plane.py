"""The control plane of the admission tests is a real one, of the version that they are written for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster import binaries
from tests.cluster.control_plane import ControlPlane, connect
from tests.cluster.instance import ROOT
from tests.cluster.objects import Manifest, create_namespace, create_pod

RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


def pod(namespace: str, **security: object) -> Manifest:
    container = {"name": "main", "image": "an/image:1", "securityContext": security}
    metadata = {"name": "a-pod", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": [container]}}


def test_the_api_server_states_the_version_that_go_mod_pins(control_plane: ControlPlane) -> None:
    from kubernetes.client import VersionApi

    version = VersionApi(control_plane.client).get_code().git_version
    assert f"k8s.io/kubernetes {version}" in (binaries.TOOLS / "kubernetes" / "go.mod").read_text("utf-8")


def test_mutating_admission_policies_are_served(control_plane: ControlPlane) -> None:
    from kubernetes.dynamic import DynamicClient

    resources = DynamicClient(control_plane.client).resources
    assert resources.get(api_version="admissionregistration.k8s.io/v1", kind="MutatingAdmissionPolicy")


def test_pod_security_refuses_a_privileged_pod_and_takes_a_hardened_one(control_plane: ControlPlane) -> None:
    from kubernetes.client import ApiException

    client = control_plane.client
    namespace = create_namespace(client, {"pod-security.kubernetes.io/enforce": "baseline"})
    assert (
        create_pod(client, pod(namespace, **RESTRICTED), dry_run=True)["spec"]["serviceAccount"] == "default"
    )
    with pytest.raises(ApiException, match='violates PodSecurity \\\\"baseline'):
        create_pod(client, pod(namespace, privileged=True), dry_run=True)


def test_a_user_may_do_nothing_before_rbac_says_so(control_plane: ControlPlane) -> None:
    from kubernetes.client import ApiException, CoreV1Api

    user = connect(control_plane.kubeconfig_of("jovyan", ["researchers"]))
    with pytest.raises(ApiException, match=r'User \\"jovyan\\" cannot list resource \\"pods\\"'):
        CoreV1Api(user).list_namespaced_pod("default")


def test_a_killed_test_run_leaves_no_process_and_no_file(control_plane: ControlPlane, tmp_path: Path) -> None:
    told = tmp_path / "directory"
    code = """if True:
        import pathlib, sys, time
        from tests.cluster.control_plane import running_control_plane
        with running_control_plane() as plane:
            pathlib.Path(sys.argv[1]).write_text(str(plane.instance.directory))
            time.sleep(600)
    """
    process = subprocess.Popen([sys.executable, "-c", code, str(told)], cwd=ROOT)
    try:
        _wait_until(told.exists)
        directory = Path(told.read_text())
        pids = [
            int((directory / f"{name}.pid").read_text().split()[0]) for name in ("etcd", "kube-apiserver")
        ]
        assert all(map(_runs, pids))
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    _wait_until(lambda: not directory.exists())
    assert not any(map(_runs, pids))


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}/exe").exists()


def _wait_until(condition: object, within: float = 120) -> None:
    assert callable(condition)
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
