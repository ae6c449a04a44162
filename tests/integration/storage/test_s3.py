"""Real S3 servers, mostly rclone: names of all kinds, long listings, and listings compared with records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from elyra_neurodesk.storage import curl_transport, minio_transport, task
from elyra_neurodesk.storage.client import open_storage
from elyra_neurodesk.storage.interface import BrowsableStorage, file_sha256
from elyra_neurodesk.storage.location import StorageLocation
from elyra_neurodesk.storage.partfile import PART_PREFIX
from tests.support.configurations import runtime_configuration
from tests.support.objectstore import ObjectStore, running_nanio, running_rclone

NAMES = [
    "100%25 %2F.txt",
    "line\nbreak.txt",
    "return\r.txt",
    "tab\t \x01.txt",
    "back\\slash?*[a]'\"&<>;#+=.txt",
    "ünï 日本 .tsv",
    " blank ",
    "x" * 251,
    "y" * 255,
    "ü" * 127,
    "sub-01.html",
    "sub-01/anat.nii",
    "sub-01/anat/a.nii",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with running_rclone(tmp_path_factory.mktemp("rclone")) as running:
        yield running


@pytest.fixture
def storage(server: ObjectStore) -> BrowsableStorage:
    return storage_of(server)


def storage_of(server: ObjectStore) -> BrowsableStorage:
    return open_storage(
        runtime_configuration(
            object_store_endpoint=server.endpoint,
            access_key=server.access_key,
            secret_key=server.secret_key,
            bucket=server.bucket,
        )
    )


@pytest.mark.parametrize("way", ["minio", "curl"])
@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_kinds_go_there_and_come_back(
    server: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    if way == "curl":
        if not curl_transport.usable():
            pytest.skip("needs curl 7.75 or newer")
        monkeypatch.setattr(task.importlib.util, "find_spec", lambda package: None)
    store = task.task_storage(StorageLocation(server.endpoint, server.bucket), server.environment)
    source = tmp_path / "source"
    source.write_bytes(name.encode())
    key = f"{way}/{name}"
    assert store.put_file(key, source).sha256 == file_sha256(source)
    assert server.get(key) == name.encode()
    target = tmp_path / name.rpartition("/")[2]
    assert store.download(key, target).sha256 == file_sha256(source)
    assert target.read_bytes() == name.encode()
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(PART_PREFIX)]


def test_a_listing_is_complete_whatever_the_names(server: ObjectStore, storage: BrowsableStorage) -> None:
    for name in NAMES:
        storage.put(f"all/{name}", b"1")
    assert [item.key for item in storage.list("all/")] == sorted(f"all/{name}" for name in NAMES)
    assert [item.key for item in storage.list("all/sub-01")] == sorted(
        f"all/{name}" for name in NAMES if name.startswith("sub-01")
    )


def test_a_listing_of_several_pages_is_complete(server: ObjectStore, storage: BrowsableStorage) -> None:
    keys = [f"pages/{number:04}/file" for number in range(1100)]  # S3 lists 1,000 at a time
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda key: storage.put(key, b"1"), keys))
    assert [item.key for item in storage.list("pages/")] == keys


@pytest.mark.parametrize(
    ("begin", "end"), [(0, 4), (3, 7), (3, None), (10, None), (99, None), (99, 120), (8, 99)]
)
def test_of_a_part_nothing_else_is_sent(
    storage: BrowsableStorage, monkeypatch: pytest.MonkeyPatch, begin: int, end: int | None
) -> None:
    storage.put("part", b"0123456789")
    storage.put("nothing", b"")
    monkeypatch.setattr(minio_transport, "byte_range", lambda *given: pytest.fail("all of it was sent"))
    pieces: list[bytes] = []
    storage.stream("part", pieces.append, begin, end)
    assert b"".join(pieces) == b"0123456789"[begin:end]
    storage.stream("nothing", lambda piece: pytest.fail("there is none"), 0, 200)


@pytest.mark.parametrize(("begin", "end"), [(0, 4), (3, None), (10, None), (99, 120), (8, 99), (0, 99)])
def test_a_part_that_ends_after_the_object_is_read_from_a_server_that_refuses_it(
    tmp_path: Path, begin: int, end: int | None
) -> None:
    with running_nanio(tmp_path, "ranges") as server:
        server.put("part", b"0123456789")
        pieces: list[bytes] = []
        storage_of(server).stream("part", pieces.append, begin, end)
        assert b"".join(pieces) == b"0123456789"[begin:end]


def test_two_files_whose_long_names_begin_alike_are_downloaded_at_once(
    server: ObjectStore, storage: BrowsableStorage, tmp_path: Path
) -> None:
    names = ["z" * 250 + str(number) for number in range(8)]
    for name in names:
        server.client.put_object(server.bucket, f"alike/{name}", io.BytesIO(name.encode()), len(name))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: storage.download(f"alike/{name}", tmp_path / name), names))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {name: name for name in names}
