"""Without minio, curl does the same: same objects, same errors."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from elyra_neurodesk.bootstrapper.disk import DiskFull, naming_full_disk
from elyra_neurodesk.storage import curl_transport, task
from elyra_neurodesk.storage.errors import (
    TaskNoSuchBucket,
    TaskNoSuchObject,
    TaskStorageUnreachable,
    TaskWrongCredentials,
)
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.s3 import S3Storage
from elyra_neurodesk.storage.transport import Credentials, Transport
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
    monkeypatch.setattr(task.importlib.util, "find_spec", lambda name: None)


def store(nanio: Nanio, endpoint: str = "", bucket: str = "", **environment: str) -> S3Storage[Transport]:
    place = StorageLocation(endpoint or nanio.endpoint, bucket or nanio.bucket)
    return task.task_storage(place, {**nanio.environment, **environment}, sleep=lambda seconds: None)


def test_files_and_bytes_go_there_and_come_back(nanio: Nanio, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    (tmp_path / "up").write_bytes(content)
    ours = store(nanio)
    ours.put(NASTY, tmp_path / "up")
    assert nanio.get(NASTY) == content
    fetched = ours.download(NASTY, tmp_path / "down")
    assert (tmp_path / "down").read_bytes() == content
    assert (fetched.size, fetched.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    ours.put("small", b"{}", "application/json")
    assert ours.get("small") == b"{}"
    assert nanio.client.stat_object(nanio.bucket, "small").content_type == "application/json"


def test_an_empty_object_is_an_object(nanio: Nanio, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    store(nanio).put("empty", tmp_path / "empty")
    assert store(nanio).get("empty") == b""


def test_an_object_is_removed_and_one_that_is_not_there_counts_as_removed(nanio: Nanio) -> None:
    ours = store(nanio)
    ours.put(NASTY, b"1")
    ours.delete(NASTY)
    ours.delete(NASTY)
    assert [item.object_name for item in nanio.client.list_objects(nanio.bucket, NASTY)] == []


def test_errors_are_those_of_minio(nanio: Nanio, tmp_path: Path) -> None:
    with pytest.raises(TaskNoSuchObject):
        store(nanio).download("ghost", tmp_path / "ghost")
    assert not (tmp_path / "ghost").exists()
    with pytest.raises(TaskNoSuchBucket):
        store(nanio, bucket="ghost").get("key")
    with pytest.raises(TaskWrongCredentials):
        store(nanio, AWS_SECRET_ACCESS_KEY="wrong").get("key")
    with pytest.raises(TaskWrongCredentials):
        store(nanio, AWS_ACCESS_KEY_ID="wrong").get("key")
    with pytest.raises(TaskStorageUnreachable, match="connect"):
        store(nanio, endpoint=f"http://127.0.0.1:{free_port()}").get("key")
    with pytest.raises(TaskStorageUnreachable, match="resolve"):
        store(nanio, endpoint="http://no-such-host.invalid").get("key")


def test_the_secret_is_in_no_command_line(nanio: Nanio, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    real = curl_transport.subprocess.run

    def run(command: list[str], **options: object) -> object:
        seen.append(command)
        return real(command, **options)

    monkeypatch.setattr(curl_transport.subprocess, "run", run)
    store(nanio).put("x", b"1", "text/plain")
    assert seen
    assert nanio.secret_key not in " ".join(seen[0])


@pytest.mark.skipif(not Path("/dev/full").exists() or shutil.which("curl") is None, reason="needs /dev/full")
def test_a_full_disk_is_named(nanio: Nanio) -> None:
    nanio.put("some", b"content")
    credentials = Credentials.from_environment(nanio.environment)
    assert credentials is not None
    transport = curl_transport.CurlTransport(StorageLocation(nanio.endpoint, nanio.bucket), credentials)
    with pytest.raises(DiskFull, match="/dev"), naming_full_disk(Path("/dev")):
        transport.download("some", Path("/dev/full"))
