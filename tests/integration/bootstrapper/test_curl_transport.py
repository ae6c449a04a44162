"""Without minio, curl does the same: same objects, same errors."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper import curl_transport
from elyra_neurodesk.bootstrapper import store as store_module
from elyra_neurodesk.bootstrapper.disk import DiskFull
from elyra_neurodesk.bootstrapper.spec import Store
from elyra_neurodesk.bootstrapper.store import ObjectStore
from elyra_neurodesk.bootstrapper.store_errors import (
    BucketMissing,
    ObjectMissing,
    StoreUnreachable,
    WrongCredentials,
)
from tests.support.objectstore import ObjectStore as Nanio
from tests.support.objectstore import free_port, running_nanio

pytestmark = pytest.mark.skipif(not curl_transport.usable(), reason="needs curl 7.75 or newer")
NASTY = "dir/a b+c&d=é'(~)日.txt"


@pytest.fixture(scope="module")
def nanio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nanio]:
    with running_nanio(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture(autouse=True)
def without_minio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store choose as it does in an image that lacks minio."""
    monkeypatch.setattr(store_module.importlib.util, "find_spec", lambda name: None)


def store(nanio: Nanio, endpoint: str = "", bucket: str = "", **environment: str) -> ObjectStore:
    place = Store(endpoint or nanio.endpoint, bucket or nanio.bucket)
    return ObjectStore(place, {**nanio.environment, **environment}, sleep=lambda seconds: None)


def test_files_and_bytes_go_there_and_come_back(nanio: Nanio, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "up").write_bytes(content)
    ours = store(nanio)
    ours.upload(NASTY, tmp_path / "up")
    assert nanio.get(NASTY) == content
    fetched = ours.download(NASTY, tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == content
    assert (fetched.size, fetched.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    ours.write("small", b"{}", "application/json")
    assert ours.read("small") == b"{}"
    assert nanio.client.stat_object(nanio.bucket, "small").content_type == "application/json"


def test_an_empty_object_is_an_object(nanio: Nanio, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    store(nanio).upload("empty", tmp_path / "empty")
    assert store(nanio).read("empty") == b""


def test_errors_are_those_of_minio(nanio: Nanio, tmp_path: Path) -> None:
    with pytest.raises(ObjectMissing):
        store(nanio).download("ghost", tmp_path / "ghost")
    assert not (tmp_path / "ghost").exists()
    with pytest.raises(BucketMissing):
        store(nanio, bucket="ghost").read("key")
    with pytest.raises(WrongCredentials):
        store(nanio, AWS_SECRET_ACCESS_KEY="wrong").read("key")
    with pytest.raises(WrongCredentials):
        store(nanio, AWS_ACCESS_KEY_ID="wrong").read("key")
    with pytest.raises(StoreUnreachable, match="connect"):
        store(nanio, endpoint=f"http://127.0.0.1:{free_port()}").read("key")
    with pytest.raises(StoreUnreachable, match="resolve"):
        store(nanio, endpoint="http://no-such-host.invalid").read("key")


def test_the_secret_is_in_no_command_line(nanio: Nanio, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    real = curl_transport.subprocess.run

    def run(command: list[str], **options: object) -> object:
        seen.append(command)
        return real(command, **options)

    monkeypatch.setattr(curl_transport.subprocess, "run", run)
    store(nanio).write("x", b"1", "text/plain")
    assert seen
    assert nanio.secret_key not in " ".join(seen[0])


@pytest.mark.skipif(not Path("/dev/full").exists() or shutil.which("curl") is None, reason="needs /dev/full")
def test_a_full_disk_is_named(nanio: Nanio) -> None:
    nanio.put("some", b"content")
    transport = store(nanio)._transport()
    with pytest.raises(DiskFull, match="/dev"):
        transport.fetch("some", Path("/dev/full"))
