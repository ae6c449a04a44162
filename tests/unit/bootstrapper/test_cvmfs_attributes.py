"""What a CVMFS client tells of its repository through extended attributes."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from elyra_neurodesk.bootstrapper import cvmfs
from elyra_neurodesk.bootstrapper.cvmfs import published_at, wait_for

HASH = "7c0a1f2e3d4b5a69788796a5b4c3d2e1f0a1b2c3"
MANIFEST = f"C{HASH}\nB12345\nD240\nS8421\nNneurodesk.ardc.edu.au\nT1790000000\n--\n"


class Handler(BaseHTTPRequestHandler):
    """Serves a manifest followed by its signature, as a CVMFS server does; also as a proxy."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        if self.path.endswith("/slow/.cvmfspublished"):
            time.sleep(1)
        if self.path.endswith("/held/.cvmfspublished"):
            self.server.release.wait(30)  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        signed = self.server.manifest.encode() + b"abcdef\n\xff\x00Tx"  # type: ignore[attr-defined]
        with contextlib.suppress(BrokenPipeError):  # whoever asked may have given up
            self.wfile.write(signed)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Any]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.asked, made.manifest, made.release = [], MANIFEST, threading.Event()  # type: ignore[attr-defined]
        made.url = f"http://127.0.0.1:{made.server_port}"  # type: ignore[attr-defined]
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def mount(root: Path, **attributes: str) -> None:
    """Give a directory the attributes of a mount, or skip the test."""
    (root / "neurodesk-modules" / "a").mkdir(parents=True)
    for name, value in attributes.items():
        try:
            os.setxattr(root, f"user.{name}", value.encode())
        except OSError as problem:
            pytest.skip(f"no extended attributes here: {problem}")


def test_revision_root_hash_and_time_of_publication_are_read(tmp_path: Path, server: Any) -> None:
    host = f"{server.url}/cvmfs/neurodesk.ardc.edu.au"
    mount(tmp_path, revision="8421", root_hash=HASH, host=host, proxy="DIRECT")
    seen = wait_for(str(tmp_path), "claim", 5)
    assert (seen.revision, seen.root_hash) == ("8421", HASH)
    assert seen.published == "2026-09-21T14:13:20Z"
    assert server.asked == ["/cvmfs/neurodesk.ardc.edu.au/.cvmfspublished"]


def test_the_first_cell_does_not_wait_for_the_time_of_publication(
    tmp_path: Path, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cvmfs, "_MANIFEST_TIMEOUT", 30.0)
    mount(tmp_path, root_hash=HASH, host=f"{server.url}/held", proxy="DIRECT")
    seen = wait_for(str(tmp_path), "claim", 20)  # returns, though the server has not answered
    server.release.set()
    assert seen.published == "2026-09-21T14:13:20Z"


def test_a_file_system_without_attributes_is_recorded_as_such(tmp_path: Path) -> None:
    mount(tmp_path)
    seen = wait_for(str(tmp_path), "claim", 5)
    assert (seen.revision, seen.root_hash, seen.published) == (None, None, None)


def test_the_manifest_is_asked_for_through_the_mounts_own_proxy(server: Any) -> None:
    host = "http://stratum-one.example/cvmfs/neurodesk.ardc.edu.au"
    assert published_at(HASH, host, server.url) == "2026-09-21T14:13:20Z"
    assert server.asked == [f"{host}/.cvmfspublished"]


@pytest.mark.parametrize(
    "manifest",
    [
        MANIFEST.replace(HASH, HASH[::-1]),
        MANIFEST.replace("T1790000000\n", ""),
        MANIFEST.replace("T1790000000", "Tsoon"),
        "",
        f"--\n{MANIFEST}",
    ],
)
def test_a_manifest_of_other_content_or_without_a_time_is_not_used(server: Any, manifest: str) -> None:
    server.manifest = manifest
    assert published_at(HASH, server.url, "DIRECT") is None


def test_without_an_answer_in_time_nothing_is_known(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cvmfs, "_MANIFEST_TIMEOUT", 0.2)
    assert published_at(HASH, f"{server.url}/slow", "DIRECT") is None
    assert published_at(HASH, "http://127.0.0.1:9", "DIRECT") is None
    assert published_at(HASH, "file:///etc", "DIRECT") is None
    assert published_at("", server.url, "DIRECT") is None
