"""Reading and downloading from a real object store, and its ways to fail."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from elyra_neurodesk.errors import NeurodeskError
from elyra_neurodesk.runs import downloads
from elyra_neurodesk.runs.downloads import download
from elyra_neurodesk.runs.results import RunOutput
from elyra_neurodesk.settings import RuntimeConfiguration
from elyra_neurodesk.storage import errors
from elyra_neurodesk.storage.client import open_storage
from elyra_neurodesk.storage.interface import BrowsableStorage
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.partfile import PART_PREFIX
from tests.integration.runs.servers import Reply, answering, closed_port, serving
from tests.support.configurations import runtime_configuration
from tests.support.objectstore import ObjectStore, running_nanio


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_nanio(tmp_path_factory.mktemp("nanio")) as running:
        yield running


def config(endpoint: str, user: str = "user", password: str = "password") -> RuntimeConfiguration:
    return runtime_configuration(object_store_endpoint=endpoint, access_key=user, secret_key=password)


def reader(store: ObjectStore, bucket: str = "") -> BrowsableStorage:
    key = config(store.endpoint, store.access_key, store.secret_key)
    return open_storage(key, StorageLocation("http://seen-from-the-task.invalid", bucket or store.bucket))


def put(store: ObjectStore, run: str, files: dict[str, bytes], hashed: bool = True) -> list[RunOutput]:
    found = []
    for name, content in files.items():
        store.put(f"p/{run}/{name}", content)
        task, _, path = name.partition("/")
        sha256 = hashlib.sha256(content).hexdigest() if hashed else ""
        found.append(RunOutput(task, path, f"p/{run}/{name}", len(content), sha256))
    return found


FILES = {f"task-{number % 3}/deep/er/file {number} ä.bin": os.urandom(number * 50_000) for number in range(9)}


def one_line(problem: NeurodeskError, expected: type[NeurodeskError]) -> None:
    assert type(problem) is expected
    assert "\n" not in str(problem)
    assert problem.hint


def test_objects_are_listed_and_read(store: ObjectStore) -> None:
    put(store, "listed", {"a/x": b"1", "b/y/z": b"22"})
    found = reader(store).list("p/listed/")
    assert [(item.key, item.size) for item in found] == [("p/listed/a/x", 1), ("p/listed/b/y/z", 2)]
    assert found[0].etag == hashlib.md5(b"1", usedforsecurity=False).hexdigest()
    assert reader(store).get("p/listed/b/y/z") == b"22"
    assert reader(store).list("p/nothing-here/") == []


def test_each_failure_of_the_store_has_its_own_error(store: ObjectStore) -> None:
    here = StorageLocation(store.endpoint, store.bucket)
    cases = [
        (config(f"http://127.0.0.1:{closed_port()}"), here, errors.StorageUnreachable),
        (config("http://no-such-host.invalid"), here, errors.StorageUnreachable),
        (config(store.endpoint.replace("http:", "https:")), here, errors.StorageUnreachable),
        (config(store.endpoint, store.access_key, "wrong-secret"), here, errors.StorageDenied),
        (config(store.endpoint, "nobody", store.secret_key), here, errors.StorageDenied),
        (
            config(store.endpoint, store.access_key, store.secret_key),
            StorageLocation(store.endpoint, "no-bucket"),
            errors.NoSuchBucket,
        ),
    ]
    for given, where, expected in cases:
        opened = open_storage(given, where)
        for call in (opened.list, opened.get):
            with pytest.raises(errors.StorageError) as caught:
                call("key")
            one_line(caught.value, expected)


def test_an_object_that_is_not_there_is_named(store: ObjectStore) -> None:
    with pytest.raises(errors.NoSuchObject, match="p/no-such-key"):
        reader(store).get("p/no-such-key")


def test_a_web_server_is_not_a_store() -> None:
    with (
        serving(answering({}, Reply(200, b"<html>hi</html>", "text/html"))) as server,
        pytest.raises(errors.NotAnObjectStore) as caught,
    ):
        open_storage(config(server.url), StorageLocation(server.url, "bucket")).list("x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9000", "ftp://x", "http://", "http://host/with/path"])
def test_an_endpoint_that_is_no_url_is_told(endpoint: str) -> None:
    with pytest.raises(errors.StorageError) as caught:
        open_storage(config(endpoint), StorageLocation("", "bucket"))
    assert "\n" not in str(caught.value)


def test_without_a_key_the_environments_is_taken_and_else_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    with pytest.raises(errors.NoStorageCredentials):
        open_storage(config("http://x", "", ""), StorageLocation("http://x", "bucket"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    open_storage(config("http://x", "", ""), StorageLocation("http://x", "bucket"))


def test_everything_is_downloaded_once_and_only_what_is_missing_again(
    store: ObjectStore, tmp_path: Path
) -> None:
    wanted = put(store, "all", FILES)
    seen: list[int] = []
    done = download(reader(store), wanted, tmp_path / "new", progress=seen.append)
    assert (len(done.written), done.skipped) == (9, ())
    assert {
        path.relative_to(tmp_path / "new").as_posix(): path.read_bytes() for path in done.written
    } == FILES
    assert sum(seen) == sum(map(len, FILES.values()))
    done.written[4].unlink()
    again = download(reader(store), wanted, tmp_path / "new")
    assert (again.written, len(again.skipped)) == ((done.written[4],), 8)


def test_wrong_content_never_gets_its_name(store: ObjectStore, tmp_path: Path) -> None:
    good, bad = put(store, "changed", {"a/good": b"good", "a/bad": b"bad"})
    store.put(bad.key, b"BAD")
    with pytest.raises(downloads.ContentDiffers, match="p/changed/a/bad"):
        download(reader(store), [good, bad], tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) in (["good"], [])


def test_without_a_hash_in_the_record_the_stores_tag_is_compared(store: ObjectStore, tmp_path: Path) -> None:
    (output,) = put(store, "tagged", {"a/x": b"content"}, hashed=False)
    tag = reader(store).list("p/tagged/")[0].etag
    tagged = RunOutput(output.task, output.path, output.key, output.size, etag=tag)
    assert len(download(reader(store), [tagged], tmp_path).written) == 1
    store.put(output.key, b"CONTENT")
    with pytest.raises(downloads.ContentDiffers):
        download(reader(store), [tagged], tmp_path / "other")


def test_a_store_that_stops_midway_leaves_whole_files_only(tmp_path: Path) -> None:
    with running_nanio(tmp_path / "store") as store:
        content = {f"t/{number}": os.urandom(3_000_000) for number in range(12)}
        wanted = put(store, "stops", content)
        count = 0

        def stop(_: int) -> None:
            nonlocal count
            count += 1
            if count == 40:
                store.stop()

        with pytest.raises(errors.StorageUnreachable):
            download(reader(store), wanted, tmp_path / "got", progress=stop)
    left = [path for path in (tmp_path / "got").rglob("*") if path.is_file()]
    assert not [path for path in left if path.name.startswith(PART_PREFIX)]
    assert all(path.read_bytes() == content[f"t/{path.name}"] for path in left)
    assert len(left) < 12


def test_nothing_is_replaced_unless_it_may_be(store: ObjectStore, tmp_path: Path) -> None:
    wanted = put(store, "there", {"a/x": b"theirs", "a/y": b"new"})
    (tmp_path / "a").mkdir()
    (tmp_path / "a/x").write_bytes(b"mine!!")
    with pytest.raises(downloads.FileDiffers):
        download(reader(store), wanted, tmp_path)
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "x"]
    download(reader(store), wanted, tmp_path, overwrite=True)
    assert (tmp_path / "a/x").read_bytes() == b"theirs"


def test_a_directory_that_cannot_be_made_is_told(store: ObjectStore, tmp_path: Path) -> None:
    wanted = put(store, "blocked", {"a/x": b"1"})
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(downloads.CannotWrite) as caught:
        download(reader(store), wanted, tmp_path / "file")
    assert "\n" not in str(caught.value)
