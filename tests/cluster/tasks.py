"""A namespace in which tasks run as KFP's would, made by `cluster apply` on a cluster that has nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from elyra_neurodesk.cli.main import run as command
from elyra_neurodesk.patches.sidecar import NAME as SIDECAR
from tests.cluster.image import NEURODESKTOP
from tests.cluster.kfp import Run, run_of
from tests.cluster.node import Cluster
from tests.cluster.objects import Manifest, apply, create_pod, delete_pods
from tests.support.neurodesk_tree import Tool, make_tree
from tests.support.objectstore import ObjectStore
from tests.support.recorded_pods import recorded_pod
from tests.support.tasks import make_notebook

NAMESPACE = "kubeflow"
CLAIM = "cvmfs-neurodesk"
TOOLS = [Tool("hello", "1.0", "20260101", {"hello": "echo hello from CVMFS"})]
SECRET = "mlpipeline-minio-artifact"


@dataclass(frozen=True)
class Tasks:
    """What tasks of one namespace need.

    Attributes:
        cluster: where they run.
        store: the object store, at an address that pods reach.
        directory: of notebooks and packages.
        namespace: of the pods.
    """

    cluster: Cluster
    store: ObjectStore
    directory: Path
    namespace: str = NAMESPACE

    def export(self, name: str, *cells: str, options: Sequence[str] = ()) -> Run:
        """Write a notebook, export it as `elyra-neurodesk export` does, and return a run of the package."""
        notebook, package = self.directory / f"{name}.ipynb", self.directory / f"{name}.yaml"
        notebook.write_text(make_notebook(*cells), "utf-8")
        words = ["export", str(notebook), "--image", NEURODESKTOP, "--output", str(package), "--overwrite"]
        assert command([*words, *options]) == 0
        return run_of(package, self.namespace, self.cluster)

    def tool(self, script: str) -> Run:
        """Return a run of one catalog node, ``tool``, that runs a shell script."""
        container = {"image": NEURODESKTOP, "command": ["sh", "-c", script]}
        spec = {
            "pipelineInfo": {"name": "tools"},
            "root": {"dag": {"tasks": {"tool": {"componentRef": {"name": "c"}}}}},
            "components": {"c": {"executorLabel": "e"}},
            "deploymentSpec": {"executors": {"e": {"container": container}}},
        }
        return Run(spec, self.namespace, self.cluster)


def use_cluster(cluster: Cluster, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands use the cluster, and no runtime configuration but that of the directory."""
    path = str(cluster.control_plane.kubeconfig)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", path)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(directory / "jupyter"))
    monkeypatch.setenv("JUPYTER_PATH", str(directory / "nothing"))
    monkeypatch.setenv("ELYRA_NEURODESK_HOME", str(directory / "home"))


def runtime_configuration(directory: Path, store: ObjectStore, **fields: object) -> None:
    """Write the only runtime configuration of a directory (`use_cluster`)."""
    metadata = {
        "runtime_type": "KUBEFLOW_PIPELINES",
        "api_endpoint": "http://127.0.0.1:9",
        "auth_type": "NO_AUTHENTICATION",
        "engine": "Argo",
        "cos_endpoint": store.endpoint,
        "cos_auth_type": "KUBERNETES_SECRET",
        "cos_secret": SECRET,
        "cos_username": store.access_key,
        "cos_password": store.secret_key,
        "cos_bucket": store.bucket,
        **fields,
    }
    path = directory / "jupyter" / "metadata" / "runtimes" / "lab.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"display_name": "Lab", "schema_name": "neurodesk", "metadata": metadata}
    path.write_text(json.dumps(content))


def cvmfs_volume(cluster: Cluster, name: str = "cvmfs") -> Manifest:
    """Return what a CSI driver would make for the claim, with a small repository in it."""
    tree = cluster.directory(name)
    make_tree(tree, TOOLS)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"{name}-{NAMESPACE}"},
        "spec": {
            "accessModes": ["ReadOnlyMany"],
            "capacity": {"storage": "1Gi"},
            "claimRef": {"name": CLAIM, "namespace": NAMESPACE},
            "hostPath": {"path": str(tree)},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": CLAIM,
        },
    }


def needed_by_tasks(store: ObjectStore) -> list[Manifest]:
    """Return what KFP's own installation has in the namespace."""
    where = {"namespace": NAMESPACE}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "pipeline-runner", **where}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET, **where},
            "stringData": {"accesskey": store.access_key, "secretkey": store.secret_key},
        },
    ]


def wait_until_in_effect(cluster: Cluster) -> None:
    """Return when the API server, which compiles an admission policy a moment later, adds the sidecar."""
    deadline = time.monotonic() + 60
    pod = recorded_pod("task-admission")
    pod["metadata"]["namespace"] = NAMESPACE
    while create_pod(cluster.client, pod, dry_run=True)["spec"]["initContainers"][0]["name"] != SIDECAR:
        assert time.monotonic() < deadline, "the policy has no effect"
        time.sleep(0.2)


@contextmanager
def applied(cluster: Cluster, store: ObjectStore, *options: str) -> Iterator[list[Manifest]]:
    """Have the set-up in the cluster until the block ends, with what tasks need besides.

    Commands must use the cluster (`use_cluster`).
    """
    from kubernetes.dynamic import DynamicClient

    assert command(["cluster", "apply", *options]) == 0
    others = [cvmfs_volume(cluster), *needed_by_tasks(store)]
    apply(cluster.client, *others)
    wait_until_in_effect(cluster)
    try:
        yield others
    finally:
        delete_pods(cluster.client, NAMESPACE)
        dynamic = DynamicClient(cluster.client)
        for one in others:
            kind = dynamic.resources.get(api_version=one["apiVersion"], kind=one["kind"])
            kind.delete(name=one["metadata"]["name"], namespace=one["metadata"].get("namespace"))
        assert command(["cluster", "remove", "--yes"]) == 0
