"""What a user can get wrong is told in one line by the command line, and nothing is left half done."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.backend import CONFIG, ROOT, Backend
from tests.support.objectstore import free_port, running_nanio
from tests.support.pipelines import node_id, notebook_node, pipeline, write_pipeline

pytestmark = pytest.mark.e2e

STATUSES = {
    cells[1].strip(): int(cells[-2])
    for line in (ROOT / "docs" / "errors.md").read_text("utf-8").splitlines()
    if (cells := line.split("|"))[1:] and cells[1].strip().startswith("ND-")
}
"""Code to exit status, as the documentation promises it."""


def refused(backend: Backend, code: str, *arguments: str) -> str:
    """Run a command that must fail, and return its only line after looking for remains."""
    temporary = backend.jupyter.home / "tmp"
    temporary.mkdir(exist_ok=True)
    backend.jupyter.env["TMPDIR"] = str(temporary)
    before = left(backend)
    done = backend.cli(*arguments)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.stdout + done.stderr
    assert done.stderr.startswith(f"{code}: "), done.stderr
    assert done.returncode == STATUSES[code]
    assert left(backend) == before
    assert list(temporary.glob("*elyra-neurodesk*")) == []
    return str(done.stderr)


def left(backend: Backend) -> Any:
    """Return what a failed command must not have changed."""
    runs = sorted(run["run_id"] for run in backend.runs())
    objects = [key for key in backend.objects() if not key.startswith(".elyra-neurodesk/")]
    return runs, backend.pipelines(), objects


def config(backend: Backend, name: str, **changes: str) -> str:
    """Make a runtime configuration that differs from this machine's, and return its name."""
    folder = backend.jupyter.home / ".local/share/jupyter/metadata/runtimes"
    made = json.loads((folder / f"{CONFIG}.json").read_text("utf-8"))
    backend.jupyter.runtime_config(name, **made["metadata"] | changes)
    return name


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A pipeline with nothing wrong in it."""
    (tmp_path / "a.py").write_text("open('a.txt', 'w').write('a')", "utf-8")
    return write_pipeline(tmp_path / "good.pipeline", [notebook_node("a", "a.py", outputs=["a.txt"])])


def test_a_runtime_configuration_that_is_not_there(backend: Backend, good: Path) -> None:
    line = refused(backend, "ND-CONFIG-001", "submit", str(good), "--runtime-config", "nowhere")
    assert "'nowhere'" in line
    assert CONFIG in line


@pytest.mark.parametrize(
    ("code", "endpoint", "told"),
    [
        ("ND-API-001", "http://127.0.0.1:{free}/pipeline", "127.0.0.1:{free}"),
        ("ND-API-004", "https://127.0.0.1:{port}/pipeline", "127.0.0.1:{port}"),
        ("ND-API-006", "http://127.0.0.1:{port}/elsewhere", "/elsewhere"),
        ("ND-API-002", "http://no-such-host.invalid/pipeline", "no-such-host.invalid"),
        ("ND-CONFIG-011", "127.0.0.1/pipeline", "'bad_api'"),
    ],
    ids=["down", "wrong-scheme", "wrong-path", "no-such-host", "no-url"],
)
def test_an_api_endpoint_that_is_wrong(
    backend: Backend, good: Path, code: str, endpoint: str, told: str
) -> None:
    ports = {"free": free_port(), "port": backend.port}
    store = {"cos_endpoint": f"http://127.0.0.1:{ports['free']}", "cos_password": "not-the-password", **S3}
    name = config(backend, "bad_api", api_endpoint=endpoint.format_map(ports), **store)
    line = refused(backend, code, "submit", str(good), "--runtime-config", name)
    assert told.format_map(ports) in line


S3 = {"cos_auth_type": "KUBERNETES_SECRET", "cos_secret": "mine", "cos_username": "somebody"}


def test_a_wrong_key_of_the_object_store(backend: Backend, good: Path, tmp_path: Path) -> None:
    with running_nanio(tmp_path / "nanio") as store:
        keys = {"cos_username": store.access_key, "cos_password": "not-the-password"}
        name = config(backend, "bad_key", cos_endpoint=store.endpoint, **S3 | keys)
        line = refused(backend, "ND-STORE-102", "submit", str(good), "--runtime-config", name)
    assert store.endpoint in line
    assert "not-the-password" not in line


def test_an_object_store_that_is_down(backend: Backend, good: Path) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    name = config(backend, "no_store", cos_endpoint=endpoint, cos_password="not-the-password", **S3)
    line = refused(backend, "ND-STORE-101", "submit", str(good), "--runtime-config", name)
    assert endpoint in line


def test_a_bucket_that_is_missing_is_made(backend: Backend, good: Path) -> None:
    name = config(backend, "new_bucket", cos_bucket="a-new-bucket")
    submission = json.loads(
        backend.cli("submit", str(good), "--runtime-config", name, "--json", check=True).stdout
    )
    assert backend.wait(submission["run_id"])["state"] == "SUCCEEDED"
    listed = backend.cli("runs", "outputs", submission["run_id"], "--runtime-config", name, check=True).stdout
    assert "a.txt" in listed


def test_a_bucket_that_is_forbidden(backend: Backend, good: Path) -> None:
    with forbidding_store() as endpoint:
        name = config(
            backend, "forbidden", cos_bucket="theirs", cos_endpoint=endpoint, cos_password="a-password", **S3
        )
        line = refused(backend, "ND-STORE-102", "submit", str(good), "--runtime-config", name)
    assert "'theirs'" in line
    assert endpoint in line


def bad_pipelines(folder: Path) -> dict[str, tuple[str, str]]:
    """Write pipelines with one thing wrong in each, and return their code and a word of their line."""
    for name in ("a", "b"):
        (folder / f"{name}.py").write_text("print(1)", "utf-8")
    write_pipeline(
        folder / "cycle.pipeline", [notebook_node("a", "a.py", ["b"]), notebook_node("b", "b.py", ["a"])]
    )
    write_pipeline(folder / "stranger.pipeline", [notebook_node("a", "a.py", ["gone"])])
    write_pipeline(folder / "empty.pipeline", [])
    write_pipeline(folder / "no-notebook.pipeline", [notebook_node("a", "gone.ipynb")])
    write_pipeline(folder / "no-dependency.pipeline", [notebook_node("a", "a.py", dependencies=["gone.csv"])])
    write_pipeline(folder / "outside.pipeline", [notebook_node("a", "a.py", dependencies=["../*"])])
    (folder / "no-json.pipeline").write_text("{'a': 1", "utf-8")
    (folder / "binary.pipeline").write_bytes(b"\xff\xfe\x00PK")
    (folder / "list.pipeline").write_text("[]", "utf-8")
    nodeless = pipeline([notebook_node("a", "a.py")])
    del nodeless["pipelines"][0]["nodes"][0]["app_data"]
    (folder / "no-data.pipeline").write_text(json.dumps(nodeless), "utf-8")
    return {
        "cycle": ("ND-GRAPH-001", "'a'"),
        "stranger": ("ND-GRAPH-002", node_id("gone")),
        "empty": ("ND-GRAPH-003", ""),
        "no-notebook": ("ND-PIPELINE-002|ND-FILE-001", "gone.ipynb"),
        "no-dependency": ("ND-PIPELINE-002|ND-FILE-001", "gone.csv"),
        "outside": ("ND-PIPELINE-002|ND-FILE-002", "outside"),
        "no-json": ("ND-PIPELINE-001", "no-json.pipeline"),
        "binary": ("ND-PIPELINE-001", "binary.pipeline"),
        "list": ("ND-PIPELINE-001", "list.pipeline"),
        "no-data": ("ND-PIPELINE-001|ND-PIPELINE-002", ""),
        "not-there": ("ND-PIPELINE-001", "not-there.pipeline"),
    }


WRONG = (
    "cycle",
    "stranger",
    "empty",
    "no-notebook",
    "no-dependency",
    "outside",
    "no-json",
    "binary",
    "list",
    "no-data",
    "not-there",
)


@pytest.mark.parametrize("name", WRONG)
def test_a_pipeline_that_cannot_run(backend: Backend, tmp_path: Path, name: str) -> None:
    codes, told = bad_pipelines(tmp_path)[name]
    before = sorted(tmp_path.rglob("*"))
    arguments = ("submit", str(tmp_path / f"{name}.pipeline"), "--runtime-config", CONFIG)
    done = backend.cli(*arguments)
    print(done.stderr)
    code = re.match(codes, done.stderr)
    assert code, done.stderr
    assert told in refused(backend, code[0], *arguments)
    assert sorted(tmp_path.rglob("*")) == before


@contextmanager
def forbidding_store() -> Iterator[str]:
    """Run an S3-like server that denies everything, and yield its address."""

    class Denies(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>"
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(403)
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_PUT = do_POST = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Denies)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
