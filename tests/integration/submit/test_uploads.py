"""Whatever the object store does, the objects are there in the end, or one line tells what to change."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

import pytest

from elyra_neurodesk.storage import client, errors, minio_transport
from elyra_neurodesk.storage.interface import PARALLEL
from elyra_neurodesk.storage.s3 import BrowsableS3Storage
from elyra_neurodesk.storage.uploads import Upload, upload_missing
from tests.integration.runs.servers import RESET, Reply, Request, closed_port, page, serving_requests
from tests.integration.submit.store_proxy import Judge, StoreProxy, store_proxy
from tests.support.configurations import runtime_configuration
from tests.support.objectstore import ObjectStore as RealStore

NO_ACCESS = Reply(403, b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>", "application/xml")
BUSY = Reply(503, b"<Error><Code>SlowDown</Code></Error>", "application/xml", {"Retry-After": "1"})


def opened(store: RealStore, url: str, bucket: str = "", secret: str = "") -> BrowsableS3Storage:
    return client.open_storage(
        runtime_configuration(
            object_store_endpoint=url,
            bucket=bucket or store.bucket,
            access_key=store.access_key,
            secret_key=secret or store.secret_key,
        )
    )


def some(folder: Path, count: int = 2) -> list[Upload]:
    """Return objects that no store has, as files and as bytes."""
    uploads = []
    for number in range(count):
        content = os.urandom(1000)
        path = folder / f"{number}"
        path.write_bytes(content)
        uploads.append(Upload(f"uploads/{secrets.token_hex(8)}", path if number % 2 else content))
    return uploads


def content_of(upload: Upload) -> bytes:
    return upload.content if isinstance(upload.content, bytes) else upload.content.read_bytes()


def put(storage: BrowsableS3Storage, uploads: list[Upload]) -> int:
    storage.ensure_bucket()
    return upload_missing(storage, uploads)


def refused(storage: BrowsableS3Storage, uploads: list[Upload], expected: type[errors.StorageError]) -> str:
    """Return the error's line, having checked that it is one and came soon."""
    begin = time.monotonic()
    with pytest.raises(errors.StorageError) as caught:
        put(storage, uploads)
    assert time.monotonic() - begin < 5
    assert type(caught.value) is expected, caught.value
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def first(reply: Reply, method: str, times: int = 1) -> Judge:
    """Fail the first requests of a method."""

    def judge(request: Request, number: int) -> Reply | None:
        return reply if request.method == method and number <= times else None

    return judge


def test_objects_are_sent_once_and_never_again(store: RealStore, tmp_path: Path) -> None:
    uploads = some(tmp_path, 3)
    heard: list[tuple[int, int]] = []
    with store_proxy(store.endpoint) as proxy:
        storage = opened(store, proxy.url)
        storage.ensure_bucket()
        assert upload_missing(storage, uploads, lambda done, total: heard.append((done, total))) == 3
        assert (proxy.count("HEAD"), proxy.count("PUT"), len(proxy.asked)) == (4, 3, 7)
        proxy.asked.clear()
        assert put(storage, uploads) == 0
        assert (proxy.count("HEAD"), len(proxy.asked)) == (4, 4)
    assert heard == [(1000, 3000), (2000, 3000), (3000, 3000)]
    assert [store.get(upload.key) for upload in uploads] == [content_of(upload) for upload in uploads]


def test_several_objects_are_on_their_way_at_once(store: RealStore, tmp_path: Path) -> None:
    def slow(request: Request, number: int) -> Reply | None:
        time.sleep(0.05)
        return None

    with store_proxy(store.endpoint, slow) as proxy:
        assert put(opened(store, proxy.url), some(tmp_path, 12)) == 12
        assert 4 <= proxy.busiest <= PARALLEL


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
@pytest.mark.parametrize("reply", [RESET, Reply(500), Reply(502), BUSY, Reply(429)], ids=repr)
def test_what_fails_for_a_while_is_tried_again(
    store: RealStore, tmp_path: Path, method: str, reply: Reply
) -> None:
    uploads = some(tmp_path)
    with store_proxy(store.endpoint, first(reply, method, 2)) as proxy:
        assert put(opened(store, proxy.url), uploads) == 2
    assert [store.get(upload.key) for upload in uploads] == [content_of(upload) for upload in uploads]


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
@pytest.mark.parametrize("reply", [RESET, Reply(500), Reply(503), Reply(429)], ids=repr)
def test_what_fails_for_good_is_tried_four_times_and_told(
    store: RealStore, tmp_path: Path, method: str, reply: Reply
) -> None:
    with store_proxy(store.endpoint, first(reply, method, 99)) as proxy:
        line = refused(opened(store, proxy.url), some(tmp_path, 1), errors.StorageFailed)
        assert proxy.url in line
        assert proxy.count(method) == 4


def test_an_answer_that_breaks_off_does_not_matter_once_the_object_is_there(
    store: RealStore, tmp_path: Path
) -> None:
    upload = some(tmp_path, 1)

    def judge(request: Request, number: int) -> Reply | None:
        if request.method == "PUT" and number == 1:
            store.put(upload[0].key, request.body)
            return Reply(200, b"x" * 100, sent=0.5)
        return None

    with store_proxy(store.endpoint, judge) as proxy:
        put(opened(store, proxy.url), upload)
    assert store.get(upload[0].key) == content_of(upload[0])


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
def test_a_key_without_the_right_is_told_at_once(store: RealStore, tmp_path: Path, method: str) -> None:
    with store_proxy(store.endpoint, first(NO_ACCESS, method, 99)) as proxy:
        line = refused(opened(store, proxy.url), some(tmp_path, 1), errors.StorageDenied)
        assert "user name and password" in line
        assert proxy.count(method) == 1


def test_a_wrong_password_is_told(store: RealStore, tmp_path: Path) -> None:
    storage = opened(store, store.endpoint, secret="wrong")
    assert "wrong" not in refused(storage, some(tmp_path), errors.StorageDenied)


def test_a_bucket_that_is_not_there_is_made(store: RealStore, tmp_path: Path) -> None:
    bucket = f"made-{secrets.token_hex(4)}"
    assert put(opened(store, store.endpoint, bucket), some(tmp_path)) == 2
    assert store.client.bucket_exists(bucket)


def test_a_bucket_that_may_not_be_made_is_told(store: RealStore, tmp_path: Path) -> None:
    with store_proxy(store.endpoint, first(NO_ACCESS, "PUT")) as proxy:
        storage = opened(store, proxy.url, "not-there")
        line = refused(storage, some(tmp_path), errors.NoSuchBucket)
    assert "'not-there'" in line
    assert "'here'" in line
    assert "Create the bucket" in line


def test_a_bucket_that_goes_away_midway_is_told(store: RealStore, tmp_path: Path) -> None:
    gone = Reply(404, b"<Error><Code>NoSuchBucket</Code></Error>", "application/xml")
    with store_proxy(store.endpoint, first(gone, "PUT", 99)) as proxy:
        refused(opened(store, proxy.url), some(tmp_path), errors.NoSuchBucket)


def test_a_store_that_is_slow_is_waited_for_and_one_that_is_too_slow_told(
    store: RealStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minio_transport, "CONNECT_TIMEOUT", 1.0)
    monkeypatch.setattr(client, "READ_TIMEOUT", 0.5)

    def judge(seconds: float) -> Judge:
        def slow(request: Request, number: int) -> Reply | None:
            time.sleep(seconds if request.method == "PUT" else 0)
            return None

        return slow

    with store_proxy(store.endpoint, judge(0.2)) as proxy:
        assert put(opened(store, proxy.url), some(tmp_path)) == 2
    with store_proxy(store.endpoint, judge(0.9)) as proxy:
        line = refused(opened(store, proxy.url), some(tmp_path, 1), errors.StorageTooSlow)
        assert "within 0.5 s" in line
        assert proxy.count("PUT") == 1


def test_a_store_that_is_not_there_is_told(store: RealStore, tmp_path: Path) -> None:
    uploads = some(tmp_path)
    refused(opened(store, f"http://127.0.0.1:{closed_port()}"), uploads, errors.StorageUnreachable)
    refused(opened(store, "http://no-such-host.invalid"), uploads, errors.StorageUnreachable)
    https = store.endpoint.replace("http:", "https:")
    assert "TLS" in refused(opened(store, https), uploads, errors.StorageUnreachable)


@pytest.mark.parametrize("head", [200, 404])
@pytest.mark.parametrize("reply", [page("<p>hello</p>"), page("<p>no</p>", 400)], ids=repr)
def test_a_web_server_is_no_store(store: RealStore, tmp_path: Path, reply: Reply, head: int) -> None:
    def answer(request: Request) -> Reply:
        return reply if request.method != "HEAD" else page("<p>hello</p>", head)

    with serving_requests(answer) as server:
        refused(opened(store, server.url), some(tmp_path), errors.NotAnObjectStore)


def test_an_object_that_was_cut_short_is_sent_again(store: RealStore, tmp_path: Path) -> None:
    (upload,) = some(tmp_path, 1)
    store.put(upload.key, content_of(upload)[:500])
    assert put(opened(store, store.endpoint), [upload]) == 1
    assert store.get(upload.key) == content_of(upload)


def test_a_clock_that_is_wrong_is_told(store: RealStore, tmp_path: Path) -> None:
    skewed = Reply(403, b"<Error><Code>RequestTimeTooSkewed</Code></Error>", "application/xml")
    with store_proxy(store.endpoint, first(skewed, "PUT", 99)) as proxy:
        assert "clock" in refused(opened(store, proxy.url), some(tmp_path), errors.StorageDenied)


def test_the_first_failure_ends_the_uploads(store: RealStore, tmp_path: Path) -> None:
    proxy: StoreProxy
    with store_proxy(store.endpoint, first(NO_ACCESS, "PUT", 999)) as proxy:
        refused(opened(store, proxy.url), some(tmp_path, 60), errors.StorageDenied)
        assert proxy.count("PUT") < 30
