"""Ports of this machine lead to services of a real cluster, and to the next pod when one goes away.

KFP's API and the object store are the stand-ins of other tests: servers of this machine, to which pods in its
network lead. The third service is a server in a pod of its own, which is killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from elyra_neurodesk.storage.client import open_bucket
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.transport import Credentials
from tests.cluster.image import NEURODESKTOP
from tests.cluster.node import Cluster
from tests.cluster.objects import Manifest, apply, create_namespace
from tests.integration.submit.kfp_api import KfpApi, running_kfp_api
from tests.support.backend import command
from tests.support.jupyter import JupyterHome, neurodesk_metadata
from tests.support.objectstore import ObjectStore, free_port, running_rclone
from tests.support.pipelines import notebook_node, write_notebook, write_pipeline

NAME = "lab"
WAIT = 90.0
# answers with the pod's name, so that a test sees which one it was
WEB = """if True:
    import http.server, os
    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            body = os.environ["HOSTNAME"].encode() + b" " * 20000
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *words): pass
    http.server.ThreadingHTTPServer.request_queue_size = 256
    http.server.ThreadingHTTPServer(("", 3000), Page).serve_forever()
"""


@dataclass
class Lab:
    """A cluster with the services of KFP, and a home whose runtime configuration forwards ports to them."""

    cluster: Cluster
    namespace: str
    api: KfpApi
    store: ObjectStore
    jupyter: JupyterHome
    ports: dict[str, int] = field(default_factory=dict)

    def run(self, *words: str, check: bool = True) -> Any:
        return self.jupyter.run(*command(*words), check=check)

    def status(self) -> dict[str, Any]:
        output = self.run("cluster", "connect", "--status", "--json", check=False).stdout
        found: dict[str, Any] = json.loads(output)
        return found

    def page(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['ui']}/", timeout=60) as answer:
            return str(answer.read().decode().strip())


def service(namespace: str, name: str, port: int, target: int | str) -> Manifest:
    ports = [{"name": "tcp", "port": port, "targetPort": target, "protocol": "TCP"}]
    spec = {"clusterIP": "None", "selector": {"app": name}, "ports": ports}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def deployment(namespace: str, name: str, command: list[str], **spec: Any) -> Manifest:
    labels = {"app": name}
    container = {
        "name": "main",
        "image": NEURODESKTOP,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        **spec.pop("container", {}),
    }
    template = {
        "metadata": {"labels": labels},
        "spec": {"terminationGracePeriodSeconds": 0, **spec, "containers": [container]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


@pytest.fixture(scope="module")
def lab(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    namespace = create_namespace(cluster.client)
    with ExitStack() as stack:
        api = stack.enter_context(running_kfp_api())
        store = stack.enter_context(running_rclone(folder))
        here = {"ml-pipeline": (8888, api.url), "seaweedfs": (9000, store.endpoint)}
        for name, (port, url) in here.items():
            apply(
                cluster.client,
                service(namespace, name, port, urlsplit(url).port or 0),
                deployment(namespace, name, ["sleep", "3600"], hostNetwork=True),
            )
        probe = {"tcpSocket": {"port": "web"}, "periodSeconds": 1}
        web = {"ports": [{"name": "web", "containerPort": 3000}], "readinessProbe": probe}
        apply(
            cluster.client,
            service(namespace, "ml-pipeline-ui", 80, "web"),
            deployment(namespace, "ml-pipeline-ui", ["python3", "-c", WEB], container=web),
        )
        jupyter = JupyterHome(folder / "home")
        jupyter.env |= {"KUBECONFIG": str(cluster.control_plane.kubeconfig)}
        ports = {name: free_port() for name in ("api", "ui", "store")}
        metadata = neurodesk_metadata(
            f"http://seaweedfs.{namespace}:9000",
            store.access_key,
            store.secret_key,
            cos_bucket=store.bucket,
            api_endpoint=f"http://127.0.0.1:{ports['api']}",
            public_api_endpoint=f"http://127.0.0.1:{ports['ui']}",
            public_cos_endpoint=f"http://127.0.0.1:{ports['store']}",
            kube_context="tests",
            port_forward="on-demand",
            kfp_namespace=namespace,
        )
        jupyter.runtime_config(NAME, **metadata)
        found = Lab(cluster, namespace, api, store, jupyter, ports)
        yield found
        found.run("cluster", "connect", "--stop")


def wait_until(condition: Callable[[], object], within: float = WAIT) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_submit_starts_the_process_that_forwards_and_the_tasks_keep_the_clusters_name(
    lab: Lab, tmp_path: Path
) -> None:
    write_notebook(tmp_path / "one.ipynb", "1")
    file = write_pipeline(tmp_path / "a.pipeline", [notebook_node("one", "one.ipynb", [])])
    first = lab.run("submit", str(file), "--runtime-config", NAME)
    assert "cluster connect --stop" in first.stderr
    assert len(lab.api.runs) == 1
    stored = lab.store.keys()
    assert any("/archives/" in key for key in stored)
    package = tmp_path / "a.yaml"
    lab.run("export", str(file), "--runtime-config", NAME, "--output", str(package))
    assert f"seaweedfs.{lab.namespace}:9000" in package.read_text("utf-8")
    assert f"127.0.0.1:{lab.ports['store']}" not in package.read_text("utf-8")
    running = lab.status()[NAME]["pid"]
    second = lab.run("submit", str(file), "--runtime-config", NAME)
    assert "cluster connect" not in second.stderr
    assert lab.status()[NAME]["pid"] == running
    assert {one["state"] for one in lab.status()[NAME]["ports"]} == {"forwarding"}


def test_two_hundred_clients_at_once_are_answered(lab: Lab) -> None:
    lab.run("cluster", "connect", "--background")
    with ThreadPoolExecutor(200) as pool:
        pages = list(pool.map(lambda _: lab.page(), range(200)))
    assert set(pages) == {lab.page()}


def test_a_large_object_goes_up_and_down_in_little_memory(lab: Lab, tmp_path: Path) -> None:
    lab.run("cluster", "connect", "--background")
    content = tmp_path / "large"
    with content.open("wb") as file:
        for _ in range(300):
            file.write(os.urandom(1 << 20))
    location = StorageLocation(f"http://127.0.0.1:{lab.ports['store']}", lab.store.bucket)
    storage = open_bucket(location, Credentials(lab.store.access_key, lab.store.secret_key), NAME)
    storage.put_file("large", content)
    storage.download("large", tmp_path / "back")
    assert digest(tmp_path / "back") == digest(content)
    status = Path(f"/proc/{lab.status()[NAME]['pid']}/status").read_text("utf-8")
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    assert peak < 200_000  # kB


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def pods_of(lab: Lab) -> list[str]:
    from kubernetes.client import CoreV1Api

    core = CoreV1Api(lab.cluster.client)
    found = core.list_namespaced_pod(lab.namespace, label_selector="app=ml-pipeline-ui")
    return [pod.metadata.name for pod in found.items]


def test_when_the_pod_is_killed_a_connection_waits_for_the_next_one(lab: Lab) -> None:
    from kubernetes.client import CoreV1Api

    lab.run("cluster", "connect", "--stop")
    process = subprocess.Popen(
        [*command("cluster", "connect", "--runtime-config", NAME)],
        env=lab.jupyter.env,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(lambda: lab.status().get(NAME) and len(lab.status()[NAME]["ports"]) == 3)
        wait_until(lambda: {one["state"] for one in lab.status()[NAME]["ports"]} == {"forwarding"})
        before = lab.page()
        CoreV1Api(lab.cluster.client).delete_namespaced_pod(before, lab.namespace, grace_period_seconds=0)
        wait_until(lambda: before not in pods_of(lab))
        after = lab.page()
        assert after != before
        assert lab.page() == after
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert f"(pod {before})" in output
    assert f"(pod {after})" in output
    assert lab.status() == {}


def test_a_second_process_is_refused_and_an_unused_one_ends_by_itself(lab: Lab) -> None:
    lab.run("cluster", "connect", "--background", "--idle", "3")
    refused = lab.run("cluster", "connect", check=False)
    assert refused.returncode == 1
    assert refused.stderr.startswith("ND-CLUSTER-045: ")
    pid = lab.status()[NAME]["pid"]
    assert lab.page()
    wait_until(lambda: not Path(f"/proc/{pid}/exe").exists())
    assert lab.status() == {}


def test_a_service_that_is_not_there_and_a_port_that_is_taken_are_told_in_one_line(lab: Lab) -> None:
    lab.run("cluster", "connect", "--stop")
    with socket.create_server(("127.0.0.1", lab.ports["ui"])):
        refused = lab.run("runs", "list", "--runtime-config", NAME, check=False)
    assert refused.returncode == 1
    (line,) = [one for one in refused.stderr.splitlines() if one.startswith("ND-")]
    assert "ND-CLUSTER-044" in line
    assert str(lab.ports["ui"]) in line
